/** Gateway only: the crypto port over node:crypto, for the gateway, devices on Linux and simulation. */
import {
  type CipherCCMTypes,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
} from "node:crypto";
import type { BlockCipher, BlockCiphers } from "./block-ciphers.ts";
import { concat, equal } from "./bytes.ts";
import type { Aead, Crypto } from "./crypto.ts";

const cipher: CipherCCMTypes = "aes-128-ccm";
const tagLength = 8; // bytes
/**
 * An empty message that has an address. OpenSSL takes data at a null address, as an empty array may have, for "no message yet":
 * it then gives no tag when sealing, and accepts every tag when opening.
 */
const empty = new Uint8Array(1).subarray(0, 0);
const options = { authTagLength: tagLength };

/** node:crypto behind the port. Each key is handed to OpenSSL once, when its Mac or Aead is made. */
export const nodeCrypto: Crypto = {
  sha256: (data) => plain(createHash("sha256").update(data).digest()),
  hmac: (key) => {
    const secret = createSecretKey(key);
    return (data) => createHmac("sha256", secret).update(data).digest(); // read and dropped: may stay a Buffer
  },
  ccm: (key) => ccm(createSecretKey(key)),
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

function ccm(secret: KeyObject): Aead {
  const seal: Aead["seal"] = (nonce, additional, plaintext) => {
    const sealing = createCipheriv(cipher, secret, nonce, options);
    sealing.setAAD(additional, { plaintextLength: plaintext.length });
    const ciphertext = sealing.update(plaintext.length === 0 ? empty : plaintext);
    sealing.final();
    const sealed = new Uint8Array(plaintext.length + tagLength);
    sealed.set(ciphertext);
    sealed.set(sealing.getAuthTag(), plaintext.length);
    return sealed;
  };
  const open: Aead["open"] = (nonce, additional, sealed) => {
    const length = sealed.length - tagLength;
    if (length <= 0) {
      // Sealed anew and compared, so that nothing hangs on what OpenSSL makes of an empty message.
      return length === 0 && equal(seal(nonce, additional, empty), sealed) ? new Uint8Array(0) : null;
    }
    const opening = createDecipheriv(cipher, secret, nonce, options);
    opening.setAuthTag(sealed.subarray(length));
    opening.setAAD(additional, { plaintextLength: length });
    const plaintext = opening.update(sealed.subarray(0, length));
    try {
      opening.final();
    } catch {
      return null; // the one way in which Node says that the tag does not hold
    }
    return plain(plaintext);
  };
  return { seal, open };
}

/** A Buffer's bytes without its habits: `slice` of a Buffer does not copy. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
