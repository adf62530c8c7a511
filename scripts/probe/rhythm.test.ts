import fc from "fast-check";
import { expect, it } from "vitest";
import { Rhythm } from "./rhythm.ts";

it("knows nothing until two bursts have come", () => {
  const rhythm = new Rhythm();
  expect([rhythm.interval, rhythm.wait]).toEqual([null, 0]);
  rhythm.heard(1000);
  rhythm.heard(1020); // the same burst
  expect(rhythm.interval).toBeNull();
  rhythm.heard(3500);
  expect(rhythm.interval).toBe(2500);
});

it("waits for whoever sends steadily longer than from one burst to the next, and never more than 45 s", () => {
  fc.assert(
    fc.property(fc.integer({ min: 400, max: 120_000 }), fc.integer({ min: 2, max: 20 }), (period, count) => {
      const rhythm = new Rhythm();
      for (let i = 0; i < count; i++) {
        rhythm.heard(i * period);
      }
      expect(rhythm.interval).toBe(period);
      expect(rhythm.wait).toBeLessThanOrEqual(45_000);
      expect(rhythm.wait > period || rhythm.wait === 45_000).toBe(true);
    }),
  );
});

it("takes no interval from a time in which nobody listened, and forgets a long one after six shorter", () => {
  const rhythm = new Rhythm();
  rhythm.heard(0);
  rhythm.interrupt();
  rhythm.heard(60_000);
  expect(rhythm.interval).toBeNull();
  rhythm.heard(90_000);
  for (let i = 1; i <= 6; i++) {
    rhythm.heard(90_000 + 1000 * i);
  }
  expect(rhythm.interval).toBe(1000);
});
