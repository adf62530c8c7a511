import { decimalText, fromWords, type Integer, integerText, parseDecimal, toWords } from "./decimal.ts";
import { decimalOfFloat32 } from "./float32.ts";
import { decimalOfFloat64 } from "./float64.ts";
import type { MeterNumber } from "./meter.ts";

/** How a number stands in 16-bit registers. */
export type RegisterType =
  | "u16"
  | "s16"
  | "u32"
  | "s32"
  | "u64"
  | "s64"
  | "float32"
  | "float64"
  | "bcd32"
  | "bcd64";

/** Which register of a number comes first: the one with its high bits (most makers), or that with its low bits. */
export type WordOrder = "high-first" | "low-first";

const counts: { readonly [type in RegisterType]: number } = {
  u16: 1,
  s16: 1,
  u32: 2,
  s32: 2,
  u64: 4,
  s64: 4,
  float32: 2,
  float64: 4,
  bcd32: 2,
  bcd64: 4,
};

/** Registers of one number. */
export function registersOf(type: RegisterType): number {
  return counts[type];
}

/** The bytes of a number, high one first, however its words are ordered. */
export function inOrder(bytes: Uint8Array, at: number, type: RegisterType, words: WordOrder): Uint8Array {
  const count = counts[type];
  const ordered = new Uint8Array(2 * count);
  for (let i = 0; i < count; i++) {
    const from = at + 2 * (words === "high-first" ? i : count - 1 - i);
    ordered[2 * i] = bytes[from];
    ordered[2 * i + 1] = bytes[from + 1];
  }
  return ordered;
}

/** What the bytes of a number (`inOrder`) are worth, exactly; null for floats that are no number and for letters in BCD. */
export function numberOf(bytes: Uint8Array, type: RegisterType): MeterNumber | null {
  switch (type) {
    case "float32":
      return decimalOfFloat32(new Uint8Array([bytes[3], bytes[2], bytes[1], bytes[0]]), 0);
    case "float64":
      return decimalOfFloat64(bytes);
    case "bcd32":
    case "bcd64":
      return whole(bcdOf(bytes));
    default:
      return whole(integerOf(bytes, type.charAt(0) === "s"));
  }
}

function whole(integer: Integer | null): MeterNumber | null {
  return integer === null ? null : { integer: integer, exponent: 0 };
}

function integerOf(bytes: Uint8Array, signed: boolean): Integer {
  const negative = signed && bytes[0] > 127;
  let high = negative && bytes.length < 8 ? 4294967295 : 0;
  let low = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes.length - i > 4) {
      high = high * 256 + bytes[i];
    } else {
      low = low * 256 + bytes[i];
    }
  }
  if (negative && bytes.length === 2) {
    low += 4294901760; // the sign, on to the left
  }
  return fromWords(negative ? high - 4294967296 : high, low);
}

function bcdOf(bytes: Uint8Array): Integer | null {
  let digits = "";
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] >> 4 > 9 || (bytes[i] & 15) > 9) {
      return null;
    }
    digits += String(bytes[i] >> 4) + String(bytes[i] & 15);
  }
  const decimal = parseDecimal(digits);
  return decimal === null ? null : decimal.integer;
}

/**
 * The bytes of a number as it stands in its registers, for what plays a meter; null where the type cannot hold it. Floats take the nearest
 * they have.
 */
export function registerBytes(number: MeterNumber, type: RegisterType, words: WordOrder): Uint8Array | null {
  const bytes = bytesOf(number, type);
  return bytes === null ? null : inOrder(bytes, 0, type, words);
}

function bytesOf(number: MeterNumber, type: RegisterType): Uint8Array | null {
  const length = 2 * counts[type];
  const text = decimalText(number.integer, number.exponent);
  if (type === "float32") {
    return new Uint8Array(new Float32Array([parseFloat(text)]).buffer).reverse();
  }
  if (type === "float64") {
    return new Uint8Array(new Float64Array([parseFloat(text)]).buffer).reverse();
  }
  const whole = number.exponent === 0 ? number : parseDecimal(text);
  if (whole === null || whole.exponent !== 0) {
    return null;
  }
  const bytes =
    type === "bcd32" || type === "bcd64"
      ? bcdBytes(integerText(whole.integer), length)
      : integerBytes(whole.integer, length);
  const back = numberOf(bytes, type);
  return back !== null && integerText(back.integer) === integerText(whole.integer) ? bytes : null;
}

function integerBytes(integer: Integer, length: number): Uint8Array {
  const words = toWords(integer);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const bit = 8 * (length - 1 - i);
    bytes[i] = bit >= 32 ? words.high >> (bit - 32) : words.low >>> bit;
  }
  return bytes;
}

function bcdBytes(digits: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < 2 * length && i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    bytes[length - 1 - (i >> 1)] |= (i % 2 === 0 ? digit : digit << 4) & 255;
  }
  return bytes;
}

/** A text of registers: two characters each, up to the first zero, without blanks at its ends; null where it is no printable ASCII. */
export function textOf(bytes: Uint8Array): string | null {
  let text = "";
  for (let i = 0; i < bytes.length && bytes[i] !== 0; i++) {
    if (bytes[i] < 32 || bytes[i] > 126) {
      return null;
    }
    text += String.fromCharCode(bytes[i]);
  }
  const bare = text.trim();
  return bare === "" ? null : bare;
}
