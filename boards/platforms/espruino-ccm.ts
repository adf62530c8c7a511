import type { Aead, Crypto } from "../../protocols/crypto.ts";
import { nativeCrypto } from "./espruino-crypto.ts";

/** AES-128 as boards have it, on whole blocks. Never its CTR mode, which ignores the counter it is given. */
export interface Aes {
  /** With a zero initialisation vector. */
  cbc(data: Uint8Array, key: Uint8Array): ArrayBuffer;
  ecb(data: Uint8Array, key: Uint8Array): ArrayBuffer;
}

/** The board's own, where it has one (class A). */
export function nativeAes(): Aes {
  const aes = nativeCrypto().AES;
  const cbc = { mode: "CBC" } as const;
  const ecb = { mode: "ECB" } as const;
  return {
    cbc: (data, key) => aes.encrypt(data, key, cbc),
    ecb: (data, key) => aes.encrypt(data, key, ecb),
  };
}

const block = 16; // bytes
const nonceLength = 13; // bytes
const tagLength = 8; // bytes
/** Adata, an 8-byte tag, a 2-byte length: RFC 3610 §2.2. Without additional data the first of them is not set. */
const flags = 0x19;
const adata = 0x40;

/**
 * AES-CCM with 13-byte nonce and 8-byte tag from one CBC and one ECB call a message, on memory that is reused; the words between are
 * XORed four bytes at a time. (The interpreter's own CCM takes no additional data.)
 */
export function composedCcm(aes: Aes): Crypto["ccm"] {
  return (key) => new ComposedCcm(aes, new Uint8Array(key));
}

class ComposedCcm implements Aead {
  readonly aes: Aes;
  readonly key: Uint8Array;
  /** B0, the additional data with its length, the payload; each but the first zero-padded to whole blocks. */
  blocks: Uint8Array = new Uint8Array(0);
  words: Int32Array = new Int32Array(0);
  /** A0 for the tag, A1 and so on for the payload. */
  counters: Uint8Array = new Uint8Array(0);
  /** Where the payload begins, where its blocks end. */
  at = 0;
  end = 0;
  stream: Int32Array = this.words;

  constructor(aes: Aes, key: Uint8Array) {
    this.aes = aes;
    this.key = key;
  }

  seal(nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const length = plaintext.length;
    this.lay(nonce, additional, plaintext, length);
    this.authenticate();
    this.encipher();
    const sealed = new Uint8Array(length + tagLength);
    sealed.set(this.blocks.subarray(this.at, this.at + length));
    sealed.set(this.blocks.subarray(0, tagLength), length);
    return sealed;
  }

  open(nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const length = sealed.length - tagLength;
    if (length < 0) {
      return null;
    }
    this.lay(nonce, additional, sealed.subarray(0, length), length);
    this.encipher();
    this.blocks.fill(0, this.at + length, this.end);
    this.authenticate();
    this.blocks.set(sealed.subarray(length), tagLength);
    const words = this.words;
    return ((words[0] ^ words[2]) | (words[1] ^ words[3])) === 0
      ? new Uint8Array(this.blocks.subarray(this.at, this.at + length))
      : null;
  }

  /** Lays out the blocks, and the counters' stream. */
  lay(nonce: Uint8Array, additional: Uint8Array, payload: Uint8Array, length: number): void {
    const behind = block + (additional.length > 0 ? 2 + additional.length : 0);
    const at = (behind + block - 1) & -block;
    const end = at + ((length + block - 1) & -block);
    this.reserve(end);
    const blocks = this.blocks;
    blocks[0] = additional.length > 0 ? flags | adata : flags;
    blocks.set(nonce, 1);
    blocks.set([length >> 8, length & 255, additional.length >> 8, additional.length & 255], 14);
    blocks.set(additional, block + 2);
    blocks.fill(0, behind, at);
    blocks.set(payload, at);
    blocks.fill(0, at + length, end);
    this.at = at;
    this.end = end;
    const counted = block + end - at;
    for (let i = 1; i < counted; i += block) {
      this.counters.set(nonce, i);
    }
    this.stream = new Int32Array(this.aes.ecb(this.counters.subarray(0, counted), this.key));
  }

  /** The tag of what is laid out, into the first two words. */
  authenticate(): void {
    const mac = new Int32Array(this.aes.cbc(this.blocks.subarray(0, this.end), this.key), this.end - block);
    this.words[0] = mac[0] ^ this.stream[0];
    this.words[1] = mac[1] ^ this.stream[1];
  }

  /** Payload XOR stream, in place. */
  encipher(): void {
    const words = this.words;
    const stream = this.stream;
    const end = this.end >> 2;
    for (let i = this.at >> 2, k = block >> 2; i < end; i++) {
      words[i] ^= stream[k++];
    }
  }

  /** Makes room; a few messages after the start there is enough. */
  reserve(length: number): void {
    if (this.blocks.length >= length) {
      return;
    }
    this.blocks = new Uint8Array(length + block);
    this.words = new Int32Array(this.blocks.buffer);
    this.counters = new Uint8Array(length);
    for (let i = 0; i * block < length; i++) {
      this.counters[i * block] = 1; // a length of two bytes
      this.counters[i * block + nonceLength + 1] = i >> 8;
      this.counters[i * block + nonceLength + 2] = i;
    }
  }
}
