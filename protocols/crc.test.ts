import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "./bytes.ts";
import { crc32c, crcKermit, crcX25 } from "./crc.ts";

const check = utf8("123456789");

describe("checksums", () => {
  it("give the catalogue's check values", () => {
    expect(crcX25(check, 0, 9)).toBe(0x906e);
    expect(crcKermit(check, 0, 9)).toBe(0x2189);
    expect(crc32c(check, 0, 9, 0)).toBe(0xe3069283);
  });

  it("continue over parts as over the whole", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), (bytes, at) => {
        const cut = bytes.length === 0 ? 0 : at % bytes.length;
        const first = crc32c(bytes, 0, cut, 0);
        expect(crc32c(bytes, cut, bytes.length, first)).toBe(crc32c(bytes, 0, bytes.length, 0));
      }),
    );
  });
});
