/**
 * The crypto port: what the envelope needs of a platform. Keys are set up once per epoch; a message costs one call.
 * Implemented over node:crypto in crypto-node.ts, over native Espruino calls on boards.
 */
export interface Crypto {
  /** SHA-256, 32 bytes (FIPS 180-4). */
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 under one key of 1 to 64 bytes (RFC 2104). */
  hmac(key: Uint8Array): Mac;
  /** AES-128-CCM with 13-byte nonce and 8-byte tag (COSE AES-CCM-16-64-128, RFC 9053 §4.2) under one 16-byte key. */
  ccm(key: Uint8Array): Aead;
}

/** The whole 32-byte tag over the data. */
export type Mac = (data: Uint8Array) => Uint8Array;

export interface Aead {
  /** Ciphertext followed by the 8-byte tag. */
  seal(nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** The plaintext, or null where the tag does not hold. */
  open(nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | null;
}
