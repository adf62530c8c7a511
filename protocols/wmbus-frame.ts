import { crcEn13757 } from "./crc.ts";
import { type Fault, fault } from "./fault.ts";

/**
 * The wireless link layer of EN 13757-4 §11: frame formats A and B with their CRCs, and telegrams as most receivers hand them out,
 * with the CRCs taken off. The first byte is the length.
 */

/** The longest telegram on the air: 256 bytes with 17 CRCs of format A. */
export const wirelessMax = 290;
/** L, C, maker 2, id 4, version, type; and at least a CI field behind it. */
export const headLength = 10;

const crcLength = 2;
const blockA = 16;
/** Bytes of format B under its first CRC. */
const blockB = 126;

export type FrameFormat = "a" | "b" | "plain";

/** Length in bytes of a telegram on the air, by its L field. In format B the L field counts the CRCs. */
export function lengthOf(format: FrameFormat, l: number): number {
  return format === "a" ? l + 1 + crcLength * (1 + Math.ceil((l - 9) / blockA)) : l + 1;
}

/** How many of the CRCs of a telegram of format A hold, and how many there are. */
export function crcsOfA(
  bytes: Uint8Array,
  at: number,
): { readonly held: number; readonly count: number; readonly plain: Uint8Array } {
  const length = bytes[at] + 1;
  const plain = new Uint8Array(length);
  let held = 0;
  let count = 0;
  let from = at;
  for (let done = 0; done < length; count++) {
    const size = Math.min(count === 0 ? headLength : blockA, length - done);
    plain.set(bytes.subarray(from, from + size), done);
    held += crcHolds(bytes, from, from + size) ? 1 : 0;
    done += size;
    from += size + crcLength;
  }
  return { held: held, count: count, plain: plain };
}

/** The telegram of format B at `at` without its CRCs; null where one does not hold. */
export function takeB(bytes: Uint8Array, at: number): Uint8Array | null {
  const length = bytes[at] + 1;
  const first = Math.min(length - crcLength, blockB);
  const rest = length - first - crcLength;
  if (first < headLength || (rest > 0 && rest <= crcLength) || !crcHolds(bytes, at, at + first)) {
    return null;
  }
  if (rest === 0) {
    return bytes.subarray(at, at + first);
  }
  const second = at + first + crcLength;
  if (!crcHolds(bytes, second, second + rest - crcLength)) {
    return null;
  }
  const plain = new Uint8Array(first + rest - crcLength);
  plain.set(bytes.subarray(at, at + first), 0);
  plain.set(bytes.subarray(second, second + rest - crcLength), first);
  return plain;
}

/** Puts a telegram without CRCs (L field right for that) into format A or B; a Fault where it is too long for it. */
export function withCrcs(format: FrameFormat, plain: Uint8Array): Uint8Array | Fault {
  const most = format === "b" ? 252 : 256;
  if (plain.length > most || plain.length <= headLength || plain[0] !== plain.length - 1) {
    return fault("range", "a telegram of " + String(plain.length) + " bytes does not fit the format");
  }
  if (format === "plain") {
    return plain;
  }
  const bytes: number[] = [];
  const head = format === "a" ? headLength : blockB;
  const block = format === "a" ? blockA : blockB;
  const whole = new Uint8Array(plain);
  if (format === "b") {
    whole[0] = plain.length + crcLength * (plain.length > blockB ? 2 : 1) - 1;
  }
  for (let from = 0; from < whole.length; ) {
    const to = Math.min(from + (from === 0 ? head : block), whole.length);
    for (let i = from; i < to; i++) {
      bytes.push(whole[i]);
    }
    const crc = crcEn13757(whole, from, to);
    bytes.push(crc >> 8, crc & 0xff);
    from = to;
  }
  return new Uint8Array(bytes);
}

function crcHolds(bytes: Uint8Array, from: number, to: number): boolean {
  return crcEn13757(bytes, from, to) === ((bytes[to] << 8) | bytes[to + 1]);
}
