import { parseDecimal } from "./decimal.ts";
import type { MeterNumber } from "./meter.ts";

/**
 * The shortest decimal that reads back as the same IEEE 754 double (eight bytes, high one first): 2941646.1614 for 41467156d0... Null for
 * infinities and NaN, and where its digits and their place leave what a decimal here can be. (What the interpreter itself prints is that
 * shortest decimal: ECMA-262, Number::toString.)
 */
export function decimalOfFloat64(bytes: Uint8Array): MeterNumber | null {
  const swapped = new Uint8Array(8);
  for (let i = 0; i < 8; i++) {
    swapped[i] = bytes[7 - i];
  }
  const value = new Float64Array(swapped.buffer)[0];
  const form = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:e([+-][0-9]+))?$/.exec(String(value));
  if (form === null) {
    return null;
  }
  const decimals = form[3] === undefined ? "" : form[3];
  const power = form[4] === undefined ? 0 : parseInt(form[4], 10);
  const digits = (form[2] + decimals).replace(/^0+/, "").replace(/0+$/, "");
  if (digits === "") {
    return { integer: 0, exponent: 0 };
  }
  const zeros = (form[2] + decimals).replace(/^0+/, "").length - digits.length;
  const integer = parseDecimal(form[1] + digits);
  const exponent = power - decimals.length + zeros;
  return integer === null || exponent < -18 || exponent > 18
    ? null
    : { integer: integer.integer, exponent: exponent };
}
