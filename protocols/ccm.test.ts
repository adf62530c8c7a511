import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat } from "./bytes.ts";
import { openCcm, sealCcm } from "./ccm.ts";
import { nodeCiphers } from "./crypto-node.ts";

const bytes = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max });

describe("AES-CCM with short tags", () => {
  it("seals as OpenSSL does, and opens what it sealed", () => {
    fc.assert(
      fc.property(
        bytes(16, 16),
        bytes(13, 13),
        bytes(1, 100),
        fc.constantFrom(4, 8, 16),
        (key, nonce, plaintext, tagLength) => {
          const theirs = createCipheriv("aes-128-ccm", key, nonce, { authTagLength: tagLength });
          const expected = concat([theirs.update(plaintext), theirs.final(), theirs.getAuthTag()]);
          const sealed = sealCcm(nodeCiphers, { key, nonce }, plaintext, tagLength);
          expect(sealed).toEqual(expected);
          const opened = openCcm(
            nodeCiphers,
            { key, nonce },
            sealed.subarray(0, plaintext.length),
            sealed.subarray(plaintext.length),
          );
          expect(opened).toEqual(plaintext);
        },
      ),
    );
  });
});
