import { describe, expect, it } from "vitest";
import { cpuMax, fuzz, growthMax } from "./fuzz.ts";
import { type Target, targets } from "./targets.ts";

/** `npm run nightly -- fuzz` does a million each. */
const inputs = 2000;

describe("a decoder that is given what nobody meant", () => {
  it.each(targets)("$name throws nothing, is never slow and does not grow", (target) => {
    expect(fuzz(target, { inputs, seed: 5 }).wrong).toEqual([]);
  });

  const built = (feed: (input: Uint8Array) => void): Target => ({
    name: "built wrong",
    good: [Uint8Array.of(1, 2, 3)],
    contents: [],
    wrap: (content) => content,
    open: () => feed,
  });

  it("is caught when it throws, with the input", () => {
    const target = built((input) => {
      if (input[0] === 7) {
        throw new Error("seven");
      }
    });
    expect(fuzz(target, { inputs: 2000, seed: 1 }).wrong[0]).toMatch(/seven: 07/);
  });

  it("is caught when it is slow, with the input", () => {
    const target = built((input) => {
      const end = process.cpuUsage().user + 1000 * (cpuMax + 5);
      while (input.length === 61 && process.cpuUsage().user < end) {}
    });
    const { wrong, slowestHex } = fuzz(target, { inputs: 500, seed: 1 });
    expect(wrong).toHaveLength(1);
    expect(slowestHex).toHaveLength(2 * 61);
  }, 120_000);

  it("is caught when it grows", () => {
    const kept: Uint8Array[] = [];
    const target = built(() => {
      kept.push(new Uint8Array(growthMax / 1000));
    });
    expect(fuzz(target, { inputs: 1500, seed: 1 }).wrong[0]).toMatch(/growth/);
  });
});
