import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hits, noisy } from "../hil-tests/meters/noise.ts";
import { dataFolder } from "../hil-tests/programs.ts";
import { isFault } from "./fault.ts";
import type { Telegram } from "./meter.ts";
import { SmlDecoder } from "./sml.ts";

const meters = dataFolder("meters");

function telegrams(bytes: Uint8Array, salvage: boolean): Telegram[] {
  const decoder = new SmlDecoder({ salvage });
  const results = [...decoder.push(bytes), ...decoder.end()];
  return results.filter((result): result is Telegram => !isFault(result));
}

function content({ meter, readings }: Telegram): string {
  return JSON.stringify([meter, readings]);
}

describe.skipIf(meters === null)("a bad line (skipped without meter data)", () => {
  const capture = meters === null ? Buffer.alloc(0) : readFileSync(join(meters, "sml", "obis-ttyUSB0.bin"));
  const end = Buffer.from("1b1b1b1b1a", "hex");

  it.each([
    { seed: 1, kind: "loss", rate: 1e-4, whole: 850, salvaged: 9 },
    { seed: 2, kind: "loss", rate: 1e-3, whole: 645, salvaged: 41 },
    { seed: 3, kind: "flips", rate: 1e-4, whole: 847, salvaged: 9 },
    { seed: 4, kind: "flips", rate: 1e-3, whole: 633, salvaged: 41 },
  ] as const)(
    "with seed $seed and $kind of $rate leaves $whole of 878 telegrams: those that no hit touched; $salvaged more can be salvaged, none is wrong",
    ({ whole, salvaged, ...damage }) => {
      const clean = telegrams(capture, false);
      expect(clean).toHaveLength(878);
      const hit = hits(capture.length, damage);
      const untouched = clean.filter(({ offset }) => {
        const behind = capture.indexOf(end, offset) + 8;
        return !hit.some((at) => at >= offset && at < behind);
      });
      const line = noisy(capture, damage);
      const left = telegrams(line, false);
      expect(left.length).toBe(whole);
      expect(left.map(content)).toEqual(untouched.map(content));

      const more = telegrams(line, true);
      const known = new Set(clean.map(content));
      expect(more.filter(({ quality }) => quality === "salvaged").length).toBe(salvaged);
      expect(more.filter(({ quality }) => quality === undefined)).toEqual(left);
      expect(more.filter((telegram) => !known.has(content(telegram)))).toEqual([]);
    },
  );
});
