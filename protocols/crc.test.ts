import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "./bytes.ts";
import { crc8, crc32, crc32c, crcEn13757, crcKermit, crcModbus, crcX25 } from "./crc.ts";
import { crcX25 as crcX25Small } from "./crc-small.ts";

const check = utf8("123456789");

describe("checksums", () => {
  it("give the catalogue's check values", () => {
    expect(crcX25(check, 0, 9)).toBe(0x906e);
    expect(crcKermit(check, 0, 9)).toBe(0x2189);
    expect(crc32c(check, 0, 9, 0)).toBe(0xe3069283);
    expect(crc32(check, 0, 9)).toBe(0xcbf43926);
    expect(crc8(check, 0, 9)).toBe(0xf7);
    expect(crcModbus(check, 0, 9)).toBe(0x4b37);
    expect(crcEn13757(check, 0, 9)).toBe(0xc2b7);
    expect(crc8(new Uint8Array([0xbe, 0xef]), 0, 2)).toBe(0x92);
  });

  it("are the same bit by bit, wherever the bytes begin and however many there are", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat({ max: 8 }), (bytes, from) => {
        let crc = 0xffff;
        for (let i = from; i < bytes.length; i++) {
          crc ^= bytes[i];
          for (let bit = 0; bit < 8; bit++) {
            crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1;
          }
        }
        expect(crcX25(bytes, from, bytes.length)).toBe(crc ^ 0xffff);
        expect(crcX25Small(bytes, from, bytes.length)).toBe(crc ^ 0xffff);
      }),
    );
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
