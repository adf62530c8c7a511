/**
 * Numerals: numbers as the text in which JSON writes them (RFC 8259 §6). They are added and compared digit by digit, so that a
 * register value is the same at the platform as in the meter; text that needs no arithmetic is never touched.
 */

/** Characters of a numeral. */
export const numeralMax = 64;
const exponentMax = 400; // beyond what a double holds; bounds the zeros that alignment adds

const form = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

/** digits x 10^exponent. No leading zeros; zero has no digits at all. */
interface Parts {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

/** Whether a text is a number as JSON writes it, of at most 64 characters and with an exponent of at most 400. */
export function isNumeral(text: string): boolean {
  return numeralParts(text) !== null;
}

/** Mantissa and power of ten of a numeral, null for any other text. Decimals stay as written: 1.30 is 130 x 10^-2. */
export function numeralParts(text: string): Parts | null {
  const match = text.length <= numeralMax ? form.exec(text) : null;
  if (match === null) {
    return null;
  }
  const decimals = match[3] === undefined ? "" : match[3];
  const power = match[4] === undefined ? 0 : parseInt(match[4], 10);
  if (power > exponentMax || power < -exponentMax) {
    return null;
  }
  const digits = (match[2] + decimals).replace(/^0+/, "");
  return { negative: match[1] === "-", digits: digits, exponent: power - decimals.length };
}

/**
 * The exact sum of two numerals, without exponent, with the decimals of the one that has more; null where that takes more than
 * 64 characters. What is no numeral is a bug and throws, here and in compareNumerals.
 */
export function addNumerals(a: string, b: string): string | null {
  const x = partsOf(a);
  const y = partsOf(b);
  const exponent = Math.min(x.exponent, y.exponent);
  const p = aligned(x, exponent);
  const q = aligned(y, exponent);
  const same = x.negative === y.negative;
  const order = compareDigits(p, q);
  const digits = same ? sumOf(p, q) : order >= 0 ? differenceOf(p, q) : differenceOf(q, p);
  const text = written(same || order >= 0 ? x.negative : y.negative, digits, exponent);
  return text.length <= numeralMax ? text : null;
}

/** Negative, zero or positive as a is less than, equal to or greater than b. */
export function compareNumerals(a: string, b: string): number {
  const x = partsOf(a);
  const y = partsOf(b);
  const exponent = Math.min(x.exponent, y.exponent);
  const p = aligned(x, exponent);
  const q = aligned(y, exponent);
  if (x.negative === y.negative) {
    return x.negative ? compareDigits(q, p) : compareDigits(p, q);
  }
  return p === "" && q === "" ? 0 : x.negative ? -1 : 1;
}

function partsOf(text: string): Parts {
  const parts = numeralParts(text);
  if (parts === null) {
    throw new Error("not a numeral: " + text);
  }
  return parts;
}

function aligned(parts: Parts, exponent: number): string {
  return parts.digits === "" ? "" : parts.digits + "0".repeat(parts.exponent - exponent);
}

function compareDigits(p: string, q: string): number {
  return p.length !== q.length ? p.length - q.length : p < q ? -1 : p > q ? 1 : 0;
}

function digit(digits: string, fromEnd: number): number {
  return fromEnd <= digits.length ? digits.charCodeAt(digits.length - fromEnd) - 48 : 0;
}

function sumOf(p: string, q: string): string {
  let text = "";
  let carry = 0;
  for (let i = 1; i <= p.length || i <= q.length || carry > 0; i++) {
    const sum = digit(p, i) + digit(q, i) + carry;
    carry = sum > 9 ? 1 : 0;
    text = String(sum - 10 * carry) + text;
  }
  return text;
}

/** p - q for p >= q, without leading zeros. */
function differenceOf(p: string, q: string): string {
  let text = "";
  let borrow = 0;
  for (let i = 1; i <= p.length; i++) {
    const difference = digit(p, i) - digit(q, i) - borrow;
    borrow = difference < 0 ? 1 : 0;
    text = String(difference + 10 * borrow) + text;
  }
  return text.replace(/^0+/, "");
}

function written(negative: boolean, digits: string, exponent: number): string {
  const sign = negative && digits !== "" ? "-" : "";
  if (exponent >= 0) {
    return sign + (digits === "" ? "0" : digits + "0".repeat(exponent));
  }
  const whole = digits.padStart(1 - exponent, "0");
  const point = whole.length + exponent;
  return sign + whole.substring(0, point) + "." + whole.substring(point);
}
