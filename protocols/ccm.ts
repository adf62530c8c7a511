import type { BlockCiphers } from "./block-ciphers.ts";
import { concat, equal } from "./bytes.ts";
import { counted, covered } from "./counter-mode.ts";

/**
 * AES-128-CCM as sensors use it: 13-byte nonce, tag of 4 to 16 bytes, no additional data (NIST SP 800-38C, RFC 3610). Made of the modes
 * every platform has; the envelope's own CCM, with its fixed tag, is another (crypto.ts).
 */

export interface CcmSeal {
  /** 16 bytes. */
  readonly key: Uint8Array;
  /** 13 bytes, so that lengths have two. */
  readonly nonce: Uint8Array;
}

const block = 16; // bytes

/** The ciphertext and behind it the tag; the plaintext is shorter than 65536 bytes. */
export function sealCcm(
  ciphers: BlockCiphers,
  seal: CcmSeal,
  plaintext: Uint8Array,
  tagLength: number,
): Uint8Array {
  const both = counted(ciphers, seal.key, firstCounter(seal.nonce), plaintext);
  return concat([both.data, covered(sumOf(ciphers, seal, plaintext, tagLength), both.mask)]);
}

/** The plaintext, or null where the tag does not hold. */
export function openCcm(
  ciphers: BlockCiphers,
  seal: CcmSeal,
  ciphertext: Uint8Array,
  tag: Uint8Array,
): Uint8Array | null {
  const both = counted(ciphers, seal.key, firstCounter(seal.nonce), ciphertext);
  return equal(covered(sumOf(ciphers, seal, both.data, tag.length), both.mask), tag) ? both.data : null;
}

/** RFC 3610 §2.2: the first `tagLength` bytes of the last block of a CBC over flags, nonce, length and data. */
function sumOf(ciphers: BlockCiphers, seal: CcmSeal, plaintext: Uint8Array, tagLength: number): Uint8Array {
  const blocks = new Uint8Array(block + Math.ceil(plaintext.length / block) * block);
  blocks[0] = ((tagLength - 2) / 2) * 8 + 1;
  blocks.set(seal.nonce, 1);
  blocks[14] = plaintext.length >> 8;
  blocks[15] = plaintext.length & 255;
  blocks.set(plaintext, block);
  const mac = ciphers.aesCbc.encrypt(seal.key, new Uint8Array(block), blocks);
  const last = mac.length - block;
  return new Uint8Array(mac.subarray(last, last + tagLength));
}

/** RFC 3610 §2.3: counter 0 is the tag's. */
function firstCounter(nonce: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(block);
  bytes[0] = 1; // a length of two bytes
  bytes.set(nonce, 1);
  return bytes;
}
