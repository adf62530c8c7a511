import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCbor } from "./cbor.ts";
import { bytesOf, byteText, head, readSmall, textItem } from "./cbor-small.ts";

const ascii = fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)) });
const leaf = fc.oneof(
  fc.maxSafeNat().map((n) => n % 9e15),
  fc.nat(70_000),
  ascii,
  fc.constant(null),
);
const message = fc.array(fc.oneof(leaf, fc.array(fc.oneof(leaf, fc.array(leaf)))));

describe("the CBOR of small devices", () => {
  it("has the heads and texts of any other deterministic CBOR", () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(70_000), fc.nat(300)), ascii, (n, text) => {
        expect(bytesOf(head(0, n))).toEqual(encodeCbor(n));
        expect(bytesOf(textItem(text))).toEqual(encodeCbor(text));
      }),
    );
  });

  it("is read back as it was written", () => {
    fc.assert(
      fc.property(message, (value) => {
        expect(readSmall(encodeCbor(value))).toEqual(value);
      }),
    );
  });

  it("is refused in every prefix, and never thrown at", () => {
    fc.assert(
      fc.property(message, (value) => {
        const bytes = encodeCbor(value);
        for (let length = 0; length < bytes.length; length++) {
          expect(readSmall(bytes.subarray(0, length))).toBeUndefined();
        }
      }),
    );
  });

  it("is read from any bytes only where they are its one encoding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const value = readSmall(bytes);
        if (value !== undefined && !/[^\x20-\x7e]/.test(JSON.stringify(value))) {
          const again = value as Parameters<typeof encodeCbor>[0];
          expect(byteText(encodeCbor(again))).toBe(byteText(bytes));
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    ["a number in a longer form than it needs", "\x18\x05"],
    ["an array of no end", "\x9f\x01\xff"],
    ["arrays too deep", "\x81\x81\x81\x81\x81\x01"],
    ["a map", "\xa0"],
    ["a byte string", "\x41a"],
    ["a negative number", "\x20"],
    ["an array longer than its bytes", "\x9b\x00\x1f\xff\xff\xff\xff\xff\xff"],
    ["something behind the value", "\x01\x01"],
  ])("is not %s", (_what, text) => {
    expect(readSmall(bytesOf(text))).toBeUndefined();
  });
});
