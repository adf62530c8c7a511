import { type QuantityName, quantities } from "./quantity.ts";

/** OBIS codes and DLMS units: how meters name what they measure (IEC 62056-61, IEC 62056-62 table 2). */

/** `A-B:C.D.E*F` of the six bytes from `at` on. */
export function obisText(bytes: Uint8Array, at: number): string {
  return (
    String(bytes[at]) +
    "-" +
    String(bytes[at + 1]) +
    ":" +
    String(bytes[at + 2]) +
    "." +
    String(bytes[at + 3]) +
    "." +
    String(bytes[at + 4]) +
    "*" +
    String(bytes[at + 5])
  );
}

/** The six bytes of `A-B:C.D.E*F`; a missing `*F` means 255, the current value. Null for any other form. */
export function obisBytes(text: string): Uint8Array | null {
  const whole = text.indexOf("*") < 0 ? text + "*255" : text;
  const form = /^([0-9]+)-([0-9]+):([0-9]+)\.([0-9]+)\.([0-9]+)\*([0-9]+)$/.exec(whole);
  if (form === null) {
    return null;
  }
  const bytes = new Uint8Array(6);
  for (let i = 0; i < 6; i++) {
    const group = parseInt(form[i + 1], 10);
    if (group > 255) {
      return null;
    }
    bytes[i] = group;
  }
  return bytes;
}

/**
 * The quantity an OBIS code stands for; null where the table has none. The storage group may be missing, and so may `1-0:`, as in
 * D0 telegrams; a group other than 255 is a value of the past, not the register itself.
 */
export function quantityOfObis(obis: string): QuantityName | null {
  const star = obis.indexOf("*");
  if (star >= 0 && obis.substr(star) !== "*255") {
    return null;
  }
  const code = star < 0 ? obis : obis.substr(0, star);
  const whole = code.indexOf(":") < 0 ? "1-0:" + code : code;
  const names = Object.keys(quantities) as QuantityName[];
  for (let i = 0; i < names.length; i++) {
    if (quantities[names[i]].obis === whole) {
      return names[i];
    }
  }
  return null;
}

/** IEC 62056-62 table 2, as far as meters here use it. 14 and 16 are corrected volume and flow. */
const unitTable: { readonly [code: number]: string } = {
  1: "a",
  2: "mo",
  3: "wk",
  4: "d",
  5: "h",
  6: "min",
  7: "s",
  8: "deg",
  9: "degC",
  11: "m",
  12: "m/s",
  13: "m3",
  14: "m3",
  15: "m3/h",
  16: "m3/h",
  19: "l",
  20: "kg",
  22: "Nm",
  23: "Pa",
  24: "bar",
  25: "J",
  26: "J/h",
  27: "W",
  28: "VA",
  29: "var",
  30: "Wh",
  31: "VAh",
  32: "varh",
  33: "A",
  34: "C",
  35: "V",
  38: "Ohm",
  44: "Hz",
  52: "K",
  56: "%",
  57: "Ah",
};

const unitByCode = unitsByCode();

/** Unit text of a DLMS unit code; null for 0, 254, 255 and codes not in the table. */
export function dlmsUnit(code: number): string | null {
  return code >= 0 && code < unitByCode.length ? unitByCode[code] : null;
}

/** The code of a unit text, for writers; 255 ("no unit") where the table has none. */
export function dlmsUnitCode(unit: string): number {
  const code = unitByCode.indexOf(unit);
  return code < 0 ? 255 : code;
}

/** An array answers faster than an object, and a telegram asks for every entry. */
function unitsByCode(): (string | null)[] {
  const list: (string | null)[] = [];
  for (let code = 0; code < 58; code++) {
    const unit = unitTable[code];
    list.push(unit === undefined ? null : unit);
  }
  return list;
}
