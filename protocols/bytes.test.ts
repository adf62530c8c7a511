import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, concat, equal, fromHex, fromUtf8, toHex, utf8 } from "./bytes.ts";

describe("bytes", () => {
  it("read and write hexadecimal text", () => {
    expect(fromHex("1B 1b\n01")).toEqual(new Uint8Array([0x1b, 0x1b, 0x01]));
    for (const text of ["1", "zz", "1b1", "0x1b"]) {
      expect(fromHex(text), text).toBeNull();
    }
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
  });

  it("carry every text through UTF-8 as the platform's own encoder does", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(utf8(text)).toEqual(new TextEncoder().encode(text));
        expect(fromUtf8(utf8(text))).toBe(text);
      }),
    );
  });

  it("refuse bytes that are not well-formed UTF-8, as the platform's strict decoder does", () => {
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const reference = (bytes: Uint8Array): string | null => {
      try {
        return strict.decode(bytes);
      } catch {
        return null;
      }
    };
    const likely = fc.array(
      fc.constantFrom(0x41, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xa0, 0xed, 0xf0, 0x90, 0xf4, 0x8f, 0xff),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(likely, (values) => {
        const bytes = new Uint8Array(values);
        expect(fromUtf8(bytes)).toBe(reference(bytes));
      }),
      { numRuns: 5000 },
    );
  });

  it("join, compare and order", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(Buffer.from(concat([a, b]))).toEqual(Buffer.concat([a, b]));
        expect(equal(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(Math.sign(compare(a, b))).toBe(Buffer.compare(a, b));
      }),
    );
  });
});
