import { describe, expect, it } from "vitest";
import { Commits } from "./commits.ts";

describe("the durations of commits", () => {
  it("are told in seconds to whoever listens", () => {
    const commits = new Commits();
    const told: number[] = [];
    commits.listen((seconds) => told.push(seconds));
    commits.add(20);
    expect(told).toEqual([0.02]);
  });

  it("of the time before somebody listened are told once, then", () => {
    const commits = new Commits();
    const told: number[] = [];
    commits.add(5);
    commits.add(7);
    commits.listen((seconds) => told.push(seconds));
    commits.add(9);
    expect(told).toEqual([0.005, 0.007, 0.009]);
  });

  it("take no more than a fixed memory while nobody listens", () => {
    const commits = new Commits();
    const told: number[] = [];
    for (let i = 0; i < 10_001; i++) {
      commits.add(1);
    }
    commits.listen((seconds) => told.push(seconds));
    expect(told).toHaveLength(10_000);
  });
});
