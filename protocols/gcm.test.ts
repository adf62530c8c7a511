import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromHex, toHex } from "./bytes.ts";
import { nodeCiphers } from "./crypto-node.ts";
import { openGcm, sealGcm } from "./gcm.ts";

/** McGrew and Viega, The Galois/Counter Mode of Operation, appendix B, test cases 2 to 4. */
const cases = [
  {
    key: "00000000000000000000000000000000",
    nonce: "000000000000000000000000",
    additional: "",
    plaintext: "00000000000000000000000000000000",
    sealed: "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf",
  },
  {
    key: "feffe9928665731c6d6a8f9467308308",
    nonce: "cafebabefacedbaddecaf888",
    additional: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    plaintext:
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    sealed:
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091" +
      "5bc94fbc3221a5db94fae95ae7121a47",
  },
];

const bytes = (length: { min: number; max: number }) =>
  fc.uint8Array({ minLength: length.min, maxLength: length.max });

describe("AES-GCM", () => {
  it.each(cases)("seals and opens the published vector under key $key", (one) => {
    const seal = { key: fromHex(one.key)!, nonce: fromHex(one.nonce)!, additional: fromHex(one.additional)! };
    const plaintext = fromHex(one.plaintext)!;
    const sealed = sealGcm(nodeCiphers, seal, plaintext, 16);
    expect(toHex(sealed)).toBe(one.sealed);
    expect(openGcm(nodeCiphers, seal, sealed.subarray(0, -16), sealed.subarray(-16))).toEqual(plaintext);
  });

  it("seals as OpenSSL does, with tags of 12 to 16 bytes", () => {
    fc.assert(
      fc.property(
        bytes({ min: 16, max: 16 }),
        bytes({ min: 12, max: 12 }),
        bytes({ min: 0, max: 40 }),
        bytes({ min: 1, max: 100 }),
        fc.integer({ min: 12, max: 16 }),
        (key, nonce, additional, plaintext, tagLength) => {
          const theirs = createCipheriv("aes-128-gcm", key, nonce, { authTagLength: tagLength });
          theirs.setAAD(additional);
          const expected = concat([theirs.update(plaintext), theirs.final(), theirs.getAuthTag()]);
          expect(sealGcm(nodeCiphers, { key, nonce, additional }, plaintext, tagLength)).toEqual(expected);
        },
      ),
    );
  });

  it("opens nothing of which a bit was flipped", () => {
    const seal = {
      key: new Uint8Array(16).fill(1),
      nonce: new Uint8Array(12),
      additional: Uint8Array.of(0x30),
    };
    const sealed = sealGcm(nodeCiphers, seal, new Uint8Array(20).fill(7), 12);
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const wrong = Uint8Array.from(sealed);
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      expect(openGcm(nodeCiphers, seal, wrong.subarray(0, -12), wrong.subarray(-12))).toBeNull();
    }
  });
});
