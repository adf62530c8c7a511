/**
 * The port for what meters encrypt with: bare AES-128 and DES, which protect nothing by themselves. The envelope has a port of its own
 * (crypto.ts). Implemented over node:crypto in crypto-node.ts. Data is a whole number of blocks, but for CTR.
 */
export interface BlockCiphers {
  /** AES-128-CBC without padding. Key and iv 16 bytes. */
  readonly aesCbc: BlockCipher;
  /** AES-128-CTR: encrypting and decrypting are the same. Key and first counter block 16 bytes, any length of data. */
  aesCtr(key: Uint8Array, counter: Uint8Array, data: Uint8Array): Uint8Array;
  /** DES-CBC without padding. Key and iv 8 bytes. */
  readonly desCbc: BlockCipher;
}

export interface BlockCipher {
  encrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
  decrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
}
