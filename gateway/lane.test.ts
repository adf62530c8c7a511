import { beforeEach, describe, expect, it } from "vitest";
import type { Batch, Span } from "./batches.ts";
import { Lane } from "./lane.ts";

/** Offsets of the entries there are, each one record. */
let there: Set<number>;
let recordsMax: number;
let reads: number;

beforeEach(() => {
  there = new Set(Array.from({ length: 10 }, (_, offset) => offset));
  recordsMax = 4;
  reads = 0;
});

function read({ from, to, entries }: Span): Batch | null {
  reads++;
  const found = [...there]
    .filter((offset) => offset >= from && offset < to)
    .slice(0, Math.min(entries, recordsMax));
  if (found.length === 0) {
    return null;
  }
  const records = found.map((offset) => ({ dh: String(offset) }) as never);
  const next = found.at(-1)! + 1;
  return {
    from,
    next,
    entries: found.length,
    records: found.length,
    gaps: 0,
    content: { records, gaps: [] },
    state: "ready",
  };
}

function lane(): Lane {
  return new Lane({ from: 0, to: 10 }, 100, read);
}

/** Gives the batch to a sink, as the forwarder does; the offsets in it. */
function send(batch: Batch | null): number[] {
  const sent = batch?.content?.records.map(({ dh }) => Number(dh)) ?? [];
  Object.assign(batch ?? {}, { content: null, state: "sent" });
  return sent;
}

describe("a lane", () => {
  it("reads what failed again, and only that", () => {
    const one = lane();
    const first = one.next();
    expect(send(first)).toEqual([0, 1, 2, 3]);
    const later = one.next();
    expect(send(later)).toEqual([4, 5, 6, 7]);
    one.confirm(later!);
    one.retry(first!);
    expect(one.position).toBe(0);
    const again = one.next();
    expect(send(again)).toEqual([0, 1, 2, 3]);
    one.confirm(again!);
    expect(one.position).toBe(8);
  });

  it("gives what failed in smaller batches when less is wanted by then", () => {
    const one = lane();
    const first = one.next();
    send(first);
    one.retry(first!);
    recordsMax = 2;
    expect(send(one.next())).toEqual([0, 1]);
    expect(send(one.next())).toEqual([2, 3]);
    expect(send(one.next())).toEqual([4, 5]);
  });

  it.each([
    ["all", [0, 1, 2, 3], []],
    ["the first", [0, 1], [2, 3]],
    ["the last", [2, 3], [0, 1]],
  ])("passes over what was given up while it waited: %s", (_which, gone, left) => {
    const one = lane();
    const first = one.next();
    send(first);
    one.retry(first!);
    for (const offset of gone) {
      there.delete(offset);
    }
    for (let batch = one.next(); batch !== null && batch.from < 4; batch = one.next()) {
      expect(send(batch)).toEqual(left);
      one.confirm(batch);
    }
    expect(one.position).toBe(4);
  });

  it("reads nothing again while nothing failed", () => {
    const one = lane();
    for (let batch = one.next(); batch !== null; batch = one.next()) {
      send(batch);
      one.confirm(batch);
    }
    expect([one.position, one.finished, reads]).toEqual([10, true, 3]);
  });
});
