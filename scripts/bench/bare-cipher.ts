import { createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
import { nodeCrypto } from "../../protocols/crypto-node.ts";

const cipher = "aes-128-ccm";
const options = { authTagLength: 8 };

/** Bytes of the Enc_structure of a message of the benches (protocols/cose.ts). */
export const messageAad = 30;

/** `length` in bytes of the plaintext, `additional` of the data that is authenticated with it. */
export interface CipherOrder {
  readonly messages: number;
  readonly length: number;
  readonly additional: number;
}

/** Messages sealed under one key, numbered as a device numbers them. */
class SealedMessages {
  readonly key = randomBytes(16);
  readonly additional: Uint8Array;
  readonly all: readonly { readonly nonce: Uint8Array; readonly sealed: Uint8Array }[];

  constructor({ messages, length, additional }: CipherOrder) {
    const aead = nodeCrypto.ccm(this.key);
    this.additional = randomBytes(additional);
    const secret = randomBytes(13);
    this.all = Array.from({ length: messages }, (_, piv) => {
      const nonce = new Uint8Array(secret);
      nonce[11]! ^= piv >> 8; // RFC 9052 §3.1
      nonce[12]! ^= piv & 255;
      return { nonce, sealed: aead.seal(nonce, this.additional, randomBytes(length)) };
    });
  }
}

/**
 * What node:crypto takes for one message of AES-CCM-16-64-128 and nothing else: no header, no keys to find, no CBOR. The key is set up
 * beforehand and the tag cut off, as the best code that calls it would.
 */
export class BareCipher {
  readonly #messages: SealedMessages;
  readonly #key;
  readonly #parts;

  constructor(order: CipherOrder) {
    this.#messages = new SealedMessages(order);
    this.#key = createSecretKey(this.#messages.key);
    this.#parts = this.#messages.all.map(({ nonce, sealed }) => ({
      nonce,
      ciphertext: sealed.subarray(0, order.length),
      tag: sealed.subarray(order.length),
    }));
  }

  /** Opens every message once; how many there were. */
  open(): number {
    for (const { nonce, ciphertext, tag } of this.#parts) {
      const opening = createDecipheriv(cipher, this.#key, nonce, options);
      opening.setAuthTag(tag);
      opening.setAAD(this.#messages.additional, { plaintextLength: ciphertext.length });
      opening.update(ciphertext);
      opening.final();
    }
    return this.#parts.length;
  }
}

/** The same by the crypto port of the gateway, whose AES stays set up (protocols/kept-ccm.ts). */
export class WarmCipher {
  readonly #messages: SealedMessages;
  readonly #aead;

  constructor(order: CipherOrder) {
    this.#messages = new SealedMessages(order);
    this.#aead = nodeCrypto.ccm(this.#messages.key);
  }

  open(): number {
    for (const { nonce, sealed } of this.#messages.all) {
      if (this.#aead.open(nonce, this.#messages.additional, sealed) === null) {
        throw new Error("a message that does not open");
      }
    }
    return this.#messages.all.length;
  }
}
