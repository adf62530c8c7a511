import type { BlockCiphers } from "./block-ciphers.ts";
import { concat, equal } from "./bytes.ts";
import { counted, covered } from "./counter-mode.ts";

/**
 * AES-128-GCM as meters use it: 12-byte nonce, tag of 12 to 16 bytes (NIST SP 800-38D). Made of the counter mode every platform has, so
 * that no platform needs a cipher more; some hundred kB/s are a meter's whole day.
 */

export interface GcmSeal {
  /** 16 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes. */
  readonly nonce: Uint8Array;
  /** What is covered by the tag and not encrypted. */
  readonly additional: Uint8Array;
}

const block = 16; // bytes

/** The ciphertext and behind it the tag, `tagLength` bytes of it. */
export function sealGcm(
  ciphers: BlockCiphers,
  seal: GcmSeal,
  plaintext: Uint8Array,
  tagLength: number,
): Uint8Array {
  const both = counted(ciphers, seal.key, firstCounter(seal.nonce), plaintext);
  const tag = covered(sumOf(ciphers, seal, both.data), both.mask);
  return concat([both.data, tag.subarray(0, tagLength)]);
}

/** The plaintext, or null where the tag does not hold. */
export function openGcm(
  ciphers: BlockCiphers,
  seal: GcmSeal,
  ciphertext: Uint8Array,
  tag: Uint8Array,
): Uint8Array | null {
  const both = counted(ciphers, seal.key, firstCounter(seal.nonce), ciphertext);
  const expected = covered(sumOf(ciphers, seal, ciphertext), both.mask);
  return equal(expected.subarray(0, tag.length), tag) ? both.data : null;
}

/** Decrypted without a look at the tag: for who has no authentication key, and for telling a wrong key from a damaged telegram. */
export function unverifiedGcm(
  ciphers: BlockCiphers,
  seal: Pick<GcmSeal, "key" | "nonce">,
  ciphertext: Uint8Array,
): Uint8Array {
  return counted(ciphers, seal.key, firstCounter(seal.nonce), ciphertext).data;
}

/** §7.1 step 5: GHASH of both, each filled up to whole blocks, and their lengths in bits. */
function sumOf(ciphers: BlockCiphers, seal: GcmSeal, ciphertext: Uint8Array): Uint8Array {
  const zero = new Uint8Array(block);
  const hash = new Ghash(ciphers.aesCtr(seal.key, zero, zero));
  hash.add(seal.additional);
  hash.add(ciphertext);
  const lengths = new Uint8Array(block);
  writeBits(lengths, 0, seal.additional.length);
  writeBits(lengths, 8, ciphertext.length);
  hash.add(lengths);
  return hash.sum();
}

function firstCounter(nonce: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(block);
  bytes.set(nonce, 0);
  bytes[15] = 1;
  return bytes;
}

/** A length in bits, as 64 bits. */
function writeBits(bytes: Uint8Array, at: number, length: number): void {
  bytes[at + 3] = length >>> 29;
  for (let i = 0; i < 4; i++) {
    bytes[at + 7 - i] = ((length << 3) >>> (8 * i)) & 0xff;
  }
}

/** GHASH (§6.4): multiplication in GF(2^128), bit by bit; words are big-endian, the first bit is the highest. */
class Ghash {
  private readonly key: readonly number[];
  private readonly state: number[] = [0, 0, 0, 0];

  constructor(key: Uint8Array) {
    this.key = [word(key, 0), word(key, 4), word(key, 8), word(key, 12)];
  }

  /** Data filled up with zeros to whole blocks. */
  add(data: Uint8Array): void {
    for (let at = 0; at < data.length; at += block) {
      for (let i = 0; i < 4; i++) {
        this.state[i] ^= word(data, at + 4 * i);
      }
      this.multiply();
    }
  }

  sum(): Uint8Array {
    const bytes = new Uint8Array(block);
    for (let i = 0; i < block; i++) {
      bytes[i] = (this.state[i >> 2] >>> (24 - 8 * (i & 3))) & 0xff;
    }
    return bytes;
  }

  private multiply(): void {
    let v0 = this.key[0];
    let v1 = this.key[1];
    let v2 = this.key[2];
    let v3 = this.key[3];
    let z0 = 0;
    let z1 = 0;
    let z2 = 0;
    let z3 = 0;
    for (let i = 0; i < 4; i++) {
      const bits = this.state[i];
      for (let bit = 31; bit >= 0; bit--) {
        const mask = -((bits >>> bit) & 1);
        z0 ^= v0 & mask;
        z1 ^= v1 & mask;
        z2 ^= v2 & mask;
        z3 ^= v3 & mask;
        const carry = -(v3 & 1);
        v3 = (v3 >>> 1) | (v2 << 31);
        v2 = (v2 >>> 1) | (v1 << 31);
        v1 = (v1 >>> 1) | (v0 << 31);
        v0 = (v0 >>> 1) ^ (carry & 0xe1000000);
      }
    }
    this.state[0] = z0;
    this.state[1] = z1;
    this.state[2] = z2;
    this.state[3] = z3;
  }
}

/** Bytes beyond the end are zero. */
function word(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    value = (value << 8) | (at + i < bytes.length ? bytes[at + i] : 0);
  }
  return value;
}
