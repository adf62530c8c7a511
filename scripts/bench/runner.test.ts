import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Bench } from "./bench.ts";
import { benchCommand } from "./command.ts";
import { median, runBench } from "./runner.ts";

function bench(given: {
  ours: number[];
  theirs: number[] | null;
  lessIsBetter?: boolean;
  log?: string[];
}): Bench {
  let mine = 0;
  let other = 0;
  return {
    name: "toy",
    unit: "rows/s",
    peer: "a peer",
    ...(given.lessIsBetter !== undefined && { lessIsBetter: given.lessIsBetter }),
    prepare: async () => ({
      ours: async () => {
        given.log?.push("ours");
        return given.ours[mine++ % given.ours.length];
      },
      theirs:
        given.theirs === null
          ? null
          : async () => {
              given.log?.push("theirs");
              return given.theirs![other++ % given.theirs!.length];
            },
      extra: () => ({ rows: 24 }),
    }),
  };
}

async function run(args: string[], benches: Bench[]): Promise<{ code: number; out: string; err: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await benchCommand(args, benches, { stdout, stderr });
  return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

describe("the bench runner", () => {
  it("takes the median, so that one disturbed round changes nothing", () => {
    expect(median([5, 1000, 4])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it("gives a ratio above 1 when we are better, whether more or less is better", async () => {
    expect(await runBench(bench({ ours: [300], theirs: [100] }), 7)).toMatchObject({ ratio: 3 });
    const less = bench({ ours: [100], theirs: [300], lessIsBetter: true });
    expect(await runBench(less, 7)).toMatchObject({ ratio: 3 });
  });

  it("gives no ratio where there is no peer", async () => {
    expect(await runBench(bench({ ours: [42], theirs: null }), 7)).toEqual({
      name: "toy",
      unit: "rows/s",
      ours: 42,
      peer: null,
      theirs: null,
      ratio: null,
      runs: 7,
      extra: { rows: 24 },
    });
  });

  it("warms up each side once, then takes them in turns", async () => {
    const log: string[] = [];
    await runBench(bench({ ours: [1], theirs: [1], log }), 7);
    expect(log.slice(0, 6)).toEqual(["ours", "theirs", "ours", "theirs", "theirs", "ours"]);
    expect(log).toHaveLength(16);
  });

  it("prints one JSON object as the last line", async () => {
    const result = await run(["toy", "--json"], [bench({ ours: [3], theirs: [2] })]);
    expect(result.code).toBe(0);
    const last = JSON.parse(result.out.trimEnd().split("\n").at(-1)!);
    expect(last.benches[0]).toMatchObject({
      name: "toy",
      unit: "rows/s",
      ours: 3,
      peer: "a peer",
      theirs: 2,
    });
    expect(last.benches[0].runs).toBe(7);
  });

  it("says why a bench cannot be run here, and does not call that a failure", async () => {
    const toy = {
      ...bench({ ours: [3], theirs: null }),
      prepare: async () => ({ unmeasured: "no mosquitto" }),
    };
    const result = await run(["toy", "--json"], [toy]);
    expect(result.code).toBe(0);
    expect(result.err).toBe("toy: not measured here: no mosquitto\n");
    expect(JSON.parse(result.out)).toEqual({
      benches: [],
      unmeasured: [{ name: "toy", reason: "no mosquitto" }],
    });
  });

  it("names the benches there are when asked for another", async () => {
    const result = await run(["toys"], [bench({ ours: [3], theirs: null })]);
    expect(result).toMatchObject({ code: 64, out: "" });
    expect(result.err).toContain('no bench "toys"; there are: toy');
  });
});
