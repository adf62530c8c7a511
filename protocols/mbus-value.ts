import { toHex } from "./bytes.ts";
import { fromWords, type Integer, parseDecimal } from "./decimal.ts";
import { decimalOfFloat32 } from "./float32.ts";
import { dateText, dateTimeText } from "./mbus-time.ts";
import type { VifMeaning } from "./mbus-vif.ts";
import type { DataRecord, MeterNumber } from "./meter.ts";

/** How the data of a record is coded: EN 13757-3 §6.3.3 table 4 and, for variable length, table 5. */
export type Coding = "none" | "integer" | "float" | "bcd" | "negative-bcd" | "text" | "binary";

const safeMax = 9007199254740991; // 2^53 - 1

/** What the bytes `from` to `to` are worth; null where they hold no value (no data, letters in BCD, dates that are none). */
export function readValue(
  bytes: Uint8Array,
  from: number,
  to: number,
  coding: Coding,
  meaning: VifMeaning,
): DataRecord["value"] {
  if (meaning.kind === "manufacturer") {
    return toHex(bytes.subarray(from, to));
  }
  if (coding === "text") {
    return backwards(bytes, from, to);
  }
  if (coding === "binary" && to - from > 8) {
    return toHex(bytes.subarray(from, to));
  }
  if (meaning.kind !== "number") {
    return coding === "integer" ? instant(bytes, from, to, meaning) : null;
  }
  const number = readNumber(bytes, from, to, coding);
  if (number === null || (coding === "float" && number.integer === 0)) {
    return number; // a float's zero has no decimals to tell
  }
  return inUnit(number, meaning);
}

function instant(bytes: Uint8Array, from: number, to: number, meaning: VifMeaning): string | null {
  if (meaning.kind === "date") {
    return to - from === 2 ? dateText(bytes, from) : null;
  }
  return dateTimeText(bytes, from, to - from);
}

function readNumber(bytes: Uint8Array, from: number, to: number, coding: Coding): MeterNumber | null {
  if (from === to) {
    return null;
  }
  if (coding === "float") {
    return decimalOfFloat32(bytes, from);
  }
  const integer =
    coding === "bcd" || coding === "negative-bcd"
      ? bcd(bytes, from, to, coding === "negative-bcd")
      : signed(bytes, from, to);
  return integer === null ? null : { integer: integer, exponent: 0 };
}

function inUnit(number: MeterNumber, meaning: VifMeaning): MeterNumber | null {
  const integer = number.integer;
  const exponent = number.exponent + meaning.exponent;
  if (meaning.factor === 1) {
    return { integer: integer, exponent: exponent };
  }
  const product = typeof integer === "number" ? integer * meaning.factor : null;
  return product === null || product > safeMax || product < -safeMax
    ? null
    : { integer: product, exponent: exponent };
}

/** Two's complement, low byte first, 1 to 8 bytes: EN 13757-3 annex A type B. */
function signed(bytes: Uint8Array, from: number, to: number): Integer {
  const negative = bytes[to - 1] > 127;
  let low = 0;
  let high = 0;
  for (let i = 7; i >= 0; i--) {
    const byte = from + i < to ? bytes[from + i] : negative ? 255 : 0;
    if (i < 4) {
      low = low * 256 + byte;
    } else {
      high = high * 256 + byte;
    }
  }
  return fromWords(negative ? high - 4294967296 : high, low);
}

/** Type A, low digits first. A first digit of F is a minus sign; any other letter means that there is no value. */
function bcd(bytes: Uint8Array, from: number, to: number, minus: boolean): Integer | null {
  let digits = "";
  for (let i = to - 1; i >= from; i--) {
    const high = bytes[i] >> 4;
    const low = bytes[i] & 15;
    const isSign = i === to - 1 && high === 15;
    if (low > 9 || (high > 9 && !isSign)) {
      return null;
    }
    minus = minus || isSign;
    digits += (isSign ? "0" : String(high)) + String(low);
  }
  const decimal = parseDecimal((minus ? "-" : "") + digits);
  return decimal === null ? null : decimal.integer;
}

/** Text stands last character first (EN 13757-3 §6.3.3), in ISO 8859-1. */
export function backwards(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let i = to - 1; i >= from; i--) {
    text += String.fromCharCode(bytes[i]);
  }
  return text;
}
