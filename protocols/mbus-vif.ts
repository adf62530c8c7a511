/**
 * What value information fields say (EN 13757-3 §6.4): the primary table, the two extension tables and the orthogonal VIFEs that
 * move the decimal point. Units are base units; what is coded in minutes, hours or days becomes seconds.
 */

/** How the data behind a VIF is to be taken. */
export type VifKind = "number" | "date" | "date-time" | "manufacturer";

export interface VifMeaning {
  readonly quantity: string;
  readonly unit: string | null;
  /** Power of ten of the unit that the data counts. */
  readonly exponent: number;
  /** What the data is multiplied by besides: the seconds of a day, the minutes of an hour. */
  readonly factor: number;
  readonly kind: VifKind;
}

interface Row {
  readonly from: number;
  readonly to: number;
  readonly quantity: string;
  readonly unit: string | null;
  /** Of the first code; each further code counts ten times as much. */
  readonly exponent: number;
  readonly factor: number;
}

const second = 1;
const minute = 60;
const hour = 3600;
const day = 86400;
const durations: readonly number[] = [second, minute, hour, day];

export const vifPlainText = 0x7c;
export const vifManufacturer = 0x7f;

function scale(from: number, to: number, quantity: string, unit: string | null, exponent: number): Row {
  return { from: from, to: to, quantity: quantity, unit: unit, exponent: exponent, factor: 1 };
}

function times(row: Row, factor: number): Row {
  return {
    from: row.from,
    to: row.to,
    quantity: row.quantity,
    unit: row.unit,
    exponent: row.exponent,
    factor: factor,
  };
}

function plain(code: number, quantity: string, unit: string | null): Row {
  return scale(code, code, quantity, unit, 0);
}

/** EN 13757-3 table 10, VIF without extension bit, but for durations and dates. */
const primary: readonly Row[] = [
  scale(0x00, 0x07, "energy", "Wh", -3),
  scale(0x08, 0x0f, "energy", "J", 0),
  scale(0x10, 0x17, "volume", "m3", -6),
  scale(0x18, 0x1f, "mass", "kg", -3),
  scale(0x28, 0x2f, "power", "W", -3),
  scale(0x30, 0x37, "power", "J/h", 0),
  scale(0x38, 0x3f, "flow", "m3/h", -6),
  times(scale(0x40, 0x47, "flow", "m3/h", -7), 60), // m3/min
  times(scale(0x48, 0x4f, "flow", "m3/h", -9), 3600), // m3/s
  scale(0x50, 0x57, "mass-flow", "kg/h", -3),
  scale(0x58, 0x5b, "flow-temperature", "degC", -3),
  scale(0x5c, 0x5f, "return-temperature", "degC", -3),
  scale(0x60, 0x63, "temperature-difference", "K", -3),
  scale(0x64, 0x67, "temperature", "degC", -3),
  scale(0x68, 0x6b, "pressure", "bar", -3),
  plain(0x6e, "hca", null),
  plain(0x78, "fabrication-number", null),
  plain(0x79, "identification", null),
  plain(0x7a, "bus-address", null),
  plain(0x7e, "any", null),
];

/** EN 13757-3 table 12, the VIF behind fd. */
const extensionFd: readonly Row[] = [
  plain(0x08, "access-number", null),
  plain(0x09, "medium", null),
  plain(0x0a, "manufacturer-id", null),
  plain(0x0b, "parameter-set", null),
  plain(0x0c, "model", null),
  plain(0x0d, "hardware-version", null),
  plain(0x0e, "firmware-version", null),
  plain(0x0f, "software-version", null),
  plain(0x10, "customer-location", null),
  plain(0x11, "customer", null),
  plain(0x17, "error-flags", null),
  plain(0x1a, "digital-output", null),
  plain(0x1b, "digital-input", null),
  plain(0x3a, "dimensionless", null),
  scale(0x40, 0x4f, "voltage", "V", -9),
  scale(0x50, 0x5f, "current", "A", -12),
  plain(0x60, "reset-counter", null),
  plain(0x61, "cumulation-counter", null),
  plain(0x74, "battery-remaining", "d"),
];

/** EN 13757-3 table 14, the VIF behind fb. */
const extensionFb: readonly Row[] = [
  scale(0x00, 0x01, "energy", "Wh", 5),
  scale(0x08, 0x09, "energy", "J", 8),
  scale(0x10, 0x11, "volume", "m3", 2),
  scale(0x18, 0x19, "mass", "kg", 5),
  scale(0x1a, 0x1b, "relative-humidity", "%", -1),
  scale(0x28, 0x29, "power", "W", 5),
  scale(0x30, 0x31, "power", "J/h", 8),
];

/** Meaning of a VIF without its extension bit. Codes that no row knows are numbers without a unit, named `vif-xx`. */
export function primaryMeaning(code: number): VifMeaning {
  if (code >= 0x20 && code <= 0x27) {
    return duration(code < 0x24 ? "on-time" : "operating-time", code);
  }
  if (code >= 0x70 && code <= 0x77) {
    return duration(code < 0x74 ? "averaging-duration" : "actuality-duration", code);
  }
  if (code === 0x6c || code === 0x6d) {
    return special(code === 0x6c ? "date" : "date-time", code === 0x6c ? "date" : "date-time");
  }
  return code === vifManufacturer
    ? special("manufacturer", "manufacturer")
    : meaningIn(primary, code, "vif-");
}

/** Meaning of the VIF behind fd (first extension table); `ext-fd-xx` where no row knows it. */
export function extensionFdMeaning(code: number): VifMeaning {
  return meaningIn(extensionFd, code, "ext-fd-");
}

/** Meaning of the VIF behind fb (second extension table); `ext-fb-xx` where no row knows it. */
export function extensionFbMeaning(code: number): VifMeaning {
  return meaningIn(extensionFb, code, "ext-fb-");
}

/** Meaning of a VIF whose unit is text in the telegram. */
export function plainTextMeaning(text: string): VifMeaning {
  return { quantity: "text:" + text, unit: null, exponent: 0, factor: 1, kind: "number" };
}

/** What an orthogonal VIFE adds to the power of ten: EN 13757-3 table 15, 70 to 77 and 7d. */
export function vifeExponent(code: number): number {
  return code >= 0x70 && code <= 0x77 ? code - 0x76 : code === 0x7d ? 3 : 0;
}

function duration(quantity: string, code: number): VifMeaning {
  return { quantity: quantity, unit: "s", exponent: 0, factor: durations[code & 3], kind: "number" };
}

function special(quantity: string, kind: VifKind): VifMeaning {
  return { quantity: quantity, unit: null, exponent: 0, factor: 1, kind: kind };
}

function meaningIn(table: readonly Row[], code: number, fallback: string): VifMeaning {
  for (let i = 0; i < table.length; i++) {
    const row = table[i];
    if (code >= row.from && code <= row.to) {
      return {
        quantity: row.quantity,
        unit: row.unit,
        exponent: row.exponent + code - row.from,
        factor: row.factor,
        kind: "number",
      };
    }
  }
  return special(fallback + (code < 16 ? "0" : "") + code.toString(16), "number");
}
