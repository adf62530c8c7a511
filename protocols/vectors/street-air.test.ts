import { describe, expect, it } from "vitest";
import { isFault } from "../fault.ts";
import { createPackWriter } from "../pack.ts";
import { type Shape, shapeOf } from "../shape.ts";
import { streetAirColumns, streetAirRows, streetAirStep, streetAirTime } from "./street-air.ts";

/** Marsaglia's xorshift32, from 0 to 1 without 1. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
}

function generate(): number[][] {
  const next = uniform(2463534242);
  /** Nearly normal, with this standard deviation: four uniform numbers have a variance of 1/3. */
  const noise = (deviation: number) => deviation * (next() + next() + next() + next() - 2) * Math.sqrt(3);
  let fine = 0;
  let coarse = 0;
  let exhaust = 0;
  return Array.from({ length: 24 }, (_, minute) => {
    fine = 0.8 * fine + noise(0.9);
    coarse = 0.8 * coarse + noise(1.4);
    exhaust = 0.8 * exhaust + noise(1.2);
    return [
      100 * (14.2 + 0.02 * minute + noise(0.03)),
      10 * (71 - 0.08 * minute + noise(0.2)),
      10 * (1002.6 + 0.006 * minute + noise(0.06)),
      9 + fine,
      17 + fine + coarse,
      10 * (31 + 0.15 * minute + exhaust),
    ].map(Math.round);
  });
}

function bytesPerRow(body: Shape["body"]): number {
  const shape = shapeOf(streetAirColumns, "interval", body);
  if (isFault(shape)) {
    throw new Error(shape.detail);
  }
  const writer = createPackWriter({ shape, id: "00000000", rowsMax: streetAirRows.length });
  writer.begin({ time: streetAirTime, timeQuality: "synced", step: streetAirStep });
  streetAirRows.forEach((row, i) => {
    expect(writer.add(streetAirTime + i * streetAirStep, row)).toBe("added");
  });
  return writer.flush().length / streetAirRows.length;
}

describe("the data set street-air", () => {
  it("is what its formula and seed give", () => {
    expect(generate()).toEqual(streetAirRows);
  });

  it("takes at most 13 bytes a row as rows", () => {
    expect(bytesPerRow("rows")).toBeLessThanOrEqual(13);
  });

  it("takes at most 6 bytes a row in compact form", () => {
    expect(bytesPerRow("compact")).toBeLessThanOrEqual(6);
  });
});
