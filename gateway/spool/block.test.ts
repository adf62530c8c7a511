import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  blockEnd,
  blockHeaderLength,
  entriesHold,
  entryLength,
  readBlockHeader,
  readEntry,
  resemblesBlock,
  writeBlockHeader,
  writeEntry,
} from "./block.ts";

const salt = 0xc0ffee;

function blockOf(payloads: readonly Uint8Array[], first = 5, time = 1_700_000_000_123): Uint8Array {
  const block = new Uint8Array(
    payloads.reduce((sum, payload) => sum + 10 + payload.length, blockHeaderLength),
  );
  let at = blockHeaderLength;
  for (const payload of payloads) {
    at = writeEntry(block, at, 3, time, payload);
  }
  const length = at - blockHeaderLength;
  writeBlockHeader(block, { epoch: 7, first, count: payloads.length, snapshot: false, length }, salt);
  return block;
}

describe("a commit block", () => {
  it("gives back the entries that were put in", () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 80 }), { minLength: 1, maxLength: 20 });
    const offsets = fc.nat({ max: Number.MAX_SAFE_INTEGER - 100 });
    const times = fc.nat({ max: 2 ** 48 - 1 });
    fc.assert(
      fc.property(payloads, offsets, times, (written, first, time) => {
        const block = blockOf(written, first, time);
        const header = readBlockHeader(block, 0, salt)!;
        expect(header).toMatchObject({ epoch: 7, first, count: written.length, snapshot: false });
        expect(entriesHold(block, 0, header, salt)).toBe(true);
        let at = blockHeaderLength;
        for (const payload of written) {
          const entry = readEntry(block, at, first, first + 1);
          expect(entry).toMatchObject({ kind: 3, time });
          expect([...entry.payload]).toEqual([...payload]);
          at += entryLength(block, at);
        }
        expect(at).toBe(block.length);
      }),
    );
  });

  it("does not hold with any bit flipped, and not when cut", () => {
    const block = blockOf([Uint8Array.of(1, 2, 3), new Uint8Array(40)]);
    const holds = (bytes: Uint8Array): boolean => {
      const header = readBlockHeader(bytes, 0, salt);
      return header !== null && entriesHold(bytes, 0, header, salt);
    };
    expect(holds(block)).toBe(true);
    for (let bit = 0; bit < block.length * 8; bit++) {
      const damaged = block.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      expect(holds(damaged)).toBe(false);
      expect(resemblesBlock(damaged, 0, 7, 5)).toBe(true);
    }
    for (let length = 0; length < block.length; length++) {
      expect(holds(block.subarray(0, length))).toBe(false);
    }
  });

  it("is not taken for one of a ring with another salt", () => {
    expect(readBlockHeader(blockOf([new Uint8Array(4)]), 0, salt + 1)).toBeNull();
  });

  it("is followed by the next one at 16 bytes, or at the next page when that is near", () => {
    expect(blockEnd(4096, 3)).toBe(4096 + 48);
    expect(blockEnd(4096, 4096 - 32 - 300)).toBe(8192);
    expect(blockEnd(8192 - 64, 16)).toBe(8192 - 16);
  });
});
