import type { Aes } from "../../boards/platforms/espruino-ccm.ts";
import { bytesOf, byteText } from "../../protocols/cbor-small.ts";

/** AES-128 (FIPS 197) on whole blocks for an engine without it. Slow and for tests alone: nothing here hides from a clock. */
export function scriptAes(): Aes {
  const box = substitution();
  return {
    cbc: (text, key) => {
      const data = bytesOf(text);
      const out = new Uint8Array(data.length);
      const keys = expand(key, box);
      const block = new Uint8Array(16);
      for (let at = 0; at < data.length; at += 16) {
        for (let i = 0; i < 16; i++) {
          block[i] ^= data[at + i];
        }
        encrypt(block, keys, box);
        out.set(block, at);
      }
      return out.buffer as ArrayBuffer;
    },
    ecb: (text, key) => {
      const out = bytesOf(text);
      const keys = expand(key, box);
      for (let at = 0; at < out.length; at += 16) {
        encrypt(out.subarray(at, at + 16), keys, box);
      }
      return out.buffer as ArrayBuffer;
    },
    text: byteText,
    bytes: bytesOf,
  };
}

/** Multiplication by x in GF(2^8), §4.2.1. */
function double(byte: number): number {
  return ((byte << 1) ^ (byte & 128 ? 0x1b : 0)) & 255;
}

/** The S-box, §5.1.1: inverses walked through with the generator 3, then the affine map. */
function substitution(): Uint8Array {
  const box = new Uint8Array(256);
  let p = 1;
  let q = 1;
  do {
    p = p ^ double(p);
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q &= 255;
    q ^= q & 128 ? 0x09 : 0;
    const turned = q ^ turn(q, 1) ^ turn(q, 2) ^ turn(q, 3) ^ turn(q, 4);
    box[p] = turned ^ 0x63;
  } while (p !== 1);
  box[0] = 0x63;
  return box;
}

function turn(byte: number, by: number): number {
  return ((byte << by) | (byte >> (8 - by))) & 255;
}

/** The 11 round keys, §5.2. */
function expand(key: Uint8Array, box: Uint8Array): Uint8Array {
  const keys = new Uint8Array(176);
  keys.set(key);
  let constant = 1;
  for (let at = 16; at < 176; at += 4) {
    const word = [keys[at - 4], keys[at - 3], keys[at - 2], keys[at - 1]];
    if (at % 16 === 0) {
      word.push(word.shift() as number);
      for (let i = 0; i < 4; i++) {
        word[i] = box[word[i]];
      }
      word[0] ^= constant;
      constant = double(constant);
    }
    for (let i = 0; i < 4; i++) {
      keys[at + i] = keys[at - 16 + i] ^ word[i];
    }
  }
  return keys;
}

/** §5.1, one block in place. */
function encrypt(block: Uint8Array, keys: Uint8Array, box: Uint8Array): void {
  addKey(block, keys, 0);
  for (let round = 1; round <= 10; round++) {
    const shifted = new Uint8Array(16);
    for (let i = 0; i < 16; i++) {
      shifted[i] = box[block[(i + 4 * (i % 4)) % 16]];
    }
    block.set(shifted);
    if (round < 10) {
      mixColumns(block);
    }
    addKey(block, keys, 16 * round);
  }
}

function addKey(block: Uint8Array, keys: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++) {
    block[i] ^= keys[at + i];
  }
}

function mixColumns(block: Uint8Array): void {
  for (let at = 0; at < 16; at += 4) {
    const a = block[at];
    const all = a ^ block[at + 1] ^ block[at + 2] ^ block[at + 3];
    const b = block[at + 1];
    const c = block[at + 2];
    const d = block[at + 3];
    block[at] ^= all ^ double(a ^ b);
    block[at + 1] ^= all ^ double(b ^ c);
    block[at + 2] ^= all ^ double(c ^ d);
    block[at + 3] ^= all ^ double(d ^ a);
  }
}
