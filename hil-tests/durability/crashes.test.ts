import { describe, expect, it } from "vitest";
import { crash, killPoints } from "./crashes.ts";
import { straceTrouble } from "./strace.ts";

const trouble = straceTrouble();

describe(`a gateway killed within its system calls${trouble === null ? "" : ` (skipped: ${trouble})`}`, () => {
  it.skipIf(trouble !== null)(
    "at 30 of them loses nothing acknowledged, stores nothing twice, and delivers all of it, true, when it lives",
    async () => {
      for (const seed of [1, 2, 3]) {
        const { wrong, reached, acknowledged } = await crash(killPoints(10, seed));
        expect(wrong).toEqual([]);
        expect(reached).toBeGreaterThanOrEqual(9);
        expect(acknowledged).toBeGreaterThan(50);
      }
    },
    300_000,
  );
});
