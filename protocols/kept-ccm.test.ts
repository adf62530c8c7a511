import { createCipheriv, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "./crypto-node.ts";

/** One message by node:crypto's own AES-CCM. */
function sealedByNode(
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const sealing = createCipheriv("aes-128-ccm", key, nonce, { authTagLength: 8 });
  sealing.setAAD(additional, { plaintextLength: plaintext.length });
  const sealed = Buffer.concat([sealing.update(plaintext), sealing.final()]);
  return new Uint8Array(Buffer.concat([sealed, sealing.getAuthTag()]));
}

function numbered(number: number): Uint8Array {
  return Uint8Array.from([...new Uint8Array(12), number]);
}

describe("AES-CCM of ciphers that stay open", () => {
  it("is node:crypto's own at every length up to 600 bytes, message after message under one key", () => {
    const key = randomBytes(16);
    const cipher = nodeCrypto.ccm(key);
    for (let length = 1; length <= 600; length++) {
      const [nonce, additional, plaintext] = [
        randomBytes(13),
        randomBytes(1 + (length % 50)),
        randomBytes(length),
      ];
      const sealed = sealedByNode(key, nonce, additional, plaintext);
      expect(cipher.seal(nonce, additional, plaintext)).toEqual(sealed);
      expect(cipher.open(nonce, additional, sealed)).toEqual(new Uint8Array(plaintext));
    }
  });

  it("is so whatever came before, refused messages and other keys among it", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            key: fc.nat(2),
            length: fc.integer({ min: 1, max: 200 }),
            flip: fc.option(fc.nat()),
          }),
          { minLength: 1, maxLength: 30 },
        ),
        (messages) => {
          const keys = [0, 1, 2].map(() => randomBytes(16));
          const ciphers = keys.map((key) => nodeCrypto.ccm(key));
          for (const { key, length, flip } of messages) {
            const [nonce, additional, plaintext] = [randomBytes(13), randomBytes(30), randomBytes(length)];
            const sealed = sealedByNode(keys[key], nonce, additional, plaintext);
            if (flip !== null) {
              sealed[(flip >> 3) % sealed.length] ^= 1 << (flip & 7);
            }
            const opened = ciphers[key].open(nonce, additional, sealed);
            expect(opened).toEqual(flip === null ? new Uint8Array(plaintext) : null);
          }
        },
      ),
    );
  });

  it("is so for numbers that follow each other, come again or out of turn, under more keys than have streams made ahead", () => {
    const keys = Array.from({ length: 80 }, () => randomBytes(16));
    const message = fc.record({
      key: fc.nat(79),
      number: fc.nat(40),
      length: fc.integer({ min: 1, max: 200 }),
    });
    const burst = fc
      .record({
        key: fc.nat(79),
        from: fc.nat(40),
        count: fc.integer({ min: 2, max: 20 }),
        length: fc.nat(150),
      })
      .map(({ key, from, count, length }) =>
        Array.from({ length: count }, (_, i) => ({ key, number: from + i, length: 1 + length + (i % 3) })),
      );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(burst, fc.array(message, { minLength: 1, maxLength: 3 })), { maxLength: 30 }),
        (parts) => {
          const ciphers = keys.map((key) => nodeCrypto.ccm(key));
          for (const { key, number, length } of parts.flat()) {
            const nonce = Uint8Array.from([...new Uint8Array(11), 0xa7, 0x5a ^ number]);
            const [additional, plaintext] = [randomBytes(30), randomBytes(length)];
            const sealed = sealedByNode(keys[key], nonce, additional, plaintext);
            // The same number again, as a resent message has it.
            for (const opened of [1, 2].map(() => ciphers[key].open(nonce, additional, sealed))) {
              expect(opened).toEqual(new Uint8Array(plaintext));
            }
          }
        },
      ),
    );
  });

  it("gives each message memory of its own", () => {
    const cipher = nodeCrypto.ccm(new Uint8Array(16));
    const nonce = new Uint8Array(13);
    const first = cipher.seal(nonce, new Uint8Array(1), new Uint8Array([1, 2, 3]));
    const copy = new Uint8Array(first);
    cipher.seal(nonce, new Uint8Array(1), new Uint8Array([4, 5, 6]));
    expect(first).toEqual(copy);

    const sealed = [1, 2, 3].map((number) =>
      sealedByNode(new Uint8Array(16), numbered(number), new Uint8Array(1), new Uint8Array([number, number])),
    );
    const opened = sealed.map((each, i) => cipher.open(numbered(i + 1), new Uint8Array(1), each));
    expect(opened).toEqual([1, 2, 3].map((number) => new Uint8Array([number, number])));
  });

  it("takes no nonce, additional data or message of another size", () => {
    const cipher = nodeCrypto.ccm(new Uint8Array(16));
    expect(() => cipher.seal(new Uint8Array(12), new Uint8Array(1), new Uint8Array(1))).toThrow("13 bytes");
    expect(() => cipher.seal(new Uint8Array(13), new Uint8Array(0), new Uint8Array(1))).toThrow("additional");
    expect(() => cipher.seal(new Uint8Array(13), new Uint8Array(1), new Uint8Array(65_536))).toThrow("two");
    expect(cipher.open(new Uint8Array(13), new Uint8Array(1), new Uint8Array(65_545))).toBeNull();
  });
});
