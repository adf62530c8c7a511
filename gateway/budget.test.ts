import { describe, expect, it } from "vitest";
import { FailureBudget } from "./budget.ts";

describe("the failure budget", () => {
  it("slows a source that keeps failing to a trickle, and no other", () => {
    const budget = new FailureBudget({ capacity: 5, perSecond: 2 });
    for (let i = 0; i < 5; i++) {
      expect(budget.allows("serial", 0)).toBe(true);
      budget.spend("serial", 0);
    }
    expect(budget.allows("serial", 0)).toBe(false);
    expect(budget.allows("mqtt", 0)).toBe(true);
    expect(budget.allows("serial", 500)).toBe(true);
    budget.spend("serial", 500);
    expect(budget.allows("serial", 600)).toBe(false);
  });

  it("is whole again after a quiet while, and never more than whole", () => {
    const budget = new FailureBudget({ capacity: 3, perSecond: 1 });
    for (let i = 0; i < 3; i++) {
      budget.spend("a", 0);
    }
    for (let i = 0; i < 3; i++) {
      expect(budget.allows("a", 3_600_000)).toBe(true);
      budget.spend("a", 3_600_000);
    }
    expect(budget.allows("a", 3_600_000)).toBe(false);
  });

  it("stays bounded when forgers invent sources", () => {
    const budget = new FailureBudget({ capacity: 3, perSecond: 1 });
    for (let i = 0; i < 30_000; i++) {
      budget.spend(`source-${i}`, i);
    }
    expect(budget.allows("source-29999", 30_000)).toBe(true);
  });
});
