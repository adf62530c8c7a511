import { describe, expect, it } from "vitest";
import { damage } from "./damage.ts";

describe("a damaged spool", () => {
  it("of 2,000 starts each time, loses no more than what was touched, and tells what", async () => {
    const { refused, lost, wrong } = await damage(2000, 4);
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(refused).toBe(0);
    expect(lost).toBeGreaterThan(1000);
  }, 120_000);
});
