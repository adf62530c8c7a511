import { parseDecimal } from "./decimal.ts";
import type { MeterNumber } from "./meter.ts";

const placesMax = 18; // decimal.ts

/**
 * The shortest decimal that reads back as the same IEEE 754 double (eight bytes, high one first): 2941646.1614 for 4146716714a8c155. Null for
 * infinities, NaN and numbers beyond 64 bits; what is behind the eighteenth decimal is cut off. (What the interpreter itself prints is
 * that shortest decimal: ECMA-262, Number::toString.)
 */
export function decimalOfFloat64(bytes: Uint8Array): MeterNumber | null {
  const swapped = new Uint8Array(8);
  for (let i = 0; i < 8; i++) {
    swapped[i] = bytes[7 - i];
  }
  const value = new Float64Array(swapped.buffer)[0];
  if (value - value !== 0) {
    return null; // infinities and NaN
  }
  const text = String(value < 0 ? -value : value);
  const e = text.indexOf("e");
  const mantissa = e < 0 ? text : text.substr(0, e);
  const power = e < 0 ? 0 : parseInt(text.substr(e + 1), 10);
  const point = mantissa.indexOf(".");
  const decimals = point < 0 ? 0 : mantissa.length - point - 1;
  return shortened(value < 0 ? "-" : "", mantissa.replace(".", ""), power - decimals);
}

/** Digits x 10^exponent without zeros at the ends and with no more than `placesMax` decimals. */
function shortened(sign: string, digits: string, exponent: number): MeterNumber | null {
  const surplus = exponent < -placesMax ? -placesMax - exponent : 0;
  const kept = digits.substr(0, surplus < digits.length ? digits.length - surplus : 0).replace(/^0+/, "");
  const bare = kept.replace(/0+$/, "");
  if (bare === "") {
    return { integer: 0, exponent: 0 };
  }
  const number = parseDecimal(sign + bare);
  const place = exponent + surplus + kept.length - bare.length;
  return number === null || place > placesMax ? null : { integer: number.integer, exponent: place };
}
