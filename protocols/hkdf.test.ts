import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../hil-tests/programs.ts";
import { toHex } from "./bytes.ts";
import { nodeCrypto } from "./crypto-node.ts";
import { hkdf, hkdfLengthMax } from "./hkdf.ts";

/** The bytes first..last, counting up. */
function counting(first: number, last: number): Uint8Array {
  return Uint8Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const wycheproof = dataFolder("vectors/wycheproof");

describe("HKDF", () => {
  it("derives the key of RFC 5869 A.1", () => {
    const material = new Uint8Array(22).fill(0x0b);
    const key = hkdf(nodeCrypto, { material, salt: counting(0, 12), info: counting(0xf0, 0xf9), length: 42 });
    expect(toHex(key)).toBe(
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    );
  });

  it("derives the key of RFC 5869 A.2, with a salt longer than a block", () => {
    const info = counting(0xb0, 0xff);
    const key = hkdf(nodeCrypto, { material: counting(0, 79), salt: counting(0x60, 0xaf), info, length: 82 });
    expect(toHex(key)).toBe(
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09" +
        "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    );
  });

  it("derives the key of RFC 5869 A.3, without salt and info", () => {
    const none = new Uint8Array(0);
    const material = new Uint8Array(22).fill(0x0b);
    expect(toHex(hkdf(nodeCrypto, { material, salt: none, info: none, length: 42 }))).toBe(
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    );
  });

  it("takes a length that it cannot give as the bug it is", () => {
    const some = new Uint8Array(16);
    for (const length of [0, -1, Number.NaN, hkdfLengthMax + 1]) {
      expect(() => hkdf(nodeCrypto, { material: some, salt: some, info: some, length })).toThrow("HKDF");
    }
  });

  const why = wycheproof === null ? " (skipped: DREIHASEN_DATA has no vectors/wycheproof)" : "";
  it.skipIf(wycheproof === null)(`agrees with all 86 HKDF-SHA-256 tests of Wycheproof${why}`, () => {
    const file = JSON.parse(readFileSync(join(wycheproof ?? "", "hkdf_sha256_test.json"), "utf8"));
    let count = 0;
    for (const group of file.testGroups) {
      for (const test of group.tests) {
        const [material, salt, info] = [test.ikm, test.salt, test.info].map((hex) => Buffer.from(hex, "hex"));
        const derive = () => toHex(hkdf(nodeCrypto, { material, salt, info, length: test.size }));
        if (test.result === "invalid") {
          expect(derive, `test ${test.tcId}`).toThrow();
        } else {
          expect(derive(), `test ${test.tcId}`).toBe(test.okm);
        }
        count++;
      }
    }
    expect(count).toBe(86);
  });
});
