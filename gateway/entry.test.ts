import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFault } from "../protocols/fault.ts";
import { decodeLosses, encodeLosses } from "./entry.ts";
import type { LossState } from "./losses.ts";

const whole = fc.nat({ max: 4_294_967_295 });
const time = fc.integer({ min: -1_000_000, max: 4_000_000_000_000 });
const losses: fc.Arbitrary<LossState> = fc.record({
  epochs: fc.array(
    fc.record({
      kid: fc.nat({ max: 65_535 }),
      epoch: fc.nat({ max: 65_535 }),
      ending: fc.option(fc.record({ last: fc.option(whole), before: time })),
      told: fc.array(fc.tuple(whole, whole), { maxLength: 4 }),
      openEnded: fc.boolean(),
    }),
    { maxLength: 5 },
  ),
  rowsDropped: fc.array(fc.tuple(fc.string(), whole), { maxLength: 3 }),
});

describe("what is missing, as a snapshot holds it", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(losses, (state) => {
        expect(decodeLosses(encodeLosses(state))).toEqual(state);
      }),
    );
  });

  it("is a Fault where it is cut short", () => {
    fc.assert(
      fc.property(losses, (state) => {
        const bytes = encodeLosses(state);
        for (let length = 0; length < bytes.length; length++) {
          expect(isFault(decodeLosses(bytes.subarray(0, length)))).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("holds numbers where numbers belong, whichever bit is flipped", () => {
    fc.assert(
      fc.property(losses, (state) => {
        const bytes = encodeLosses(state);
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          const flipped = bytes.slice();
          flipped[bit >> 3] ^= 1 << (bit & 7);
          const read = decodeLosses(flipped);
          const epochs = isFault(read) ? [] : read.epochs;
          expect(
            epochs.every(({ kid, epoch, told }) => [kid, epoch, ...told.flat()].every(Number.isFinite)),
          ).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("is read in the form that it had at first", () => {
    const state: LossState = {
      epochs: [{ kid: 1, epoch: 2, ending: { last: null, before: 5.5 }, told: [[3, 4]], openEnded: true }],
      rowsDropped: [["urn:dev:ops:pb-test-meter-1", 7]],
    };
    expect(decodeLosses(new TextEncoder().encode(JSON.stringify(state)))).toEqual(state);
  });
});
