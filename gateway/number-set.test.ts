import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { insert, insertRange, type Ranges } from "../protocols/ranges.ts";
import { NumberSet } from "./number-set.ts";

const few = fc.nat(60);

describe("a set of message numbers", () => {
  it("holds the same ranges, whatever the order in which the numbers come", () => {
    fc.assert(
      fc.property(fc.array(few, { maxLength: 80 }), (numbers) => {
        const set = new NumberSet();
        let expected: Ranges = [];
        for (const n of numbers) {
          set.add(n);
          expected = insert(expected, n);
          expect(set.ranges()).toEqual(expected);
        }
        for (let n = 0; n <= 61; n++) {
          expect(set.has(n)).toBe(numbers.includes(n));
        }
      }),
    );
  });

  it("takes ranges that overlap, touch or stand alone", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(few, fc.nat(9)), { maxLength: 30 }), (ranges) => {
        const set = new NumberSet();
        let expected: Ranges = [];
        for (const [from, length] of ranges) {
          set.addRange(from, from + length);
          expected = insertRange(expected, from, from + length);
        }
        expect(set.ranges()).toEqual(expected);
      }),
    );
  });

  it("closes its oldest gaps to stay within a bound, names them, and keeps the newer ones", () => {
    fc.assert(
      fc.property(fc.array(few, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (numbers, most) => {
        const set = new NumberSet();
        for (const n of numbers) {
          set.add(n);
        }
        const before = set.ranges();
        const filled = set.bound(most);
        const after = set.ranges();
        expect(after).toHaveLength(Math.min(before.length, most));
        expect(filled).toHaveLength(before.length - after.length);
        expect(filled.reduce((all, [from, to]) => insertRange(all, from, to), before)).toEqual(after);
        expect(after.slice(1)).toEqual(before.slice(filled.length + 1));
      }),
    );
  });
});
