import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { highest, includes, insert, insertRange, missing, type Ranges, size, subtract } from "./ranges.ts";

const numbers = fc.array(fc.nat(60), { maxLength: 60 });

describe("ranges of message numbers", () => {
  it("hold exactly what was put in, in whatever order", () => {
    fc.assert(
      fc.property(numbers, (list) => {
        const set = new Set(list);
        const ranges = list.reduce<Ranges>(insert, []);
        for (let n = 0; n <= 61; n++) {
          expect(includes(ranges, n)).toBe(set.has(n));
        }
        expect(size(ranges)).toBe(set.size);
        expect(highest(ranges)).toBe(list.length === 0 ? -1 : Math.max(...list));
      }),
    );
  });

  it("stay ascending, disjoint and joined where they touch", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), fc.nat(9)), { maxLength: 20 }), (list) => {
        const ranges = list.reduce<Ranges>((all, [from, more]) => insertRange(all, from, from + more), []);
        for (let i = 0; i < ranges.length; i++) {
          expect(ranges[i][0]).toBeLessThanOrEqual(ranges[i][1]);
          expect(i === 0 || ranges[i][0] > ranges[i - 1][1] + 1).toBe(true);
        }
        const set = new Set(
          list.flatMap(([from, more]) => Array.from({ length: more + 1 }, (_, i) => from + i)),
        );
        expect(size(ranges)).toBe(set.size);
      }),
    );
  });

  it("name what is missing below the highest", () => {
    fc.assert(
      fc.property(numbers, (list) => {
        const ranges = list.reduce<Ranges>(insert, []);
        const gaps = missing(ranges);
        for (let n = 0; n <= highest(ranges); n++) {
          expect(includes(gaps, n)).toBe(!includes(ranges, n));
        }
        expect(highest(gaps)).toBeLessThan(Math.max(highest(ranges), 0) + 1);
      }),
    );
  });

  it("leave what is in one set and not in the other", () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const left = subtract(a.reduce<Ranges>(insert, []), b.reduce<Ranges>(insert, []));
        for (let n = 0; n <= 61; n++) {
          expect(includes(left, n)).toBe(a.includes(n) && !b.includes(n));
        }
      }),
    );
  });
});
