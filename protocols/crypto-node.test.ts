import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../hil-tests/programs.ts";
import { fromHex, toHex, utf8 } from "./bytes.ts";
import { nodeCrypto } from "./crypto-node.ts";

function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === null) {
    throw new Error(`not hexadecimal: ${text}`);
  }
  return bytes;
}

const wycheproof = dataFolder("vectors/wycheproof");
const why = wycheproof === null ? " (skipped: DREIHASEN_DATA has no vectors/wycheproof)" : "";

function* wycheproofTests(file: string) {
  for (const group of JSON.parse(readFileSync(join(wycheproof ?? "", file), "utf8")).testGroups) {
    for (const test of group.tests) {
      yield { group, test };
    }
  }
}

describe("HMAC-SHA-256 over node:crypto", () => {
  it("gives the tags of RFC 4231, cases 1 to 7", () => {
    const long = "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d204861736820";
    const longer =
      "This is a test using a larger than block-size key and a larger than block-size data. " +
      "The key needs to be hashed before being used by the HMAC algorithm.";
    const cases: [Uint8Array, Uint8Array, string][] = [
      [
        hex("0b".repeat(20)),
        utf8("Hi There"),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      ],
      [
        utf8("Jefe"),
        utf8("what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      ],
      [
        hex("aa".repeat(20)),
        hex("dd".repeat(50)),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
      ],
      [
        hex("0102030405060708090a0b0c0d0e0f10111213141516171819"),
        hex("cd".repeat(50)),
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
      ],
      [hex("0c".repeat(20)), utf8("Test With Truncation"), "a3b6167473100ee06e0c796c2955552b"],
      [
        hex("aa".repeat(131)),
        hex(`${long}4b6579204669727374`),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      ],
      [
        hex("aa".repeat(131)),
        utf8(longer),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
      ],
    ];
    for (const [key, data, tag] of cases) {
      expect(toHex(nodeCrypto.hmac(key)(data)).slice(0, tag.length)).toBe(tag);
    }
  });

  it.skipIf(wycheproof === null)(
    `agrees with all 174 HMAC tests of Wycheproof: 168 through the port, 6 with longer keys beside it${why}`,
    () => {
      let throughPort = 0;
      let beside = 0;
      for (const { group, test } of wycheproofTests("hmac_sha256_test.json")) {
        const [key, message] = [hex(test.key), hex(test.msg)];
        const fits = group.keySize <= 512;
        const whole = fits
          ? nodeCrypto.hmac(key)(message)
          : createHmac("sha256", key).update(message).digest();
        const agrees = toHex(whole).slice(0, group.tagSize / 4) === test.tag;
        expect(agrees, `test ${test.tcId}`).toBe(test.result === "valid");
        fits ? throughPort++ : beside++;
      }
      expect([throughPort, beside]).toEqual([168, 6]);
    },
  );
});

// RFC 3610 §8, the 12 packet vectors with 13-byte nonce and 8-byte tag: key, nonce, header, plaintext, sealed.
const key1 = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"; // vectors 1 to 6
const key2 = "d7828d13b2b0bdc325a76236df93cc6b"; // vectors 13 to 18
const counting = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";
const rfc3610: [string, string, string, string, string][] = [
  [
    key1,
    "00000003020100a0a1a2a3a4a5",
    counting.slice(0, 16),
    counting.slice(16, 62),
    "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0",
  ],
  [
    key1,
    "00000004030201a0a1a2a3a4a5",
    counting.slice(0, 16),
    counting.slice(16, 64),
    "72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916",
  ],
  [
    key1,
    "00000005040302a0a1a2a3a4a5",
    counting.slice(0, 16),
    counting.slice(16, 66),
    "51b1e5f44a197d1da46b0f8e2d282ae871e838bb64da8596574adaa76fbd9fb0c5",
  ],
  [
    key1,
    "00000006050403a0a1a2a3a4a5",
    counting.slice(0, 24),
    counting.slice(24, 62),
    "a28c6865939a9a79faaa5c4c2a9d4a91cdac8c96c861b9c9e61ef1",
  ],
  [
    key1,
    "00000007060504a0a1a2a3a4a5",
    counting.slice(0, 24),
    counting.slice(24, 64),
    "dcf1fb7b5d9e23fb9d4e131253658ad86ebdca3e51e83f077d9c2d93",
  ],
  [
    key1,
    "00000008070605a0a1a2a3a4a5",
    counting.slice(0, 24),
    counting.slice(24, 66),
    "6fc1b011f006568b5171a42d953d469b2570a4bd87405a0443ac91cb94",
  ],
  [
    key2,
    "00412b4ea9cdbe3c9696766cfa",
    "0be1a88bace018b1",
    "08e8cf97d820ea258460e96ad9cf5289054d895ceac47c",
    "4cb97f86a2a4689a877947ab8091ef5386a6ffbdd080f8e78cf7cb0cddd7b3",
  ],
  [
    key2,
    "0033568ef7b2633c9696766cfa",
    "63018f76dc8a1bcb",
    "9020ea6f91bdd85afa0039ba4baff9bfb79c7028949cd0ec",
    "4ccb1e7ca981befaa0726c55d378061298c85c92814abc33c52ee81d7d77c08a",
  ],
  [
    key2,
    "00103fe41336713c9696766cfa",
    "aa6cfa36cae86b40",
    "b916e0eacc1c00d7dcec68ec0b3bbb1a02de8a2d1aa346132e",
    "b1d23a2220ddc0ac900d9aa03c61fcf4a559a4417767089708a776796edb723506",
  ],
  [
    key2,
    "00764c63b8058e3c9696766cfa",
    "d0d0735c531e1becf049c244",
    "12daac5630efa5396f770ce1a66b21f7b2101c",
    "14d253c3967b70609b7cbb7c499160283245269a6f49975bcadeaf",
  ],
  [
    key2,
    "00f8b678094e3b3c9696766cfa",
    "77b60f011c03e1525899bcae",
    "e88b6a46c78d63e52eb8c546efb5de6f75e9cc0d",
    "5545ff1a085ee2efbf52b2e04bee1e2336c73e3f762c0c7744fe7e3c",
  ],
  [
    key2,
    "00d560912d3f703c9696766cfa",
    "cd9044d2b71fdb8120ea60c0",
    "6435acbafb11a82e2f071d7ca4a5ebd93a803ba87f",
    "009769ecabdf48625594c59251e6035722675e04c847099e5ae0704551",
  ],
];

describe("AES-CCM over node:crypto", () => {
  it("seals and opens the 12 packets of RFC 3610 that have our nonce and tag", () => {
    for (const [key, nonce, header, plaintext, sealed] of rfc3610) {
      const cipher = nodeCrypto.ccm(hex(key));
      expect(toHex(cipher.seal(hex(nonce), hex(header), hex(plaintext)))).toBe(sealed);
      expect(cipher.open(hex(nonce), hex(header), hex(sealed))).toEqual(hex(plaintext));
    }
  });

  it("refuses what is shorter than a tag, and every changed bit of message, header and nonce", () => {
    for (const [key, nonce, header, , sealed] of rfc3610.slice(5, 7)) {
      const cipher = nodeCrypto.ccm(hex(key));
      const parts = [hex(nonce), hex(header), hex(sealed)] as const;
      for (const part of parts) {
        for (let bit = 0; bit < 8 * part.length; bit++) {
          part[bit >> 3] ^= 1 << (bit & 7);
          expect(cipher.open(...parts)).toBeNull();
          part[bit >> 3] ^= 1 << (bit & 7);
        }
      }
      for (let length = 0; length < 8; length++) {
        expect(cipher.open(parts[0], parts[1], new Uint8Array(length))).toBeNull();
      }
    }
  });

  it("seals an empty message with a tag that counts, wherever the empty array comes from", () => {
    const cipher = nodeCrypto.ccm(new Uint8Array(16));
    const [nonce, header, tag] = [new Uint8Array(13), new Uint8Array(5), hex("9c7f834fe43966df")];
    const noAddress = new Uint8Array(new ArrayBuffer(0)).subarray(0);
    for (const empty of [new Uint8Array(0), noAddress, Buffer.alloc(0), new Uint8Array(100).subarray(7, 7)]) {
      expect(cipher.seal(nonce, header, empty)).toEqual(tag);
    }
    expect(cipher.open(nonce, header, tag)).toEqual(new Uint8Array(0));
    for (let bit = 0; bit < 64; bit++) {
      const damaged = new Uint8Array(tag);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      expect(cipher.open(nonce, header, damaged)).toBeNull();
    }
  });

  it.skipIf(wycheproof === null)(
    `agrees with all 552 AES-CCM tests of Wycheproof; none has our nonce and tag, so all go beside the port${why}`,
    () => {
      let count = 0;
      for (const { group, test } of wycheproofTests("aes_ccm_test.json")) {
        expect(group.ivSize === 104 && group.tagSize === 64).toBe(false);
        expect(ccmAgrees(group, test), `test ${test.tcId}`).toBe(test.result === "valid");
        count++;
      }
      expect(count).toBe(552);
    },
  );
});

interface CcmTest {
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
}

/** Whether node:crypto seals to the test's bytes and opens them again, with the group's sizes. */
function ccmAgrees(group: { keySize: number; tagSize: number }, test: CcmTest): boolean {
  const options = { authTagLength: group.tagSize / 8 };
  const name = `aes-${group.keySize}-ccm` as "aes-128-ccm";
  try {
    const plaintextLength = test.msg.length / 2;
    const sealing = createCipheriv(name, hex(test.key), hex(test.iv), options);
    sealing.setAAD(hex(test.aad), { plaintextLength });
    const sealed = toHex(sealing.update(hex(test.msg)));
    sealing.final();
    const opening = createDecipheriv(name, hex(test.key), hex(test.iv), options);
    opening.setAuthTag(hex(test.tag));
    opening.setAAD(hex(test.aad), { plaintextLength });
    const opened = toHex(opening.update(hex(test.ct)));
    opening.final();
    return sealed === test.ct && toHex(sealing.getAuthTag()) === test.tag && opened === test.msg;
  } catch {
    return false;
  }
}
