import { createCipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Aead, Crypto } from "./crypto.ts";
import { nodeCrypto } from "./crypto-node.ts";
import { selfTest } from "./self-test.ts";

/** node:crypto with one thing done wrong. */
function broken(fault: (right: Aead) => Partial<Aead>): Crypto {
  return {
    ...nodeCrypto,
    ccm: (key) => {
      const right = nodeCrypto.ccm(key);
      return { ...right, ...fault(right) };
    },
  };
}

describe("the self-test at start", () => {
  it("passes on node:crypto", () => {
    expect(selfTest(nodeCrypto)).toBeNull();
  });

  it("refuses a cipher that ignores its nonce", () => {
    const fixed = new Uint8Array(13);
    const crypto = broken((right) => ({
      seal: (_, additional, plaintext) => right.seal(fixed, additional, plaintext),
      open: (_, additional, sealed) => right.open(fixed, additional, sealed),
    }));
    expect(selfTest(crypto)).toMatchObject({ fault: "self-test" });
  });

  it("refuses a cipher that ignores its additional data", () => {
    const none = new Uint8Array(1);
    const crypto = broken((right) => ({
      seal: (nonce, _, plaintext) => right.seal(nonce, none, plaintext),
      open: (nonce, _, sealed) => right.open(nonce, none, sealed),
    }));
    expect(selfTest(crypto)).toMatchObject({ fault: "self-test" });
  });

  it("refuses a cipher that opens without looking at the tag", () => {
    const crypto: Crypto = {
      ...nodeCrypto,
      ccm: (key) => ({
        ...nodeCrypto.ccm(key),
        open: (nonce, _, sealed) => {
          const length = sealed.length - 8;
          const counter = new Uint8Array(16);
          counter.set([1, ...nonce, 0, 1]);
          const stream = createCipheriv("aes-128-ctr", key, counter);
          return new Uint8Array(stream.update(sealed.subarray(0, length)));
        },
      }),
    };
    expect(selfTest(crypto)).toMatchObject({ fault: "self-test" });
  });

  it("refuses a cipher that forgets the tag of an empty message", () => {
    const crypto = broken((right) => ({
      open: (nonce, additional, sealed) =>
        sealed.length === 8 ? new Uint8Array(0) : right.open(nonce, additional, sealed),
    }));
    expect(selfTest(crypto)?.detail).toContain("empty");
  });

  it("refuses wrong hashes, and names the part that is wrong", () => {
    const zeros = () => new Uint8Array(32);
    expect(selfTest({ ...nodeCrypto, sha256: zeros })?.detail).toContain("SHA-256");
    expect(selfTest({ ...nodeCrypto, hmac: () => zeros })?.detail).toContain("HMAC");
  });

  it("refuses a platform whose functions throw or are missing", () => {
    const missing = () => {
      throw new Error("Function not found");
    };
    expect(selfTest({ ...nodeCrypto, ccm: missing })).toMatchObject({ fault: "self-test" });
    expect(selfTest({ ...nodeCrypto, sha256: missing })).toMatchObject({ fault: "self-test" });
  });
});
