/**
 * Seven data bits with even parity (7E1), as a line of eight data bits without parity (8N1) shows them: bit 7 is the parity bit, set on
 * half of the characters.
 */

export interface ParityCount {
  /** Bytes with bit 7 set. */
  high: number;
  /** Bytes with an odd number of ones. */
  odd: number;
}

/** Adds what bytes[from, to) holds to a count. Text of 7E1 read as 8N1 has high bytes and no odd ones; plain text has no high ones. */
export function countParity(count: ParityCount, bytes: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    count.high += bytes[i] >> 7;
    count.odd += isOdd(bytes[i]) ? 1 : 0;
  }
}

/** Clears bit 7, in place. */
export function stripParity(bytes: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    bytes[i] &= 0x7f;
  }
}

/** Sets bit 7 where that makes the number of ones even: what a port of 8N1 sends to be read as 7E1. */
export function withParity(bytes: Uint8Array): Uint8Array {
  const sent = new Uint8Array(bytes);
  for (let i = 0; i < sent.length; i++) {
    sent[i] = (sent[i] & 0x7f) | (isOdd(sent[i] & 0x7f) ? 0x80 : 0);
  }
  return sent;
}

function isOdd(byte: number): boolean {
  let folded = byte ^ (byte >> 4);
  folded ^= folded >> 2;
  folded ^= folded >> 1;
  return (folded & 1) === 1;
}
