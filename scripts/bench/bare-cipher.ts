import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";

const cipher = "aes-128-ccm";
const options = { authTagLength: 8 };

/** Bytes of the Enc_structure of a message of the benches (protocols/cose.ts). */
export const messageAad = 30;

/** What node:crypto takes for one message of AES-CCM-16-64-128 and nothing else: no header, no keys to find, no CBOR. */
export class BareCipher {
  readonly #key = createSecretKey(randomBytes(16));
  readonly #additional: Uint8Array;
  readonly #messages: readonly { nonce: Uint8Array; sealed: Uint8Array; tag: Uint8Array }[];

  /** `length` in bytes of the plaintext, `additional` of the data that is authenticated with it. */
  constructor(order: { messages: number; length: number; additional: number }) {
    this.#additional = randomBytes(order.additional);
    this.#messages = Array.from({ length: order.messages }, () => this.#sealed(randomBytes(order.length)));
  }

  /** Opens every message once; how many there were. */
  open(): number {
    for (const { nonce, sealed, tag } of this.#messages) {
      const opening = createDecipheriv(cipher, this.#key, nonce, options);
      opening.setAuthTag(tag);
      opening.setAAD(this.#additional, { plaintextLength: sealed.length });
      opening.update(sealed);
      opening.final();
    }
    return this.#messages.length;
  }

  #sealed(plaintext: Uint8Array): { nonce: Uint8Array; sealed: Uint8Array; tag: Uint8Array } {
    const nonce = randomBytes(13);
    const sealing = createCipheriv(cipher, this.#key, nonce, options);
    sealing.setAAD(this.#additional, { plaintextLength: plaintext.length });
    const sealed = sealing.update(plaintext);
    sealing.final();
    return { nonce, sealed, tag: sealing.getAuthTag() };
  }
}
