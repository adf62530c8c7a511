import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "./bytes.ts";
import { isFault } from "./fault.ts";
import { readCompact, tokenLengthMax, writeCompact } from "./pack-compact.ts";
import { type Width, widthMost } from "./quantity.ts";

function written(width: Width, rowLength: number, values: readonly (number | null)[]): Uint8Array {
  const missing = -widthMost(width) - 1;
  const target = new Uint8Array(3 + Math.ceil((values.length * tokenLengthMax(width)) / 2));
  const end = writeCompact(target, 0, {
    body: values.map((value) => value ?? missing),
    rows: values.length / rowLength,
    rowLength,
    missing,
  });
  return target.subarray(0, end);
}

function read(hex: string, width: Width = 16, rowLength = 1) {
  return readCompact(fromHex(hex) as Uint8Array, { rowLength, rowsMax: 1024, width });
}

describe("the compact body", () => {
  it("writes one half byte for a difference of -3 to 3, and for a missing value", () => {
    // Rows: 8 + 0, then 1. Differences: 0, 3, -3, missing, 1, -2, -1, 2.
    expect(toHex(written(16, 1, [0, 3, 0, null, 1, -1, -2, 0]))).toBe("8117603425");
  });

  it("gives back any table, in no more than its declared length", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Width[]>(8, 16, 32),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 40 }),
        fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })),
        (width, rowLength, rows, numbers) => {
          const most = widthMost(width);
          const values = Array.from({ length: rowLength * rows }, () => {
            const number = numbers.next().value ?? 0;
            return Math.abs(number) < 1e-3 ? null : Math.round(number * most) + 0;
          });
          const bytes = written(width, rowLength, values);
          expect(readCompact(bytes, { rowLength, rowsMax: 1024, width })).toEqual(values);
        },
      ),
    );
  });

  it.each<Width>([8, 16, 32])("holds the widest differences of %i bits", (width) => {
    const most = widthMost(width);
    const values = [most, -most, most, null, -most];
    const bytes = written(width, 1, values);
    expect(readCompact(bytes, { rowLength: 1, rowsMax: 1024, width })).toEqual(values);
    expect(bytes.length).toBeLessThanOrEqual(Math.ceil((1 + 5 * tokenLengthMax(width)) / 2));
  });

  it.each([
    ["nothing at all", ""],
    ["no rows", "00"],
    ["more rows than allowed", "988201"], // 9 8 8 2: 1 + 0 + 0 + 2 x 512 = 1025
    ["more rows than bytes", "f711"],
    ["a row count without end", "ffffffffffffffff"],
    ["a token that is cut off", "19"],
    ["a token longer than its width allows", "19999999"],
    ["a varint longer than it must be", "1901"],
    ["bytes after the last value", "1100"],
    ["a half byte left over that is not 0", "2111"],
  ])("with %s is refused", (_, hex) => {
    expect(isFault(read(hex))).toBe(true);
  });
});
