import { concat } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";

/** What a key is derived from. `length` is that of the derived key, in bytes. */
export interface Derivation {
  readonly material: Uint8Array;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
  readonly length: number;
}

const hashLength = 32; // bytes, SHA-256
const blockLength = 64; // bytes, SHA-256: the longest key that HMAC takes as it is
/** RFC 5869 §2.3: L <= 255 * HashLen. */
export const hkdfLengthMax = 255 * hashLength;

/** HKDF with SHA-256 (RFC 5869). A length of 0 or beyond `hkdfLengthMax` is a bug and throws. */
export function hkdf(crypto: Crypto, derivation: Derivation): Uint8Array {
  const length = derivation.length;
  if (!(length > 0 && length <= hkdfLengthMax)) {
    throw new Error("HKDF gives 1 to " + hkdfLengthMax + " bytes, not " + length);
  }
  return expand(crypto, extract(crypto, derivation), derivation);
}

/** HKDF-Extract, RFC 5869 §2.2: the pseudorandom key, which is the same for every info. */
export function extract(crypto: Crypto, derivation: Pick<Derivation, "material" | "salt">): Uint8Array {
  return crypto.hmac(saltKey(crypto, derivation.salt))(derivation.material);
}

/** HKDF-Expand, RFC 5869 §2.3: T(n) = HMAC(PRK, T(n-1) | info | n). */
function expand(crypto: Crypto, pseudorandomKey: Uint8Array, derivation: Derivation): Uint8Array {
  const mac = crypto.hmac(pseudorandomKey);
  const length = derivation.length;
  const output = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array(0);
  for (let n = 1, at = 0; at < length; n++, at += hashLength) {
    block = mac(concat([block, derivation.info, new Uint8Array([n])]));
    output.set(at + hashLength <= length ? block : block.subarray(0, length - at), at);
  }
  return output;
}

/** The salt as HMAC key: absent is a block of zeros (RFC 5869 §2.2), too long is hashed (RFC 2104 §2). */
function saltKey(crypto: Crypto, salt: Uint8Array): Uint8Array {
  if (salt.length === 0) {
    return new Uint8Array(hashLength);
  }
  return salt.length > blockLength ? crypto.sha256(salt) : salt;
}
