import { type Fault, fault } from "./fault.ts";
import type { Width } from "./quantity.ts";

/**
 * The "compact" body: the rows of a pack as one byte string of half bytes, high half first. First the number of rows, then
 * column after column one token a value: 0 where it is missing, else the difference d to the last value that was there (0
 * before the first), as 2d + 1, or -2d where d is negative. Row count and tokens are varints of 3 bits in a half byte, low
 * ones first, the fourth bit set where more follow, no longer than they must be. A last half byte left over is 0.
 *
 * Half bytes, since most differences of a minute are -3 to 3: whole bytes would double the body.
 */

/** Most half bytes of a token: the greatest difference of a width, 2^width - 2, makes a token below 2^(width + 1). */
export function tokenLengthMax(width: Width): number {
  return Math.ceil((width + 1) / 3);
}

/** Row-major integers, missing ones as `missing`. */
export interface CompactRows {
  readonly body: ArrayLike<number>;
  readonly rows: number;
  readonly rowLength: number;
  readonly missing: number;
}

/** Writes the body at `at`, returns where it ends. The caller has allocated enough: see tokenLengthMax. */
export function writeCompact(target: Uint8Array, at: number, source: CompactRows): number {
  let half = writeVarint(target, 2 * at, source.rows);
  for (let column = 0; column < source.rowLength; column++) {
    let last = 0;
    for (let row = 0; row < source.rows; row++) {
      const value = source.body[row * source.rowLength + column];
      if (value === source.missing) {
        half = writeVarint(target, half, 0);
      } else {
        const change = value - last;
        half = writeVarint(target, half, change < 0 ? -2 * change : 2 * change + 1);
        last = value;
      }
    }
  }
  return (half + 1) >> 1;
}

/** Where reading stands, in half bytes. */
interface Halves {
  readonly bytes: Uint8Array;
  at: number;
}

/**
 * The rows of a compact body, row-major, null where missing; values may be anything that tokens of `width` bits can add up to.
 * A Fault where the body is not what writeCompact makes: too short or long, a varint longer than it must be.
 */
export function readCompact(
  bytes: Uint8Array,
  form: { readonly rowLength: number; readonly rowsMax: number; readonly width: Width },
): (number | null)[] | Fault {
  const halves: Halves = { bytes: bytes, at: 0 };
  const rows = readVarint(halves, tokenLengthMax(32));
  if (rows < 1 || rows > form.rowsMax) {
    return fault("limit", "compact pack: not 1 to " + form.rowsMax + " rows");
  }
  if (rows * form.rowLength > 2 * bytes.length) {
    return fault("truncated", "compact pack: " + rows + " rows in " + bytes.length + " bytes");
  }
  const values: (number | null)[] = new Array(rows * form.rowLength);
  const lengthMax = tokenLengthMax(form.width);
  for (let column = 0; column < form.rowLength; column++) {
    let last = 0;
    for (let row = 0; row < rows; row++) {
      const token = readVarint(halves, lengthMax);
      if (token < 0) {
        return fault("syntax", "compact pack: no value at half byte " + halves.at);
      }
      last += token % 2 === 0 ? -token / 2 : (token - 1) / 2;
      values[row * form.rowLength + column] = token === 0 ? null : last;
    }
  }
  const padding = halves.at & 1;
  if (halves.at + padding !== 2 * bytes.length || (padding === 1 && (bytes[halves.at >> 1] & 15) !== 0)) {
    return fault("syntax", "compact pack: bytes after the last value");
  }
  return values;
}

function writeVarint(target: Uint8Array, half: number, value: number): number {
  let rest = value;
  let at = half;
  while (rest > 7) {
    const next = Math.floor(rest / 8);
    at = writeHalf(target, at, 8 + rest - next * 8);
    rest = next;
  }
  return writeHalf(target, at, rest);
}

function writeHalf(target: Uint8Array, half: number, value: number): number {
  if (half % 2 === 0) {
    target[half >> 1] = value << 4;
  } else {
    target[half >> 1] |= value;
  }
  return half + 1;
}

/** The next varint of at most `lengthMax` half bytes; -1 where there is none. */
function readVarint(halves: Halves, lengthMax: number): number {
  let value = 0;
  let weight = 1;
  for (let length = 1; length <= lengthMax && halves.at < 2 * halves.bytes.length; length++) {
    const byte = halves.bytes[halves.at >> 1];
    const half = halves.at % 2 === 0 ? byte >> 4 : byte & 15;
    halves.at++;
    value += (half & 7) * weight;
    if (half < 8) {
      return half === 0 && length > 1 ? -1 : value;
    }
    weight *= 8;
  }
  return -1;
}
