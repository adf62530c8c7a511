import { fromWords, type Integer, toWords, type Words } from "./decimal.ts";

/**
 * The one table of what is measured. Encoder widths, range checks, sinks and docs follow from its rows; a new quantity is one
 * row here. The name of a row is the channel name in records (`<device URN>:<name>`).
 */
export interface Quantity {
  /** SenML unit: RFC 8428 §12.1 or, marked there as secondary, RFC 8798 §3. */
  readonly senml: string;
  /** UN/CEFACT Recommendation 20 common code, as NGSI-LD's unitCode wants it. */
  readonly unitCode: string;
  /** OBIS code without storage group, as a meter sends it (IEC 62056-61); null for what no meter sends. */
  readonly obis: string | null;
  /** Unit text of the DLMS table in which a meter sends it; null for what no meter sends. */
  readonly dlms: string | null;
  /** Property name in the Smart Data Models; null where they have none. */
  readonly model: string | null;
  /** Resolution as a power of ten; `least` and `most` are whole steps of it. A meter may send finer steps of its own. */
  readonly exponent: number;
  readonly least: number;
  readonly most: number;
  /** Counts up for ever: travels as a base and differences. */
  readonly counter: boolean;
  /** Tells about a person (GDPR, MsbG): never leaves a device unencrypted, quarter-hour rows unless the installation says otherwise. */
  readonly personal: boolean;
}

const counterMax = 9007199254740991;
const exponentMax = 18; // decimal.ts

function energy(obis: string, model: string | null): Quantity {
  return row("Wh", "WHR", obis, "Wh", model, -1, 0, counterMax, true, true);
}

function power(obis: string, model: string | null): Quantity {
  return row("W", "WTT", obis, "W", model, -2, -2000000000, 2000000000, false, true);
}

function volts(obis: string): Quantity {
  return row("V", "VLT", obis, "V", "voltage", -1, 0, 10000, false, true);
}

function amperes(obis: string): Quantity {
  return row("A", "AMP", obis, "A", "current", -2, -100000, 100000, false, true);
}

function volume(obis: string): Quantity {
  return row("m3", "MTQ", obis, "m3", null, -3, 0, counterMax, true, true);
}

function row(
  senml: string,
  unitCode: string,
  obis: string | null,
  dlms: string | null,
  model: string | null,
  exponent: number,
  least: number,
  most: number,
  counter: boolean,
  personal: boolean,
): Quantity {
  return { senml, unitCode, obis, dlms, model, exponent, least, most, counter, personal };
}

function ambient(
  senml: string,
  unitCode: string,
  model: string | null,
  exponent: number,
  least: number,
  most: number,
): Quantity {
  return row(senml, unitCode, null, null, model, exponent, least, most, false, false);
}

export const quantities = {
  activeEnergyImported: energy("1-0:1.8.0", "totalActiveEnergyImport"),
  activeEnergyImportedTariff1: energy("1-0:1.8.1", null),
  activeEnergyImportedTariff2: energy("1-0:1.8.2", null),
  activeEnergyExported: energy("1-0:2.8.0", "totalActiveEnergyExport"),
  activeEnergyExportedTariff1: energy("1-0:2.8.1", null),
  activeEnergyExportedTariff2: energy("1-0:2.8.2", null),
  activePower: power("1-0:16.7.0", "totalActivePower"),
  activePowerL1: power("1-0:36.7.0", "activePower"),
  activePowerL2: power("1-0:56.7.0", "activePower"),
  activePowerL3: power("1-0:76.7.0", "activePower"),
  voltageL1: volts("1-0:32.7.0"),
  voltageL2: volts("1-0:52.7.0"),
  voltageL3: volts("1-0:72.7.0"),
  currentL1: amperes("1-0:31.7.0"),
  currentL2: amperes("1-0:51.7.0"),
  currentL3: amperes("1-0:71.7.0"),
  frequency: row("Hz", "HTZ", "1-0:14.7.0", "Hz", "frequency", -2, 4000, 7000, false, false),
  heatEnergy: row("Wh", "WHR", "6-0:1.0.0", "Wh", null, 0, 0, counterMax, true, true),
  heatEnergyJoules: row("J", "JOU", null, null, null, 0, 0, counterMax, true, true), // of meters that count MJ or GJ: their Wh are no decimals
  heatPower: row("W", "WTT", "6-0:8.0.0", "W", null, 0, 0, 2000000000, false, true),
  heatVolume: volume("6-0:2.0.0"),
  flowTemperature: row("Cel", "CEL", "6-0:10.0.0", "degC", null, -2, -6000, 25000, false, true),
  returnTemperature: row("Cel", "CEL", "6-0:11.0.0", "degC", null, -2, -6000, 25000, false, true),
  gasVolume: volume("7-0:3.0.0"),
  waterVolume: volume("8-0:1.0.0"),
  temperature: ambient("Cel", "CEL", "temperature", -2, -6000, 15000),
  relativeHumidity: ambient("%RH", "P1", "relativeHumidity", -1, 0, 1000),
  atmosphericPressure: ambient("hPa", "A97", "atmosphericPressure", -1, 3000, 12000),
  pm1: ambient("ug/m3", "GQ", "pm1", 0, 0, 5000),
  pm25: ambient("ug/m3", "GQ", "pm25", 0, 0, 5000),
  pm10: ambient("ug/m3", "GQ", "pm10", 0, 0, 5000),
  nitrogenDioxide: ambient("ug/m3", "GQ", "no2", -1, 0, 20000),
  carbonDioxide: ambient("ppm", "59", "co2", 0, 0, 20000),
  illuminance: ambient("lx", "LUX", "illuminance", 0, 0, 200000),
  distance: ambient("mm", "MMT", null, 0, 0, 10000),
  occupied: row("/", "C62", null, null, "status", 0, 0, 1, false, true),
  soilMoisture: ambient("/100", "P1", null, -2, 0, 10000), // secondary: per cent
  soilTemperature: ambient("Cel", "CEL", "soilTemperature", -2, -6000, 15000),
  soilConductivity: ambient("S/m", "D10", null, -4, 0, 100000),
  batteryLevel: ambient("%EL", "P1", "batteryLevel", 0, 0, 100),
  batteryVoltage: ambient("V", "VLT", null, -3, 0, 30000),
} satisfies Record<string, Quantity>;

