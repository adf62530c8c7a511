import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCiphers, nodeCrypto } from "../../protocols/crypto-node.ts";
import { selfTest } from "../../protocols/self-test.ts";
import { type Aes, composedCcm } from "./espruino-ccm.ts";
import { hmacOver } from "./espruino-crypto.ts";
import { scriptSha256 } from "./espruino-sha256.ts";

const zero = new Uint8Array(16);
const plain = (bytes: Uint8Array) => new Uint8Array(bytes).buffer as ArrayBuffer;
const bytesOf = (text: string) => Uint8Array.from(text, (one) => one.charCodeAt(0));

/** Whole blocks over node:crypto, as a board gives them; counts its calls. */
function countingAes(): Aes & { calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    cbc: (text, key) => {
      calls.push("cbc");
      return plain(nodeCiphers.aesCbc.encrypt(key, zero, bytesOf(text)));
    },
    ecb: (text, key) => {
      calls.push("ecb");
      const data = bytesOf(text);
      const out = new Uint8Array(data.length);
      for (let at = 0; at < data.length; at += 16) {
        out.set(nodeCiphers.aesCbc.encrypt(key, zero, data.subarray(at, at + 16)), at);
      }
      return out.buffer;
    },
    text: (bytes) => String.fromCharCode(...bytes),
    bytes: bytesOf,
  };
}

/** Ciphertext and tag by OpenSSL's own AES-CCM. */
function openSsl(
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv("aes-128-ccm", key, nonce, { authTagLength: 8 });
  cipher.setAAD(additional, { plaintextLength: payload.length });
  return new Uint8Array(Buffer.concat([cipher.update(payload), cipher.final(), cipher.getAuthTag()]));
}

const bytes = (most: number) => fc.uint8Array({ maxLength: most });
const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe("AES-CCM composed of CBC and ECB", () => {
  it("passes the known answers", () => {
    const crypto = { sha256: nodeCrypto.sha256, hmac: nodeCrypto.hmac, ccm: composedCcm(countingAes()) };
    expect(selfTest(crypto)).toBeNull();
  });

  it("gives what OpenSSL gives, message after message under one key, and opens it again", () => {
    const message = fc.record({ nonce: fixed(13), additional: bytes(70), payload: bytes(300) });
    fc.assert(
      fc.property(fixed(16), fc.array(message, { minLength: 1, maxLength: 6 }), (key, messages) => {
        const ours = composedCcm(countingAes())(key);
        for (const { nonce, additional, payload } of messages) {
          const sealed = ours.seal(nonce, additional, payload);
          expect(sealed).toEqual(openSsl(key, nonce, additional, payload));
          expect(ours.open(nonce, additional, sealed)).toEqual(payload);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("opens nothing with a flipped bit, another header, or less than a tag", () => {
    const cipher = composedCcm(countingAes())(zero);
    const nonce = new Uint8Array(13);
    const header = new Uint8Array([1, 2, 3]);
    const sealed = cipher.seal(nonce, header, new Uint8Array([4, 5, 6, 7, 8]));
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const damaged = new Uint8Array(sealed);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      expect(cipher.open(nonce, header, damaged)).toBeNull();
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(cipher.open(nonce, header, sealed.subarray(0, length))).toBeNull();
    }
    expect(cipher.open(nonce, header.subarray(1), sealed)).toBeNull();
    expect(cipher.open(new Uint8Array(13).fill(1), header, sealed)).toBeNull();
  });

  it("costs one CBC and one ECB call a message, sealed or opened", () => {
    const aes = countingAes();
    const cipher = composedCcm(aes)(zero);
    const sealed = cipher.seal(new Uint8Array(13), new Uint8Array(30), new Uint8Array(150));
    expect(aes.calls.sort()).toEqual(["cbc", "ecb"]);
    cipher.open(new Uint8Array(13), new Uint8Array(30), sealed);
    expect(aes.calls.sort()).toEqual(["cbc", "cbc", "ecb", "ecb"]);
  });
});

describe("HMAC with cached pads", () => {
  it("gives what OpenSSL gives for every key length, message after message", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.array(bytes(200), { minLength: 1, maxLength: 6 }),
        (key, messages) => {
          const ours = hmacOver(nodeCrypto.sha256)(key);
          const theirs = nodeCrypto.hmac(key);
          for (const data of messages) {
            expect(new Uint8Array(ours(data))).toEqual(new Uint8Array(theirs(data)));
          }
        },
      ),
    );
  });
});

describe("SHA-256 in JavaScript", () => {
  it("gives what OpenSSL gives at every length up to three blocks", () => {
    const sha256 = scriptSha256();
    for (let length = 0; length <= 200; length++) {
      const data = new Uint8Array(length).map((_, i) => i * 7 + length);
      expect(sha256(data)).toEqual(nodeCrypto.sha256(data));
    }
  });
});
