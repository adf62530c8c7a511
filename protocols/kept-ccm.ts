import type { Aead } from "./crypto.ts";
import { type KeyStreamRoom, KeyStreams, lowestNeighbour, neighbours } from "./key-streams.ts";

/**
 * AES-CCM-16-64-128 (RFC 3610, RFC 9053 §4.2) over AES of one key that stays set up. Where setting up a cipher costs more than a
 * short message does, as with node:crypto, two calls on ciphers that stay open take half of one call that begins anew.
 */
export interface KeptBlocks {
  /** Encrypts blocks of 16 bytes, each by itself (ECB). What it gives is the caller's to write in. */
  readonly each: (blocks: Uint8Array) => Uint8Array;
  /** Encrypts blocks, each XOR the ciphertext before it, on through all calls (CBC that never ends, from zeros). */
  readonly chained: (blocks: Uint8Array) => Uint8Array;
}

const block = 16; // bytes
const pieceLength = 8192; // bytes
const tagLength = 8; // bytes
const nonceLength = 13; // bytes, which leaves two for lengths and counters
const lengthMax = 0xffff; // bytes
const additionalMax = 0xfeff; // bytes, RFC 3610 §2.2
/** Flags of the first block: there is additional data, a tag of 8 bytes, lengths of 2 (RFC 3610 §2.2). */
const flags = 0x40 + ((tagLength - 2) / 2) * 8 + 1;
const counterFlags = 1; // RFC 3610 §2.3

/** Where blocks are laid out on their way; one for all keys, as one message is worked on at a time. */
export class BlockRoom {
  #bytes: Uint8Array = new Uint8Array(0);
  /** The first blocks, by their count: making a view costs more than filling it. */
  #views: Uint8Array[] = [];
  #piece: Uint8Array = new Uint8Array(0);
  #used = 0;

  /** Bytes of a message's own. Cut from a common piece: small memory of its own would cost more than the cipher does. */
  message(length: number): Uint8Array {
    if (this.#used + length > this.#piece.length) {
      this.#piece = new Uint8Array(Math.max(pieceLength, length));
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += length;
    return viewOf(this.#piece, at, length);
  }

  /** So many blocks, with anything in them; valid until the next call. */
  blocks(count: number): Uint8Array {
    if (this.#bytes.length < count * block) {
      this.#bytes = new Uint8Array(2 * count * block);
      this.#views = [];
    }
    const known = this.#views[count];
    const view = known ?? this.#bytes.subarray(0, count * block);
    this.#views[count] = view;
    return view;
  }
}

/** AES-CCM-16-64-128 of one key, made of AES that stays set up. */
export function keptCcm(blocks: KeptBlocks, room: BlockRoom, ahead: KeyStreamRoom): Aead {
  /** The ciphertext that the chain ended with: XOR it, and the chain begins as from zeros. */
  const last = new Uint8Array(block);

  /**
   * The key stream of a nonce, or of it and all its neighbours in turn: for each a block for the tag, then as many as there are bytes.
   */
  const streams = (nonce: Uint8Array, count: number, many: number): Uint8Array => {
    const counters = room.blocks(many * count);
    counters[0] = counterFlags;
    counters.set(nonce, 1);
    for (let filled = block; filled < counters.length; filled *= 2) {
      counters.copyWithin(filled, 0, filled);
    }
    const lowest = many === 1 ? nonce[nonceLength - 1] : lowestNeighbour(nonce);
    for (let n = 0, at = 0; n < many; n++) {
      for (let i = 0; i < count; i++, at += block) {
        counters[at + nonceLength] = lowest + n;
        counters[at + 14] = i >> 8;
        counters[at + 15] = i & 255;
      }
    }
    return blocks.each(counters);
  };
  const coming = new KeyStreams(ahead, (nonce, count) => streams(nonce, count, neighbours));

  /** RFC 3610 §2.2: the last block of a CBC over flags, nonce, length, additional data and message, both filled up with zeros. */
  const macOf = (nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Uint8Array => {
    const messageAt = block + roundUp(2 + additional.length);
    const end = messageAt + roundUp(plaintext.length);
    const input = room.blocks(end / block);
    input.fill(0, block, end);
    input[0] = flags;
    input.set(nonce, 1);
    input[14] = plaintext.length >> 8;
    input[15] = plaintext.length & 255;
    input[16] = additional.length >> 8;
    input[17] = additional.length & 255;
    input.set(additional, block + 2);
    input.set(plaintext, messageAt);
    for (let i = 0; i < block; i++) {
      input[i] ^= last[i];
    }
    const chained = blocks.chained(input);
    for (let i = 0; i < block; i++) {
      last[i] = chained[end - block + i];
    }
    return last;
  };

  return {
    seal: (nonce, additional, plaintext) => {
      check(nonce, additional, plaintext.length);
      const length = plaintext.length;
      // The message is made where its key stream stands.
      const stream = streams(nonce, blocksFor(length + tagLength), 1);
      const mac = macOf(nonce, additional, plaintext);
      for (let i = 0; i < length; i++) {
        stream[block + i] ^= plaintext[i];
      }
      for (let i = 0; i < tagLength; i++) {
        stream[block + length + i] = mac[i] ^ stream[i];
      }
      return viewOf(stream, block, length + tagLength);
    },
    open: (nonce, additional, sealed) => {
      const length = sealed.length - tagLength;
      if (length < 0 || length > lengthMax) {
        return null;
      }
      check(nonce, additional, length);
      const count = blocksFor(length);
      const found = coming.find(nonce, count);
      const stream = found < 0 ? streams(nonce, count, 1) : coming.bytes;
      const at = found < 0 ? 0 : found;
      // A stream made ahead stays as it is: its message may come again.
      const plaintext = found < 0 ? viewOf(stream, block, length) : room.message(length);
      for (let i = 0; i < length; i++) {
        plaintext[i] = stream[at + block + i] ^ sealed[i];
      }
      const mac = macOf(nonce, additional, plaintext);
      let difference = 0; // compared in constant time
      for (let i = 0; i < tagLength; i++) {
        difference |= mac[i] ^ stream[at + i] ^ sealed[length + i];
      }
      return difference === 0 ? plaintext : null;
    },
  };
}

/** What this layout holds; others are a bug and throw. */
function check(nonce: Uint8Array, additional: Uint8Array, length: number): void {
  const fits = additional.length > 0 && additional.length <= additionalMax && length <= lengthMax;
  if (nonce.length !== nonceLength || !fits) {
    throw new Error("CCM takes a nonce of 13 bytes, additional data, and lengths of two bytes");
  }
}

/** Blocks of key stream for so many bytes, the tag's first. */
function blocksFor(length: number): number {
  return 1 + Math.ceil(length / block);
}

function roundUp(length: number): number {
  return Math.ceil(length / block) * block;
}

/** Of the same memory, whatever kind of byte array that is. */
function viewOf(bytes: Uint8Array, from: number, length: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, length);
}
