import { type Fault, isFault } from "../../protocols/fault.ts";
import { blockEnd, blockHeaderLength, get32, put32, readBlockHeader } from "./block.ts";
import { segmentHeaderLength } from "./segment-header.ts";
import { SimulatedDisk, seededRandom } from "./simulated-disk.ts";
import { Spool, type SpoolOptions } from "./spool.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What the spool's tests share: entries that can be told from false ones, and a small ring. */

/** An entry tells its number and is filled with bytes that follow from it. */
export function entryOf(id: number, length = 4 + ((id * 7919) % 400)): Uint8Array {
  const bytes = new Uint8Array(length).fill(id);
  put32(bytes, 0, id);
  return bytes;
}

/** The number of an entry, -1 where it is not one of ours byte by byte. */
export function idOf(payload: Uint8Array): number {
  const id = payload.length < 4 ? -1 : get32(payload, 0);
  return Buffer.compare(payload, entryOf(id, payload.length)) === 0 ? id : -1;
}

const salt = 0x5a17;

/** Four segments of 8 KiB, nothing waits. */
export function trialOptions(more: Partial<SpoolOptions> = {}): SpoolOptions {
  return {
    folder: "/spool",
    segmentBytes: 8192,
    bytesMax: 4 * 8192,
    linger: 0,
    retryDelay: 0,
    clock: new VirtualClock(),
    salt: () => salt,
    ...more,
  };
}

/** Appends one entry: its offset, or the Fault. */
export function append(spool: Spool, payload: Uint8Array, kind = 1): Promise<number | Fault> {
  return new Promise((resolve) => spool.append(kind, payload, (fault, offset) => resolve(fault ?? offset)));
}

/** Appends entries one commit each; the ids of those that were settled. */
export async function appendIds(
  spool: Spool,
  ids: Iterable<number>,
  length?: number,
): Promise<Map<number, number>> {
  const settled = new Map<number, number>();
  for (const id of ids) {
    const offset = await append(spool, length === undefined ? entryOf(id) : entryOf(id, length));
    if (!isFault(offset)) {
      settled.set(offset, id);
    }
  }
  return settled;
}

/** Everything that can be read, id by offset. Throws on an entry that nobody wrote. */
export function readIds(spool: Spool, from = spool.tail): Map<number, number> {
  const found = new Map<number, number>();
  for (let at = from; ; ) {
    const entries = spool.read(at, { entries: 64, bytes: 65536 });
    for (const { offset, payload } of entries) {
      if (idOf(payload) < 0 || found.has(offset)) {
        throw new Error(`false entry at ${offset}`);
      }
      found.set(offset, idOf(payload));
    }
    if (entries.length === 0) {
      return found;
    }
    at = entries[entries.length - 1].next;
  }
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

export interface SmallSpool {
  readonly disk: SimulatedDisk;
  /** Ids by offset. */
  readonly ids: ReadonlyMap<number, number>;
  /** Where each commit block lies, and which offsets it holds; none for a snapshot. */
  readonly blocks: readonly {
    readonly path: string;
    readonly from: number;
    readonly to: number;
    readonly offsets: readonly number[];
  }[];
}

/** A spool with as many entries, three a block: two segments of them where nothing else is said; `prepare` is called before it closes. */
export async function smallSpool(
  closed: boolean,
  { entries = 60, more = {}, prepare = () => {} }: SmallSpoolOptions = {},
): Promise<SmallSpool> {
  const disk = new SimulatedDisk(seededRandom(1));
  const options = trialOptions(more);
  const spool = await Spool.open(options, disk);
  for (let id = 1; id <= entries; id += 3) {
    await Promise.all([id, id + 1, id + 2].map((each) => append(spool, entryOf(each, 60 + (each % 50)))));
  }
  prepare(spool);
  const ids = readIds(spool);
  if (closed) {
    await spool.close();
  }
  const blocks = [];
  for (const path of disk.paths.filter((name) => name.endsWith(".log"))) {
    const bytes = disk.bytesOf(path)!;
    for (let at = segmentHeaderLength; ; ) {
      const header = readBlockHeader(bytes, at, salt);
      if (header === null) {
        break;
      }
      const to = at + blockHeaderLength + header.length;
      const offsets = header.snapshot ? [] : range(header.first, header.first + header.count);
      blocks.push({ path, from: at, to, offsets });
      at = blockEnd(at, header.length);
    }
  }
  return { disk: disk.kill(), ids, blocks };
}

export interface SmallSpoolOptions {
  readonly entries?: number;
  readonly more?: Partial<SpoolOptions>;
  readonly prepare?: (spool: Spool) => void;
}