export type QuantityName = keyof typeof quantities;

export const quantityNames = Object.keys(quantities) as readonly QuantityName[];

/** The row of a name that came from a wire or a config; null where the table has none. */
export function quantityOf(name: string): Quantity | null {
  return isQuantityName(name) ? quantities[name] : null;
}

/** Whether a text from a config or a wire is the name of a row. */
export function isQuantityName(name: string): name is QuantityName {
  return quantityNames.includes(name as QuantityName);
}

/** Whether integer x 10^exponent lies within the quantity's range: exactly, for 64 bits and exponents from -18 to 18. */
export function inRange(quantity: Quantity, integer: Integer, exponent: number): boolean {
  const value = typeof integer === "number" ? integer : fromWords(integer.high, integer.low);
  return typeof value === "number"
    ? value >= leastAt(quantity, exponent) && value <= mostAt(quantity, exponent)
    : wordsInRange(quantity, value, quantity.exponent - exponent);
}

/** Bits of a signed integer in a pack (protocols/pack.ts). */
export type Width = 8 | 16 | 32;

/**
 * The narrowest width whose integers hold the whole range in steps of 10^exponent and leave the width's minimum free for
 * "missing"; null where 32 bits do not. A counter travels as differences, and 32 bits hold those of any house: 36 kW through
 * 24 quarter hours are 2 160 000 steps of 0.1 Wh.
 */
export function widthFor(quantity: Quantity, exponent: number): Width | null {
  if (exponent < -exponentMax || exponent > exponentMax) {
    return null;
  }
  if (quantity.counter) {
    return 32;
  }
  const extent = Math.max(-leastAt(quantity, exponent), mostAt(quantity, exponent));
  return extent <= widthMost(8) ? 8 : extent <= widthMost(16) ? 16 : extent <= widthMost(32) ? 32 : null;
}

/** The greatest integer of a width; its negative is the least one that is a value. */
export function widthMost(width: Width): number {
  return width === 8 ? 127 : width === 16 ? 32767 : 2147483647;
}

/**
 * The least whole number of steps of 10^exponent within the range. Where steps are so fine that it is beyond 2^53 it is
 * rounded, but stays beyond, so comparing it with a safe number remains exact.
 */
export function leastAt(quantity: Quantity, exponent: number): number {
  const digits = exponent - quantity.exponent;
  // The true quotient differs from any whole number by 10^-digits or more; half a unit in its last place is less.
  return digits > 0 ? Math.ceil(quantity.least / powerOfTen(digits)) : quantity.least * powerOfTen(-digits);
}

/** The greatest whole number of steps of 10^exponent within the range; see leastAt. */
export function mostAt(quantity: Quantity, exponent: number): number {
  const digits = exponent - quantity.exponent;
  return digits > 0 ? Math.floor(quantity.most / powerOfTen(digits)) : quantity.most * powerOfTen(-digits);
}

/** Up to 10^22 exactly; beyond, far above every range. (Math.pow is not exact on every board.) */
function powerOfTen(digits: number): number {
  let power = 1;
  for (let i = 0; i < digits; i++) {
    power *= 10;
  }
  return power;
}

/**
 * x >= least exactly where floor(x / 10^n) >= least, and x <= most exactly where ceil(x / 10^n) <= most: so the value is
 * divided by ten, `finer` times, until it is in the table's steps.
 */
function wordsInRange(quantity: Quantity, words: Words, finer: number): boolean {
  let value: Integer = words;
  let whole = true;
  for (let i = 0; i < finer; i++) {
    const parts = toWords(value);
    const high = Math.floor(parts.high / 10);
    const carried = (parts.high - high * 10) * 4294967296 + parts.low;
    const low = Math.floor(carried / 10);
    whole = whole && low * 10 === carried;
    value = fromWords(high, low);
  }
  return typeof value === "number" && value >= quantity.least && (whole ? value : value + 1) <= quantity.most;
}
