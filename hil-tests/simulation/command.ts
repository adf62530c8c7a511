/** `npm run simulate`: worlds by their seeds, over both cores, until so many states are checked. */
import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import { plants } from "./plants.ts";
import { World } from "./world.ts";

interface Options {
  readonly states: number;
  readonly seed: number;
  readonly plant?: string | undefined;
  readonly json?: boolean;
  readonly jobs: number;
  /** Which of the jobs this process is; absent in the one that was called. */
  readonly job?: number;
}

/** What a job has found so far. */
interface Found {
  readonly worlds: number;
  readonly states: number;
  readonly violations: number;
  readonly firstSeed: number | null;
  /** The first few, in words. */
  readonly failures: readonly string[];
}

const failuresMax = 10;

const program = new Command("simulate")
  .description("Breaks and heals simulated cities, and checks the gateway's disk at every moment.")
  .option("--states <n>", "crash images to recover and check, at least", whole, 10_000)
  .option("--seed <n>", "the first world's seed; with one state that world alone", whole, 1)
  .addOption(new Option("--plant <bug>", "put a bug in, to see it found").choices(Object.keys(plants)))
  .option("--jobs <n>", "processes", whole, availableParallelism())
  .option("--json", "nothing but the line of figures")
  .addOption(new Option("--job <n>").argParser(whole).hideHelp());
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 64)).parse();
const options = program.opts<Options>();
await (options.job === undefined ? conduct(options) : work(options, options.job));

/** Starts the jobs, adds up what they find, and tells it. */
async function conduct({ states, seed, jobs, json, plant }: Options): Promise<void> {
  const began = performance.now();
  const founds =
    states === 1
      ? [await explore({ states, seed, jobs: 1, plant, json: true }, 0, () => {})]
      : await Promise.all(Array.from({ length: jobs }, (_, job) => delegate(job, json === true)));
  const seeds = founds.flatMap(({ firstSeed }) => (firstSeed === null ? [] : [firstSeed]));
  const firstSeed = seeds.length > 0 ? Math.min(...seeds) : null;
  const sum = (key: "states" | "violations" | "worlds"): number =>
    founds.reduce((total, found) => total + found[key], 0);
  if (firstSeed !== null && json !== true) {
    for (const failure of founds.flatMap(({ failures }) => failures)) {
      console.log(failure);
    }
    await retell(firstSeed, plant);
  }
  if (json !== true) {
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `${sum("worlds")} worlds, ${sum("states")} states in ${seconds.toFixed(1)} s: ${Math.round(sum("states") / seconds)} a second`,
    );
  }
  console.log(JSON.stringify({ states: sum("states"), seed, violations: sum("violations"), firstSeed }));
  process.exit(firstSeed === null ? 0 : 1);
}

/** One job in a process of its own; what it last said it found. */
function delegate(job: number, quiet: boolean): Promise<Found> {
  const child: ChildProcess = fork(
    fileURLToPath(import.meta.url),
    [...process.argv.slice(2), "--job", String(job)],
    { stdio: ["ignore", "ignore", "inherit", "ipc"] },
  );
  return new Promise((resolve, reject) => {
    let found: Found | null = null;
    let told = 0;
    child.on("message", (message: Found) => {
      found = message;
      if (!quiet && job === 0 && performance.now() - told > 5000) {
        told = performance.now();
        console.error(
          `job 0: ${found.worlds} worlds, ${found.states} states, ${found.violations} violations`,
        );
      }
    });
    child.on("exit", (code) =>
      found === null || code !== 0 ? reject(new Error(`a job ended with ${code}`)) : resolve(found),
    );
  });
}

async function work(order: Options, job: number): Promise<void> {
  const found = await explore(order, job, (so) => process.send?.(so));
  process.send?.(found, () => process.disconnect());
}

/** This job's worlds, one after the other. */
async function explore(
  { states, seed, jobs, plant, json }: Options,
  job: number,
  report: (found: Found) => void,
): Promise<Found> {
  let found: Found = { worlds: 0, states: 0, violations: 0, firstSeed: null, failures: [] };
  for (let at = seed + job; found.states < states / jobs; at += jobs) {
    const outcome = await new World(at, plants[plant ?? ""] ?? { about: "" }).run();
    const wrong = outcome.violation !== null;
    if (wrong && json !== true) {
      console.error(`seed ${at}: ${outcome.violation}`);
    }
    found = {
      worlds: found.worlds + 1,
      states: found.states + outcome.states,
      violations: found.violations + (wrong ? 1 : 0),
      firstSeed: found.firstSeed ?? (wrong ? at : null),
      failures: (wrong ? [...found.failures, `seed ${at}: ${outcome.violation}`] : found.failures).slice(
        0,
        failuresMax,
      ),
    };
    report(found);
  }
  return found;
}

/** Replays a world and tells what happened in it, the end last. */
async function retell(seed: number, plant: string | undefined): Promise<void> {
  const { story } = await new World(seed, plants[plant ?? ""] ?? { about: "" }).run();
  console.log(`seed ${seed}:`);
  for (const line of story.slice(-30)) {
    console.log(`  ${line}`);
  }
}

function whole(text: string): number {
  if (!/^\d{1,12}$/.test(text)) {
    throw new InvalidArgumentError("A whole number, please.");
  }
  return Number(text);
}
