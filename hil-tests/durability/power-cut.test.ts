import { describe, expect, it } from "vitest";
import { mountTrouble } from "./mounted-folder.ts";
import { cutPower } from "./power-cut.ts";
import { straceTrouble, suffering } from "./strace.ts";

const trouble = mountTrouble("loop");

describe(`a gateway whose power is cut under load${trouble === null ? "" : ` (skipped: ${trouble})`}`, () => {
  it.skipIf(trouble !== null)(
    "three times, with a backlog and while it drains, loses nothing acknowledged",
    async () => {
      const { wrong, acknowledged } = await cutPower({ cuts: 3, seed: 3 });
      expect(wrong).toEqual([]);
      expect(acknowledged).toBeGreaterThan(100);
    },
    300_000,
  );

  it.skipIf(trouble !== null || straceTrouble() !== null)(
    "would be seen to lose messages if it did not sync",
    async () => {
      const under = suffering({ call: "fdatasync", when: 1, effect: "lie", times: 60_000 });
      const { wrong } = await cutPower({ cuts: 1, seed: 5, under, heal: false });
      expect(wrong.filter((what) => what.endsWith("is lost")).length).toBeGreaterThan(10);
    },
    300_000,
  );
});
