import type { Aes } from "../../boards/platforms/espruino-ccm.ts";
import { bigEndian, bytesOf, byteText, head, textItem } from "../../protocols/cbor-small.ts";

/**
 * The envelope of a lean board: what session.ts and espruino-ccm.ts do, for AES-CCM alone and on byte texts throughout, which is the
 * shortest way to say it to an interpreter of text.
 */
export interface LeanRoot {
  /** The pads of the HMAC under the pseudorandom key: its bytes XOR 36 and 5c, 64 each (RFC 2104). */
  readonly inner: string;
  readonly outer: string;
  /** As SessionRoot. */
  readonly before: string;
  readonly behind: string;
  readonly structure: string;
  readonly externalBefore: string;
  readonly externalBehind: string;
}

export interface LeanCrypto {
  hash(text: string): string;
  readonly aes: Pick<Aes, "cbc" | "ecb">;
}

/** The keys of one epoch and direction, as bytes and as text. */
export interface LeanKeys {
  readonly epoch: number;
  readonly key: Uint8Array;
  readonly iv: string;
}

export interface LeanEnvelope {
  keysOf(epoch: number, direction: string): LeanKeys;
  /** Each number once. */
  closed(keys: LeanKeys, piv: number, body: string): string;
  /** Null where the tag does not hold. */
  opened(keys: LeanKeys, piv: number, sealed: string): string | null;
}

const tagLength = 8;
/** RFC 3610 §2.2: an 8-byte tag, a 2-byte length, additional data. */
const flags = "\x59";
const zeros = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

export function leanEnvelope(crypto: LeanCrypto, root: LeanRoot): LeanEnvelope {
  /** The text XOR the cipher of the counter blocks: the tag's of A0 and 8 bytes that nobody needs, then the body's. */
  function crypt(keys: LeanKeys, nonce: string, text: string): string {
    let counters = "";
    let i = 0;
    while (16 * i < text.length) {
      counters += "\x01" + nonce + bigEndian(i++, 2);
    }
    const bytes = bytesOf(text + "\0\0\0");
    const stream = new Int32Array(crypto.aes.ecb(counters, keys.key));
    i = (text.length + 3) >> 2;
    const words = new Int32Array(bytes.buffer, 0, i);
    while (i--) {
      words[i] ^= stream[i];
    }
    return byteText(bytes).substr(0, text.length);
  }

  function macOf(keys: LeanKeys, nonce: string, piv: number, body: string): string {
    const external = root.externalBefore + head(0, keys.epoch) + head(0, piv) + root.externalBehind;
    const additional = root.structure + head(2, external.length) + external;
    const blocks =
      flags +
      nonce +
      bigEndian(body.length, 2) +
      padded(bigEndian(additional.length, 2) + additional) +
      padded(body);
    const sealed = crypto.aes.cbc(blocks, keys.key);
    return byteText(new Uint8Array(sealed, sealed.byteLength - 16, tagLength));
  }

  /** The common IV XOR the Partial IV at its right end (RFC 9052 §3.1). */
  function nonceOf(iv: string, piv: number): string {
    return iv.substr(0, 9) + bigEndian(numberOf(iv.substr(9)) ^ piv, 4);
  }

  return {
    keysOf(epoch, direction) {
      const info = root.before + head(0, epoch) + root.behind + textItem(direction) + "\x01";
      const keys = crypto.hash(root.outer + crypto.hash(root.inner + info));
      return { epoch: epoch, key: bytesOf(keys.substr(0, 16)), iv: keys.substr(16, 13) };
    },
    closed(keys, piv, body) {
      const nonce = nonceOf(keys.iv, piv);
      const sealed = crypt(keys, nonce, macOf(keys, nonce, piv, body) + zeros.substr(tagLength) + body);
      return sealed.substr(16) + sealed.substr(0, tagLength);
    },
    opened(keys, piv, sealed) {
      const nonce = nonceOf(keys.iv, piv);
      const length = sealed.length - tagLength;
      const whole = crypt(
        keys,
        nonce,
        sealed.substr(length) + zeros.substr(tagLength) + sealed.substr(0, length),
      );
      const body = whole.substr(16);
      const mac = macOf(keys, nonce, piv, body);
      let difference = 0; // in constant time
      for (let i = 0; i < tagLength; i++) {
        difference |= mac.charCodeAt(i) ^ whole.charCodeAt(i);
      }
      return difference === 0 ? body : null;
    },
  };
}

/** Whether the board's crypto gives the answer that another implementation gave, takes it back, and sees that a bit was flipped. */
export function leanTest(
  envelope: LeanEnvelope,
  payload: string,
  direction: string,
  knownAnswer: string,
): boolean {
  const keys = envelope.keysOf(0, direction);
  const sealed = envelope.closed(keys, 0, payload);
  const forged = bigEndian(sealed.charCodeAt(0) ^ 1, 1) + sealed.substr(1);
  return (
    sealed === knownAnswer &&
    envelope.opened(keys, 0, sealed) === payload &&
    envelope.opened(keys, 0, forged) === null
  );
}

/** The unsigned big-endian number in a byte text. */
export function numberOf(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    n = n * 256 + text.charCodeAt(i);
  }
  return n;
}

function padded(text: string): string {
  return text + zeros.substr(0, -text.length & 15);
}
