/**
 * Exact decimals: an integer times a power of ten, from the register to the platform. No float ever holds a register value.
 * An integer of up to 64 bits is a number where a double holds it exactly, and two words where it does not. (A board's
 * interpreter has no BigInt and the gateway needs none for this.)
 */

/** high x 2^32 + low. `low` is unsigned, `high` is from -2^31 to 2^32 - 1, so signed and unsigned registers both fit. */
export interface Words {
  readonly high: number;
  readonly low: number;
}

export type Integer = number | Words;

export interface Decimal {
  readonly integer: Integer;
  /** Power of ten, -18 to 18. */
  readonly exponent: number;
}

const two32 = 4294967296;
const safeMax = 9007199254740991; // 2^53 - 1; Espruino prints Math.pow(2, 53) - 1 differently
const safeHigh = 2097152; // 2^21: |high| below it leaves the whole within 53 bits
const exponentMax = 18;

/** The integer of two words: a number whenever it is safe. */
export function fromWords(high: number, low: number): Integer {
  if (high >= -safeHigh && high < safeHigh) {
    const whole = high * two32 + low;
    if (whole >= -safeMax) {
      return whole;
    }
  }
  return { high: high, low: low };
}

/** The two words of an integer. `high` carries the sign. */
export function toWords(integer: Integer): Words {
  if (typeof integer !== "number") {
    return integer;
  }
  const high = Math.floor(integer / two32);
  return { high: high, low: integer - high * two32 };
}

export function isNegative(integer: Integer): boolean {
  return typeof integer === "number" ? integer < 0 : integer.high < 0;
}

/** a - b, exactly; null where the result is not a safe number. */
export function difference(a: Integer, b: Integer): number | null {
  if (typeof a === "number" && typeof b === "number") {
    const result = a - b;
    return result >= -safeMax && result <= safeMax ? result : null;
  }
  const x = toWords(a);
  const y = toWords(b);
  const high = x.high - y.high;
  if (high < -safeHigh || high > safeHigh) {
    return null;
  }
  const result = high * two32 + (x.low - y.low);
  return result >= -safeMax && result <= safeMax ? result : null;
}

/** a + n, exactly, for a safe number n; null where the result leaves 64 bits. */
export function sum(a: Integer, n: number): Integer | null {
  const x = toWords(a);
  const y = toWords(n);
  let low = x.low + y.low;
  let high = x.high + y.high;
  if (low >= two32) {
    low -= two32;
    high += 1;
  }
  return high < -2147483648 || high > 4294967295 ? null : fromWords(high, low);
}

/** Digits of an integer, with a minus where it is negative and never as "-0". */
export function integerText(integer: Integer): string {
  if (typeof integer === "number") {
    return integer === 0 ? "0" : String(integer);
  }
  let high = integer.high;
  let low = integer.low;
  const sign = high < 0 ? "-" : "";
  if (high < 0) {
    high = low === 0 ? -high : -high - 1;
    low = low === 0 ? 0 : two32 - low;
  }
  // Long division by 10^6: 10^6 x 2^32 is below 2^53, so each step is exact.
  const base = 1000000;
  let text = "";
  while (high > 0) {
    const quotient = Math.floor(high / base);
    const rest = (high - quotient * base) * two32 + low;
    low = Math.floor(rest / base);
    high = quotient;
    text = padded(rest - low * base, 6) + text;
  }
  return sign + String(low) + text;
}

/**
 * Decimal text: max(0, -exponent) decimals, a positive exponent appends zeros, zero stays "0" (or "0.00").
 * Never an exponent form, never "-0".
 */
export function decimalText(integer: Integer, exponent: number): string {
  const digits = integerText(integer);
  if (exponent === 0) {
    return digits;
  }
  if (exponent > 0) {
    return integer === 0 ? "0" : digits + zeros(exponent);
  }
  const negative = isNegative(integer);
  const plain = negative ? digits.substr(1) : digits;
  const decimals = -exponent;
  const whole = plain.length > decimals ? plain : zeros(decimals - plain.length + 1) + plain;
  const point = whole.length - decimals;
  return (negative ? "-" : "") + whole.substr(0, point) + "." + whole.substr(point);
}

/** The decimal a text of plain digits stands for; null for any other form or more than 64 bits. Keeps decimals as written. */
export function parseDecimal(text: string): Decimal | null {
  const form = /^(-*)([0-9]+)(\.*)([0-9]*)$/.exec(text); // boards have no `?` in patterns: once is checked below
  if (form === null || form[1].length > 1 || form[3].length !== Math.min(form[4].length, 1)) {
    return null;
  }
  const decimals = form[4];
  const significant = (form[2] + decimals).replace(/^0+/, "");
  const digits = significant === "" ? "0" : significant;
  if (digits.length > 20 || decimals.length > exponentMax) {
    return null;
  }
  const integer = parseDigits(digits, form[1] === "-");
  return integer === null
    ? null
    : { integer: integer, exponent: decimals.length === 0 ? 0 : -decimals.length };
}

/** A decimal in whole steps of 10^exponent, what is finer cut off; null beyond 64 bits. */
export function inSteps(decimal: Decimal, exponent: number): Integer | null {
  if (decimal.exponent === exponent) {
    return decimal.integer;
  }
  const text = decimalText(decimal.integer, decimal.exponent);
  const point = text.indexOf(".");
  const whole = point < 0 ? text : text.substr(0, point);
  const decimals = point < 0 ? "" : text.substr(point + 1);
  const kept =
    exponent < 0
      ? whole + (decimals + zeros(-exponent)).substr(0, -exponent)
      : whole.substr(0, whole.length - exponent);
  const parsed = kept === "" || kept === "-" ? { integer: 0 } : parseDecimal(kept);
  return parsed === null ? null : parsed.integer;
}

function parseDigits(digits: string, negative: boolean): Integer | null {
  if (digits.length <= 15) {
    const value = parseInt(digits, 10);
    return negative && value !== 0 ? -value : value;
  }
  let high = 0;
  let low = 0;
  for (let i = 0; i < digits.length; i++) {
    const next = low * 10 + (digits.charCodeAt(i) - 48);
    const carry = Math.floor(next / two32);
    low = next - carry * two32;
    high = high * 10 + carry;
  }
  if (high > 4294967295) {
    return null;
  }
  if (!negative) {
    return fromWords(high, low);
  }
  if (high > 2147483648 || (high === 2147483648 && low > 0)) {
    return null;
  }
  return low === 0 ? fromWords(-high, 0) : fromWords(-high - 1, two32 - low);
}

function zeros(count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) {
    text += "0";
  }
  return text;
}

function padded(value: number, width: number): string {
  const digits = String(value);
  return zeros(width - digits.length) + digits;
}
