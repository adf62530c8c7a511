/** Gateway only: the crypto port over node:crypto, for the gateway, devices on Linux and simulation. */
import { createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey } from "node:crypto";
import type { BlockCipher, BlockCiphers } from "./block-ciphers.ts";
import { concat } from "./bytes.ts";
import type { Aead, Crypto } from "./crypto.ts";
import { BlockRoom, keptCcm } from "./kept-ccm.ts";
import { KeyStreamRoom } from "./key-streams.ts";

/** node:crypto behind the port. Each key is handed to OpenSSL once, when its Mac or Aead is made. */
export const nodeCrypto: Crypto = {
  sha256: (data) => plain(createHash("sha256").update(data).digest()),
  hmac: (key) => {
    const secret = createSecretKey(key);
    return (data) => createHmac("sha256", secret).update(data).digest(); // read and dropped: may stay a Buffer
  },
  ccm,
};

/** The meters' ciphers over node:crypto. OpenSSL 3 keeps DES away, but has its triple, which with one key three times is the same. */
export const nodeCiphers: BlockCiphers = {
  aesCbc: cbc("aes-128-cbc", (key) => key),
  aesCtr: (key, counter, data) => plain(createCipheriv("aes-128-ctr", key, counter).update(data)),
  desCbc: cbc("des-ede3-cbc", (key) => concat([key, key, key])),
};

function cbc(name: string, spread: (key: Uint8Array) => Uint8Array): BlockCipher {
  return {
    encrypt: (key, iv, data) =>
      plain(createCipheriv(name, spread(key), iv).setAutoPadding(false).update(data)),
    decrypt: (key, iv, data) =>
      plain(createDecipheriv(name, spread(key), iv).setAutoPadding(false).update(data)),
  };
}

/** Of AES that stays set up: `aes-128-ccm` of node:crypto begins anew for each message, which costs more than the message. */
function ccm(key: Uint8Array): Aead {
  const each = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
  const chained = createCipheriv("aes-128-cbc", key, new Uint8Array(16)).setAutoPadding(false);
  return keptCcm(
    { each: (blocks) => each.update(blocks), chained: (blocks) => chained.update(blocks) },
    room,
    ahead,
  );
}

const room = new BlockRoom();
const ahead = new KeyStreamRoom();

/** A Buffer's bytes without its habits: `slice` of a Buffer does not copy. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
