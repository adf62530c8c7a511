import { describe, expect, it } from "vitest";
import { BacklogPace } from "./backlog-pace.ts";

/** Deliveries of the backlog through a way that takes `base` ms, and so long for a record; how many records one has in the end. */
function settled({ base, each }: { base: number; each: number }): number {
  const pace = new BacklogPace(2000);
  for (let now = 0; now < 100; now++) {
    pace.live(now);
    pace.delivered("live", 1, base + each);
    const records = pace.records(now);
    pace.delivered("backlog", records, base + records * each);
  }
  return pace.records(100);
}

describe("the pace of a backlog", () => {
  it("is all that the sink takes while nothing new comes", () => {
    const pace = new BacklogPace(2000);
    expect(pace.records(0)).toBe(2000);
    pace.live(0);
    expect(pace.records(1000)).toBeLessThan(2000);
    expect(pace.records(1001)).toBe(2000);
  });

  it("finds deliveries that take little longer than one record does", () => {
    const records = settled({ base: 2, each: 0.02 });
    expect(records).toBeGreaterThanOrEqual(800);
    expect(records).toBeLessThan(1500);
  });

  it("stays at its least where a platform is slow for each record, and grows where only the way is long", () => {
    expect(settled({ base: 2, each: 1 })).toBe(500);
    expect(settled({ base: 200, each: 0.02 })).toBe(2000);
  });

  it("never asks for more than the sink takes", () => {
    const pace = new BacklogPace(50);
    pace.live(0);
    for (let i = 0; i < 50; i++) {
      pace.delivered("backlog", pace.records(0), i % 2 === 0 ? 1 : 10_000);
      expect(pace.records(0)).toBe(50);
    }
  });
});
