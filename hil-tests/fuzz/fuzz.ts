/** Feeds one decoder with random and mutated input, and watches what that costs. */
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { seeded } from "../../boards/platforms/seeded.ts";
import { toHex } from "../../protocols/bytes.ts";
import { below, type Dice, mutated, randomInput } from "./mutate.ts";
import type { Feed, Target } from "./targets.ts";

/** What one input may take. CPU time, so that whoever else is on the machine does not matter. */
export const cpuMax = 10; // ms
/** What a decoder may hold more after all inputs than at first, and what a batch of inputs may allocate. */
export const growthMax = 8 * 1024 * 1024; // bytes

export interface FuzzResult {
  readonly name: string;
  readonly inputs: number;
  /** ms of CPU time, and the input that took it; below `noticed` it means only that none took longer than that. */
  readonly slowest: number;
  readonly slowestHex: string;
  /** Bytes held more, after a collection, than at first. */
  readonly growth: number;
  /** Most bytes that a batch of inputs allocated, garbage included. */
  readonly most: number;
  /** Exceptions and broken bounds. */
  readonly wrong: readonly string[];
}

/** Not counted: code runs slowly before it is compiled. */
const warmUp = 2000;
/** Inputs that lead to the state in which one was slow; the longest buffer of a decoder holds fewer. */
const historyMax = 400;
const samples = 10;
const tries = 5;
const batch = 16;
/** What takes less is not looked at, ms of CPU time. */
export const noticed = 0.5;
/** From here on it is tried again in the state that it met, ms. */
const suspicious = 3;
/** Exceptions that are told. */
const wrongMax = 20;

const collect = collector();

export function fuzz(
  target: Target,
  { inputs, seed }: { readonly inputs: number; readonly seed: number },
): FuzzResult {
  const dice = seeded(seed);
  const likely = Uint8Array.from(target.good.flatMap((one) => [...one.subarray(0, 24)]));
  const feed = target.open();
  const history: Uint8Array[] = [];
  const wrong: string[] = [];
  let slowest = 0;
  let slowestHex = "";
  let most = 0;
  let growth = 0;
  let held = 0;
  const sampleEach = Math.max(1, Math.floor(inputs / samples));
  let heap = heapBytes();
  for (let i = -warmUp; i < inputs; i++) {
    const input = inputOf(dice, target, likely);
    history[(i + warmUp) % historyMax] = input;
    const { cpu, error } = measured(feed, input);
    if (error !== null && wrong.length < wrongMax) {
      wrong.push(`${target.name}: ${String(error)}: ${toHex(input)}`);
    }
    if (i >= 0 && cpu > Math.max(slowest, noticed)) {
      const sure = Math.min(cpu, again(target, [input], slowest));
      const inState = cpu < suspicious ? 0 : again(target, ordered(history, i + warmUp), slowest);
      if (Math.max(sure, inState) > slowest) {
        slowest = Math.max(sure, inState);
        slowestHex = toHex(input);
      }
      heap = heapBytes(); // what trying again took is not its
    }
    if (i % batch === 0) {
      const now = heapBytes();
      most = i > 0 ? Math.max(most, now - heap) : 0;
      heap = now;
    }
    if (i === 0 || (i > 0 && i % sampleEach === 0)) {
      const now = heldBytes();
      held = i === 0 ? now : held;
      growth = Math.max(growth, now - held);
      heap = heapBytes();
    }
  }
  if (slowest > cpuMax) {
    wrong.push(`${target.name}: ${slowest.toFixed(1)} ms of CPU time: ${slowestHex}`);
  }
  for (const [what, value] of Object.entries({ growth, most })) {
    if (value > growthMax) {
      wrong.push(`${target.name}: ${what} of ${value} bytes`);
    }
  }
  return { name: target.name, inputs, slowest, slowestHex, growth, most, wrong };
}

function inputOf(dice: Dice, target: Target, likely: Uint8Array): Uint8Array {
  const { good, contents, wrap } = target;
  const pick = (from: readonly Uint8Array[]) => from[below(dice, from.length)] ?? new Uint8Array(0);
  switch (below(dice, 4)) {
    case 0:
      return randomInput(dice, likely);
    case 1:
      return wrap(randomInput(dice, likely));
    case 2:
      return mutated(dice, pick(good));
    default:
      return wrap(mutated(dice, pick(contents)));
  }
}

interface Measured {
  readonly cpu: number; // ms
  readonly error: unknown;
}

function measured(feed: Feed, input: Uint8Array): Measured {
  const start = process.cpuUsage();
  let error: unknown = null;
  try {
    feed(input);
  } catch (thrown) {
    error = thrown;
  }
  const { user, system } = process.cpuUsage(start);
  return { cpu: (user + system) / 1000, error };
}

function heapBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

/** The least of some repeats of the last input in the state it met: what a collection or the compiler took does not come again. */
function again(target: Target, history: readonly Uint8Array[], enough: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < tries && least > enough; i++) {
    const feed = target.open();
    for (const input of history.slice(0, -1)) {
      try {
        feed(input);
      } catch {
        // told already
      }
    }
    least = Math.min(least, measured(feed, history[history.length - 1]!).cpu);
  }
  return least;
}

/** Oldest first. */
function ordered(ring: readonly Uint8Array[], last: number): Uint8Array[] {
  const next = (last + 1) % historyMax;
  return ring.length < historyMax ? [...ring] : [...ring.slice(next), ...ring.slice(0, next)];
}

function heldBytes(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
