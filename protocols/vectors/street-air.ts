import type { QuantityName } from "../quantity.ts";

/**
 * The data set `street-air`: what a station at a street measures in 24 minutes, one row a minute. Synthetic: each column is a
 * slow drift, sensor noise and, for the pollutants, gusts that fade with 0.8 a minute; street-air.test.ts has the formula and
 * the seed and makes the same table. Drift and noise are those of the usual sensors: 0.03 Cel, 0.2 %RH, 0.06 hPa. Nothing was
 * smoothed for the sake of the figures.
 */
export const streetAirColumns: readonly { readonly quantity: QuantityName; readonly exponent: number }[] = [
  { quantity: "temperature", exponent: -2 },
  { quantity: "relativeHumidity", exponent: -1 },
  { quantity: "atmosphericPressure", exponent: -1 },
  { quantity: "pm25", exponent: 0 },
  { quantity: "pm10", exponent: 0 },
  { quantity: "nitrogenDioxide", exponent: -1 },
];

/** 2026-08-01T10:00:00Z, Unix ms. */
export const streetAirTime = 1785578400000;
/** ms between rows. */
export const streetAirStep = 60000;

/** In steps of the columns' exponents: the first row is 14.23 Cel, 71.1 %RH, 1002.6 hPa, 9, 15 and 30.6 ug/m3. */
export const streetAirRows: readonly (readonly number[])[] = [
  [1423, 711, 10026, 9, 15, 306],
  [1424, 708, 10026, 9, 15, 293],
  [1418, 708, 10026, 8, 13, 295],
  [1429, 708, 10025, 8, 13, 309],
  [1432, 709, 10026, 9, 17, 294],
  [1429, 704, 10026, 10, 20, 294],
  [1432, 705, 10027, 9, 20, 307],
  [1430, 704, 10026, 7, 18, 316],
  [1439, 701, 10026, 9, 19, 344],
  [1437, 700, 10027, 10, 20, 348],
  [1441, 703, 10026, 10, 19, 345],
  [1437, 704, 10026, 9, 20, 338],
  [1441, 703, 10026, 9, 19, 333],
  [1445, 700, 10027, 9, 19, 332],
  [1447, 698, 10028, 7, 17, 327],
  [1450, 695, 10027, 5, 15, 347],
  [1453, 699, 10026, 6, 16, 354],
  [1453, 692, 10028, 6, 17, 372],
  [1456, 693, 10027, 7, 14, 365],
  [1457, 692, 10027, 6, 14, 377],
  [1455, 694, 10027, 7, 17, 387],
  [1463, 690, 10027, 10, 18, 377],
  [1470, 694, 10026, 8, 15, 370],
  [1464, 692, 10029, 6, 13, 391],
];
