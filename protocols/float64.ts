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
  const form = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:e([+-][0-9]+))?$/.exec(
    String(new Float64Array(swapped.buffer)[0]),
  );
  if (form === null) {
    return null;
  }
  const decimals = form[3] === undefined ? "" : form[3];
  const power = form[4] === undefined ? 0 : parseInt(form[4], 10);
  return shortened(form[1], form[2] + decimals, power - decimals.length);
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
