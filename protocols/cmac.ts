import type { BlockCiphers } from "./block-ciphers.ts";

const blockLength = 16; // bytes
const zero = new Uint8Array(blockLength);

/** AES-CMAC of `data` under a 16-byte key: 16 bytes (RFC 4493 §2.4, NIST SP 800-38B). */
export function aesCmac(ciphers: BlockCiphers, key: Uint8Array, data: Uint8Array): Uint8Array {
  const blocks = data.length === 0 ? 1 : Math.ceil(data.length / blockLength);
  const padded = new Uint8Array(blocks * blockLength);
  padded.set(data, 0);
  let subkey = doubled(ciphers.aesCbc.encrypt(key, zero, zero));
  if (data.length < padded.length) {
    padded[data.length] = 0x80;
    subkey = doubled(subkey);
  }
  const last = padded.length - blockLength;
  for (let i = 0; i < blockLength; i++) {
    padded[last + i] ^= subkey[i];
  }
  return ciphers.aesCbc.encrypt(key, zero, padded).subarray(last);
}

/** Times x in GF(2^128): RFC 4493 §2.3. */
function doubled(block: Uint8Array): Uint8Array {
  const result = new Uint8Array(blockLength);
  for (let i = 0; i < blockLength; i++) {
    result[i] = (block[i] << 1) | (i < 15 ? block[i + 1] >> 7 : 0);
  }
  if (block[0] > 127) {
    result[15] ^= 0x87;
  }
  return result;
}
