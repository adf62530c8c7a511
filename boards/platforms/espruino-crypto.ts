import type { Crypto } from "../../protocols/crypto.ts";
import type { EspruinoCrypto, EspruinoGlobal } from "./espruino-globals.ts";

type Hash = Crypto["sha256"];

/** SHA-256 where the board has it (classes A and B); without it see espruino-sha256.ts. */
export function nativeSha256(): Hash {
  const native = nativeCrypto();
  return (data) => new Uint8Array(native.SHA256(data));
}

export function nativeCrypto(): EspruinoCrypto {
  return (globalThis as unknown as EspruinoGlobal).require("crypto") as EspruinoCrypto;
}

const block = 64; // bytes, SHA-256
const hashLength = 32; // bytes

/** HMAC (RFC 2104) over a hash: the pads of a key are made once, and a message is two calls on memory that is already there. */
export function hmacOver(sha256: Hash): Crypto["hmac"] {
  return (key) => {
    const outer = padded(key, 0x5c5c5c5c, block + hashLength);
    let inner = padded(key, 0x36363636, block + hashLength);
    return (data) => {
      const length = block + data.length;
      if (inner.length < length) {
        inner = padded(key, 0x36363636, length);
      }
      inner.set(data, block);
      outer.set(sha256(inner.length === length ? inner : inner.subarray(0, length)), block);
      return sha256(outer);
    };
  };
}

/** A block of the key XOR the pad, with room behind it. Four bytes at a time, since a board's loops are slow. */
function padded(key: Uint8Array, pad: number, length: number): Uint8Array {
  const bytes = new Uint8Array((length + 3) & -4);
  bytes.set(key);
  const words = new Int32Array(bytes.buffer, 0, block / 4);
  for (let i = 0; i < words.length; i++) {
    words[i] ^= pad;
  }
  return bytes;
}
