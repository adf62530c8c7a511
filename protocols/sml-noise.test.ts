import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { noisy } from "../hil-tests/meters/noise.ts";
import { dataFolder } from "../hil-tests/programs.ts";
import { isFault } from "./fault.ts";
import type { Telegram } from "./meter.ts";
import { SmlDecoder } from "./sml.ts";

const meters = dataFolder("meters");

function telegrams(bytes: Uint8Array): string[] {
  const decoder = new SmlDecoder({ correctSigns: true });
  const results = [...decoder.push(bytes), ...decoder.end()];
  return results
    .filter((result): result is Telegram => !isFault(result))
    .map(({ meter, readings }) => JSON.stringify([meter, readings]));
}

describe.skipIf(meters === null)("a bad line (skipped without meter data)", () => {
  const capture = meters === null ? new Uint8Array(0) : readFileSync(join(meters, "sml", "obis-ttyUSB0.bin"));

  it.each([
    [1, "loss", 1e-4, 850],
    [2, "loss", 1e-3, 645],
    [3, "flips", 1e-4, 847],
    [4, "flips", 1e-3, 633],
  ] as const)(
    "with seed %i and %s of %f leaves %i of 878 telegrams, and none of them wrong",
    (seed, kind, rate, least) => {
      const clean = new Set(telegrams(capture));
      const left = telegrams(noisy(capture, { seed, kind, rate }));
      expect(left.length).toBeGreaterThanOrEqual(least);
      expect(left.filter((telegram) => !clean.has(telegram))).toEqual([]);
    },
  );
});
