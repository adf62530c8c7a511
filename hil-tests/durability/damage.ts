/** A small spool, damaged at random in each trial: what a start makes of it is held against what the damage really touched. */
import type { SimulatedDisk } from "../../gateway/spool/simulated-disk.ts";
import { seededRandom } from "../../gateway/spool/simulated-disk.ts";
import { Spool } from "../../gateway/spool/spool.ts";
import { readIds, type SmallSpool, smallSpool, trialOptions } from "../../gateway/spool/trial.ts";

export interface DamageReport {
  readonly trials: number;
  readonly refused: number;
  /** Trials by what was done. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Entries lost over all trials. */
  readonly lost: number;
  /** What was wrong in which trial. */
  readonly wrong: readonly string[];
}

/** Segments of the spool that is damaged: seven, of which the one reader has passed two. */
const shape = { bytesMax: 12 * 8192 };
const entries = 240;
const delivered = 70;
const reader = "city";

/** Does so many trials, each with one or two damages. */
export async function damage(trials: number, seed: number): Promise<DamageReport> {
  const random = seededRandom(seed);
  const small = await smallSpool(true, {
    entries,
    more: shape,
    prepare: (spool) => spool.cursor(reader).advance(delivered),
  });
  const kinds: Record<string, number> = {};
  const wrong: string[] = [];
  let refused = 0;
  let lost = 0;
  for (let trial = 1; trial <= trials; trial++) {
    const disk = small.disk.kill();
    const done = [damageOne(disk, random), ...(random() < 0.3 ? [damageOne(disk, random)] : [])];
    for (const { kind } of done) {
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    const tell = (what: string): number =>
      wrong.push(`trial ${trial} (${done.map(({ kind, path }) => `${kind} ${path}`).join(", ")}): ${what}`);
    try {
      lost += await judge(small, disk, tell);
    } catch (error) {
      refused++;
      tell(`did not start: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { trials, refused, kinds, lost, wrong };
}

interface Done {
  readonly kind: string;
  readonly path: string;
}

function damageOne(disk: SimulatedDisk, random: () => number): Done {
  const below = (count: number): number => Math.floor(random() * count);
  const path = disk.paths[below(disk.paths.length)];
  const bytes = disk.bytesOf(path)!.slice();
  const dice = random();
  if (dice < 0.4) {
    for (let flips = 1 + below(3); flips > 0 && bytes.length > 0; flips--) {
      bytes[below(bytes.length)] ^= 1 << below(8);
    }
    disk.replace(path, bytes);
    return { kind: "flips", path };
  }
  if (dice < 0.6) {
    disk.replace(path, bytes.slice(0, below(bytes.length)));
    return { kind: "cut short", path };
  }
  if (dice < 0.75) {
    disk.vanish(path);
    return { kind: "missing", path };
  }
  const from = below(bytes.length);
  const to = Math.min(bytes.length, from + [512, 4096][below(2)]);
  const noise = dice < 0.87;
  for (let at = from; at < to; at++) {
    bytes[at] = noise ? below(256) : 0;
  }
  disk.replace(path, bytes);
  return { kind: noise ? "overwritten" : "zeroed", path };
}

/** Starts a spool on a damaged disk, reads it and writes to it; gives how many entries it has lost. */
async function judge(small: SmallSpool, disk: SimulatedDisk, tell: (what: string) => void): Promise<number> {
  const touched = touchedOffsets(small, disk);
  const told = new Set<number>();
  const take = ({ from, to }: { from: number; to: number }): void => {
    for (let at = from; at < Math.min(to, entries); at++) {
      told.add(at);
    }
  };
  const spool = await Spool.open(trialOptions({ ...shape, hooks: { damaged: take } }), disk);
  const found = readIds(spool);
  spool.recovery.lost.forEach(take);
  spool.recovery.missed.forEach(take);
  const readAgain = spool.recovery.cursors !== "read";
  let lost = 0;
  for (const [offset, id] of small.ids) {
    if (found.get(offset) === id) {
      continue;
    }
    lost++;
    if (!touched.has(offset)) {
      tell(`entry ${offset} is lost, and nothing touched it`);
    } else if (offset >= delivered && !told.has(offset) && !readAgain) {
      tell(`entry ${offset} is lost and not declared`);
    }
  }
  for (const [offset, id] of found) {
    if (small.ids.get(offset) !== id) {
      tell(`entry ${offset} is false`);
    }
  }
  if (spool.head < entries && !readAgain) {
    tell(`offsets from ${spool.head} on would be given twice`);
  }
  await spool.close();
  return lost;
}

/** Offsets of the blocks that are not as they were, and of segments without a header. */
function touchedOffsets({ disk: before, blocks }: SmallSpool, after: SimulatedDisk): Set<number> {
  const touched = new Set<number>();
  for (const { path, from, to, offsets } of blocks) {
    const [was, is] = [before.bytesOf(path)!, after.bytesOf(path) ?? new Uint8Array(0)];
    const same = (start: number, end: number): boolean =>
      Buffer.compare(was.subarray(start, end), is.subarray(start, end)) === 0;
    // The header stands there twice (gateway/README.md: format).
    if (!same(from, to) || (!same(0, 64) && !same(2048, 2112))) {
      for (const offset of offsets) {
        touched.add(offset);
      }
    }
  }
  return touched;
}
