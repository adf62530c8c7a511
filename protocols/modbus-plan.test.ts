import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holds, planReads, type ReadLimits, type Span } from "./modbus-plan.ts";

/** Spans that do not overlap, as a map has them. */
const spans: fc.Arbitrary<readonly Span[]> = fc
  .array(
    fc.record({
      gap: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 60 })),
      count: fc.constantFrom(1, 2, 4),
      table: fc.constantFrom("holding" as const, "input" as const),
    }),
    { maxLength: 40 },
  )
  .map((rows) => {
    const next = { holding: 0, input: 0 };
    return rows.map(({ gap, count, table }) => {
      const address = next[table] + gap;
      next[table] = address + count;
      return { table, address, count };
    });
  });

const limits: fc.Arbitrary<ReadLimits> = fc.record({
  countMax: fc.oneof(fc.integer({ min: 4, max: 125 }), fc.constant(125)),
  gapMax: fc.nat({ max: 40 }),
  holes: fc.array(
    fc.tuple(fc.nat({ max: 900 }), fc.nat({ max: 5 })).map(([from, more]) => [from, from + more] as const),
    { maxLength: 8 },
  ),
});

function forbidden(read: Span, wanted: readonly Span[], { holes, gapMax }: ReadLimits): boolean {
  let gap = 0;
  for (let at = read.address; at < read.address + read.count; at++) {
    const isWanted = wanted.some((span) => holds(span, { table: read.table, address: at, count: 1 }));
    const isHole = holes.some(([from, to]) => from <= at && at <= to);
    gap = isWanted ? 0 : gap + 1;
    if (gap > gapMax || (isHole && !isWanted)) {
      return true;
    }
  }
  return false;
}

/** The least number of reads, found by trying every way to cut the sorted row of spans. */
function fewest(wanted: readonly Span[], bounds: ReadLimits): number {
  let reads = 0;
  for (const table of ["holding", "input"] as const) {
    const row = wanted.filter((span) => span.table === table).sort((a, b) => a.address - b.address);
    const best = [0];
    for (let to = 1; to <= row.length; to++) {
      best[to] = Number.POSITIVE_INFINITY;
      for (let from = 0; from < to; from++) {
        const address = row[from]!.address;
        const read = { table, address, count: row[to - 1]!.address + row[to - 1]!.count - address };
        if (from === to - 1 || (read.count <= bounds.countMax && !forbidden(read, row, bounds))) {
          best[to] = Math.min(best[to]!, best[from]! + 1);
        }
      }
    }
    reads += best[row.length]!;
  }
  return reads;
}

describe("the plan of what to read at once", () => {
  it("holds every wanted span in exactly one read, within the limits and over no hole", () => {
    fc.assert(
      fc.property(spans, limits, (wanted, bounds) => {
        const reads = planReads(wanted, bounds);
        for (const span of wanted) {
          expect(reads.filter((read) => holds(read, span))).toHaveLength(1);
        }
        for (const read of reads) {
          expect(read.count).toBeLessThanOrEqual(bounds.countMax);
          expect(forbidden(read, wanted, bounds)).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("needs as few reads as there can be", () => {
    fc.assert(
      fc.property(spans, limits, (wanted, bounds) => {
        expect(planReads(wanted, bounds).length).toBe(fewest(wanted, bounds));
      }),
      { numRuns: 300 },
    );
  });

  it("does not depend on the order in which spans are named, nor on one named twice", () => {
    fc.assert(
      fc.property(spans, limits, (wanted, bounds) => {
        const others = [...wanted, ...wanted].reverse();
        expect(planReads(others, bounds)).toEqual(planReads(wanted, bounds));
      }),
    );
  });
});
