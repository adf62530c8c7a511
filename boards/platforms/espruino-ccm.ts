import { equal } from "../../protocols/bytes.ts";
import type { Crypto } from "../../protocols/crypto.ts";
import { nativeCrypto } from "./espruino-crypto.ts";
import type { EspruinoE } from "./espruino-globals.ts";

declare const E: EspruinoE;

/**
 * AES-128 as boards have it, on whole blocks, and bytes as text, a character each: joining texts is the fastest way there to put bytes
 * together. Never its CTR mode, which ignores the counter it is given.
 */
export interface Aes {
  /** With a zero initialisation vector. */
  cbc(text: string, key: Uint8Array): ArrayBuffer;
  ecb(text: string, key: Uint8Array): ArrayBuffer;
  text(bytes: Uint8Array): string;
  bytes(text: string): Uint8Array;
}

/** The board's own, where it has one (class A). */
export function nativeAes(): Aes {
  const aes = nativeCrypto().AES;
  const cbc = { mode: "CBC" } as const;
  const ecb = { mode: "ECB" } as const;
  // E.toString puts a text into one piece of memory; of any other the interpreter makes a copy on its small stack.
  return {
    cbc: (text, key) => aes.encrypt(E.toString(text), key, cbc),
    ecb: (text, key) => aes.encrypt(E.toString(text), key, ecb),
    text: (bytes) => E.toString(bytes),
    bytes: (text) => E.toUint8Array(text),
  };
}

const block = 16; // bytes
const tagLength = 8; // bytes
/** An 8-byte tag, a 2-byte length, and whether there is additional data: RFC 3610 §2.2. */
const flags = 0x19;
const adata = 0x40;
const zeros = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/**
 * AES-CCM with 13-byte nonce and 8-byte tag from one CBC and one ECB call a message; between them payload and stream are XORed four
 * bytes at a time. (The interpreter's own CCM takes no additional data.)
 */
export function composedCcm(aes: Aes): Crypto["ccm"] {
  return (key) => {
    /** What stands between the nonces of the counter blocks: the end of one and the flags of the next. */
    let counters: string[] = [];

    /** The cipher of A0 for the tag, of A1 and so on for the payload. */
    const streamOf = (nonce: string, length: number): ArrayBuffer => {
      const between = 2 + Math.ceil(length / block);
      if (counters.length !== between) {
        counters = ["\x01"];
        for (let i = 0; counters.length < between; i++) {
          counters.push(two(i) + "\x01");
        }
        counters[between - 1] = two(between - 2);
      }
      return aes.ecb(counters.join(nonce), key);
    };

    const tagOf = (
      nonce: string,
      additional: Uint8Array,
      payload: string,
      stream: ArrayBuffer,
    ): Uint8Array => {
      const more = additional.length;
      const head = String.fromCharCode(more > 0 ? flags | adata : flags) + nonce + two(payload.length);
      const middle = more > 0 ? two(more) + aes.text(additional) + zerosAfter(2 + more) : "";
      const sealed = aes.cbc(head + middle + payload + zerosAfter(payload.length), key);
      const mac = new Int32Array(sealed, sealed.byteLength - block, 2);
      const first = new Int32Array(stream, 0, 2);
      return new Uint8Array(new Int32Array([mac[0] ^ first[0], mac[1] ^ first[1]]).buffer);
    };

    /** The text XOR the stream from its second block on, with room for a tag behind. */
    const enciphered = (text: string, stream: ArrayBuffer): Uint8Array => {
      let i = (text.length + 3) >> 2;
      const bytes = aes.bytes(text + "\0\0\0\0\0\0\0\0\0\0\0");
      const words = new Int32Array(bytes.buffer, 0, i);
      const key = new Int32Array(stream, block);
      while (i--) {
        words[i] ^= key[i]; // the shortest loop there is: it is half of what a message costs
      }
      return bytes;
    };

    return {
      seal: (nonce, additional, plaintext) => {
        const length = plaintext.length;
        const number = aes.text(nonce);
        const text = aes.text(plaintext);
        const stream = streamOf(number, length);
        const sealed = enciphered(text, stream);
        sealed.set(tagOf(number, additional, text, stream), length);
        return sealed.subarray(0, length + tagLength);
      },
      open: (nonce, additional, sealed) => {
        const length = sealed.length - tagLength;
        if (length < 0) {
          return null;
        }
        const number = aes.text(nonce);
        const stream = streamOf(number, length);
        const plaintext = enciphered(aes.text(sealed.subarray(0, length)), stream).subarray(0, length);
        const right = tagOf(number, additional, aes.text(plaintext), stream);
        return equal(right, sealed.subarray(length)) ? plaintext : null;
      },
    };
  };
}

function two(n: number): string {
  return String.fromCharCode(n >> 8, n & 255);
}

/** What fills the last block. */
function zerosAfter(length: number): string {
  return zeros.substr(0, -length & (block - 1));
}
