import { describe, expect, it } from "vitest";
import { probeMeters, probeNoise } from "./probe-run.ts";

/** Seeds of a test run; `npm run bench -- probe` has more. */
const metersRuns = 100;
const noiseRuns = 35;

describe("a probe of simulated lines, bit by bit", () => {
  it("names 99 of 100 meters with their line and id, half of them within 15 seconds", () => {
    const { wrong, median } = probeMeters(1, metersRuns);
    expect(wrong.length, wrong.join("\n")).toBeLessThanOrEqual(metersRuns / 100);
    expect(median).toBeLessThan(15_000);
  });

  it("names nothing that is noise", () => {
    expect(probeNoise(1, noiseRuns)).toEqual([]);
  });
});
