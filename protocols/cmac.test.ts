import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "./bytes.ts";
import { aesCmac } from "./cmac.ts";
import { nodeCiphers } from "./crypto-node.ts";

const key = fromHex("2b7e151628aed2a6abf7158809cf4f3c")!;
const message =
  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

describe("AES-CMAC", () => {
  it.each([
    [0, "bb1d6929e95937287fa37d129b756746"],
    [16, "070a16b46b4d4144f79bdd9dd04a287c"],
    [40, "dfa66747de9ae63030ca32611497c827"],
    [64, "51f0bebf7e3b9d92fc49741779363cfe"],
  ])("gives the tag of RFC 4493 for %i bytes", (length, tag) => {
    expect(toHex(aesCmac(nodeCiphers, key, fromHex(message.slice(0, 2 * length))!))).toBe(tag);
  });
});

describe("the meters' ciphers", () => {
  it("are AES and DES as NIST has them", () => {
    // SP 800-38A F.2.1 and F.5.1, FIPS 81 table C1.
    const iv = fromHex("000102030405060708090a0b0c0d0e0f")!;
    const block = fromHex("6bc1bee22e409f96e93d7e117393172a")!;
    const sealed = nodeCiphers.aesCbc.encrypt(key, iv, block);
    expect(toHex(sealed)).toBe("7649abac8119b246cee98e9b12e9197d");
    expect(toHex(nodeCiphers.aesCbc.decrypt(key, iv, sealed))).toBe(toHex(block));
    const counter = fromHex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")!;
    expect(toHex(nodeCiphers.aesCtr(key, counter, block))).toBe("874d6191b620e3261bef6864990db6ce");
    const des = fromHex("0123456789abcdef")!;
    const text = fromHex("4e6f77206973207468652074696d6520666f7220616c6c20")!;
    const secret = nodeCiphers.desCbc.encrypt(des, fromHex("1234567890abcdef")!, text);
    expect(toHex(secret)).toBe("e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6");
    expect(toHex(nodeCiphers.desCbc.decrypt(des, fromHex("1234567890abcdef")!, secret))).toBe(toHex(text));
  });
});
