/** The simulation at work: as many states as a test run has time for, and the proof that it would find what it looks for. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { plants } from "./plants.ts";
import { World } from "./world.ts";

const sound = { about: "" };
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
/** Long enough for a machine with much else to do, ms. */
const patience = 600_000;

/** Worlds from a seed on, until so many states are checked; what was wrong in them. */
async function violationsFrom(seed: number, states: number): Promise<string[]> {
  const violations: string[] = [];
  for (let at = seed, checked = 0; checked < states; at++) {
    const outcome = await new World(at, sound).run();
    checked += outcome.states;
    if (outcome.violation !== null) {
      violations.push(`seed ${at}: ${outcome.violation}`);
    }
  }
  return violations;
}

describe("a simulated city in which everything breaks and heals", () => {
  it.each([1, 1001, 2001, 3001, 4001])(
    "loses nothing acknowledged and tells nothing false in 20,000 crash images from seed %i on",
    async (seed) => {
      expect(await violationsFrom(seed, 20_000)).toEqual([]);
    },
    patience,
  );

  it("is the same for the same seed", async () => {
    const [first, second] = [await new World(5, sound).run(), await new World(5, sound).run()];
    expect(second).toEqual(first);
  });
});

describe("a bug put in on purpose", () => {
  it.each(Object.keys(plants))(
    "is found within twenty worlds: %s",
    async (name) => {
      let found: string | null = null;
      for (let seed = 1; seed <= 20 && found === null; seed++) {
        found = (await new World(seed, plants[name]).run()).violation;
      }
      expect(found).not.toBeNull();
    },
    patience,
  );
});

describe("npm run simulate", () => {
  function simulate(...args: string[]) {
    const task = join(root, "scripts", "bootstrap.mjs");
    const run = spawnSync(process.execPath, [task, "simulate", ...args], { encoding: "utf8" });
    return { status: run.status, lines: run.stdout.trim().split("\n") };
  }

  it(
    "ends with one line of figures",
    () => {
      const { status, lines } = simulate("--states", "1", "--seed", "7", "--json");
      expect(status).toBe(0);
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0])).toMatchObject({ seed: 7, violations: 0, firstSeed: null });
    },
    patience,
  );

  it(
    "replays a world that went wrong alone, tells what happened in it, and exits with 1",
    () => {
      const { status, lines } = simulate("--states", "1", "--seed", "1", "--plant", "ack-before-fsync");
      expect(status).toBe(1);
      expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ violations: 1, firstSeed: 1 });
      expect(lines.join("\n")).toMatch(/seed 1:\n.* s {2}gateway starts, life 1\n/);
    },
    patience,
  );
});
