/** Damage where it costs most: a bit flips in a block that holds a shape, without which packs elsewhere cannot be read. */
import { dirname } from "node:path";
import { bodyType, decodeGap, decodeMessageEntry, entryKind } from "../../gateway/entry.ts";
import {
  blockEnd,
  blockHeaderLength,
  entriesHold,
  entryLength,
  readBlockHeader,
  readEntry,
  type SpoolEntry,
} from "../../gateway/spool/block.ts";
import { readSegmentHeader, segmentHeaderLength } from "../../gateway/spool/segment-header.ts";
import type { SimulatedDisk } from "../../gateway/spool/simulated-disk.ts";
import { isFault } from "../../protocols/fault.ts";
import { decodeUp } from "../../protocols/message.ts";
import type { Ranges } from "../../protocols/ranges.ts";

/** What lay in the damaged block itself, which nobody can bring back. */
export interface Damage {
  readonly path: string;
  readonly snapshot: boolean;
  /** `<kid>/<epoch>/<PIV>` of messages, and of those that a gap in it named. */
  readonly lost: ReadonlySet<string>;
}

interface ShapeBlock {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly snapshot: boolean;
  readonly entries: readonly SpoolEntry[];
}

export interface DamageOptions {
  readonly dice: () => number;
  /** Key id of a device's URN. */
  readonly kidOf: (device: string) => number | undefined;
  /** Leaves the only snapshot of a ring alone: a disk that refused a further segment has let its gateway have no second one. */
  readonly spareLone: boolean;
}

/**
 * Flips one to three bits in one block that holds a shape; null where there is none. While a snapshot of a ring is damaged its others are
 * left alone: the gateway has a second one again once it has begun a segment.
 */
export function damageShape(disk: SimulatedDisk, { dice, kidOf, spareLone }: DamageOptions): Damage | null {
  const paths = disk.paths.filter((path) => path.endsWith(".log"));
  const all = paths.flatMap((path) => shapeBlocks(disk, path));
  const hurt = new Set(paths.filter((path) => lacksSnapshot(disk, path)).map((path) => dirname(path)));
  const blocks = all.filter(
    (block) => !(block.snapshot && hurt.has(dirname(block.path))) && !(spareLone && isLone(block, all)),
  );
  if (blocks.length === 0) {
    return null;
  }
  const { path, from, to, snapshot, entries } = blocks[Math.floor(dice() * blocks.length)];
  const bytes = disk.bytesOf(path)!.slice();
  for (let flips = 1 + Math.floor(dice() * 3); flips > 0; flips--) {
    bytes[from + Math.floor(dice() * (to - from))] ^= 1 << Math.floor(dice() * 8);
  }
  disk.replace(path, bytes);
  return { path, snapshot, lost: new Set(snapshot ? [] : entries.flatMap((entry) => namedBy(entry, kidOf))) };
}

/** Whether a file is a segment whose snapshot does not hold, or is not there yet. */
function lacksSnapshot(disk: SimulatedDisk, path: string): boolean {
  const bytes = disk.bytesOf(path)!;
  const segment = readSegmentHeader(bytes.subarray(0, segmentHeaderLength));
  if (typeof segment === "string") {
    return false;
  }
  const { salt, epoch } = segment;
  const header = readBlockHeader(bytes, segmentHeaderLength, salt);
  return (
    header?.epoch !== epoch || !header.snapshot || !entriesHold(bytes, segmentHeaderLength, header, salt)
  );
}

function isLone(block: ShapeBlock, all: readonly ShapeBlock[]): boolean {
  const folder = dirname(block.path);
  return (
    block.snapshot && all.filter((other) => other.snapshot && dirname(other.path) === folder).length === 1
  );
}

function shapeBlocks(disk: SimulatedDisk, path: string): ShapeBlock[] {
  const bytes = disk.bytesOf(path)!;
  const segment = readSegmentHeader(bytes.subarray(0, segmentHeaderLength));
  const blocks: ShapeBlock[] = [];
  if (typeof segment === "string") {
    return blocks;
  }
  const { salt, epoch } = segment;
  for (let at = segmentHeaderLength; ; ) {
    const header = readBlockHeader(bytes, at, salt);
    if (header === null || header.epoch !== epoch || !entriesHold(bytes, at, header, salt)) {
      return blocks;
    }
    const entries: SpoolEntry[] = [];
    const end = at + blockHeaderLength + header.length;
    for (let place = at + blockHeaderLength; place < end; place += entryLength(bytes, place)) {
      entries.push(readEntry(bytes, place, 0, 0));
    }
    if (entries.some(saysShape)) {
      blocks.push({ path, from: at, to: end, snapshot: header.snapshot, entries });
    }
    at = blockEnd(at, header.length);
  }
}

function saysShape({ kind, payload }: SpoolEntry): boolean {
  const entry = kind === entryKind.message ? decodeMessageEntry(payload) : null;
  return kind === entryKind.shape || (entry !== null && !isFault(entry) && entry.body[1] === bodyType.shape);
}

/** The messages of which an entry was the only trace. */
function namedBy({ kind, payload }: SpoolEntry, kidOf: (device: string) => number | undefined): string[] {
  if (kind === entryKind.gap) {
    const stored = decodeGap(payload);
    if (isFault(stored) || stored.gap.to === null) {
      return [];
    }
    const { device, epoch, from, to } = stored.gap;
    return idsOf(`${kidOf(device)}/${epoch}`, [[from, to]]);
  }
  const entry =
    kind === entryKind.message || kind === entryKind.unusable ? decodeMessageEntry(payload) : null;
  if (entry === null || isFault(entry)) {
    return [];
  }
  const { kid, epoch, piv, body } = entry;
  const message = decodeUp(body);
  const own = `${kid}/${epoch}/${piv}`;
  return isFault(message) || message.type !== "dropped"
    ? [own]
    : [own, ...idsOf(`${kid}/${message.epoch ?? epoch}`, message.ranges)];
}

function idsOf(of: string, ranges: Ranges): string[] {
  return ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => `${of}/${from + i}`));
}
