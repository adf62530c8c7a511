import type { MeterNumber } from "./meter.ts";

const digitsMax = 9; // of a decimal that names one single-precision number and no other

/**
 * The shortest decimal that reads back as the same IEEE 754 single (four bytes, low one first): 231.86632 for c7dd6743. Null for what is
 * no number: infinities and NaN.
 */
export function decimalOfFloat32(bytes: Uint8Array, at: number): MeterNumber | null {
  const exponentBits = ((bytes[at + 3] & 0x7f) << 1) | (bytes[at + 2] >> 7);
  const fraction = ((bytes[at + 2] & 0x7f) << 16) | (bytes[at + 1] << 8) | bytes[at];
  if (exponentBits === 255) {
    return null;
  }
  const value =
    exponentBits === 0
      ? fraction * Math.pow(2, -149)
      : (fraction + 0x800000) * Math.pow(2, exponentBits - 150);
  if (value === 0) {
    return { integer: 0, exponent: 0 };
  }
  const found = shortest(value);
  return bytes[at + 3] > 127 ? { integer: -(found.integer as number), exponent: found.exponent } : found;
}

function shortest(value: number): MeterNumber {
  const single = new Float32Array(1);
  let power = -magnitudeOf(value);
  for (let digits = 1; digits < digitsMax; digits++, power++) {
    const integer = Math.round(scaled(value, power));
    single[0] = scaled(integer, -power);
    if (single[0] === value) {
      return withoutZeros(integer, -power);
    }
  }
  return withoutZeros(Math.round(scaled(value, power)), -power);
}

/** The power of ten of the first digit. */
function magnitudeOf(value: number): number {
  const guess = Math.floor(Math.log(value) / Math.LN10);
  return scaled(value, -guess) >= 10 ? guess + 1 : scaled(value, -guess) < 1 ? guess - 1 : guess;
}

/** Ten to the power of 53, the most that is asked for, has an error far below a single's last place. */
function scaled(value: number, power: number): number {
  const scale = Math.pow(10, power < 0 ? -power : power);
  return power < 0 ? value / scale : value * scale;
}

function withoutZeros(integer: number, exponent: number): MeterNumber {
  while (integer % 10 === 0) {
    integer /= 10;
    exponent++;
  }
  return { integer: integer, exponent: exponent };
}
