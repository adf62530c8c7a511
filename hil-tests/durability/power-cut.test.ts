import { describe, expect, it } from "vitest";
import { mountTrouble } from "./mounted-folder.ts";
import { cutPower } from "./power-cut.ts";

const trouble = mountTrouble("loop");

describe(`a gateway whose power is cut under load${trouble === null ? "" : ` (skipped: ${trouble})`}`, () => {
  it.skipIf(trouble !== null)(
    "three times, with a backlog and while it drains, loses nothing acknowledged",
    async () => {
      const { wrong, acknowledged } = await cutPower(3, 3);
      expect(wrong).toEqual([]);
      expect(acknowledged).toBeGreaterThan(100);
    },
    300_000,
  );
});
