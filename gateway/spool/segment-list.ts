import type { SpoolEntry } from "./block.ts";
import type { OpenFiles } from "./open-files.ts";
import { Reader, type ReadLimit, type Span } from "./reader.ts";
import type { Segment } from "./segment.ts";
import { segmentHeaderLength } from "./segment-header.ts";

/** The segments of a ring, oldest first, and the offset behind the last entry: all that reading needs to know. */
export interface SegmentList {
  readonly segments: readonly Segment[];
  readonly head: number;
}

/** The newest snapshot that holds, and the offset from which on the entries after it are to be read. */
export interface Snapshot {
  readonly from: number;
  readonly entries: readonly SpoolEntry[];
}

/** Entries read at once where everything is read. */
export const runLimit: ReadLimit = { entries: 1024, bytes: 1024 * 1024 };

/** Offset behind the last entry of the segment at `index`. */
export function endOf({ segments, head }: SegmentList, index: number): number {
  const next = index + 1 < segments.length ? segments[index + 1].first : head;
  return Math.min(segments[index].until, next);
}

/** Index of the last segment that begins at or before `offset`; -1 when all begin later. */
export function indexOf({ segments }: SegmentList, offset: number): number {
  let low = -1;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (segments[middle].first <= offset) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** Entries from offset `from` on, as many as the limit allows (one at least); what is recycled or damaged is passed over. */
export function readEntries(list: SegmentList, reader: Reader, from: number, max: ReadLimit): SpoolEntry[] {
  const { segments } = list;
  const entries: SpoolEntry[] = [];
  let at = from;
  for (let i = Math.max(0, indexOf(list, from)); i < segments.length; i++) {
    const to = endOf(list, i);
    const taken = entries.reduce((sum, { payload }) => sum + payload.length, 0);
    const room = { entries: max.entries - entries.length, bytes: max.bytes - taken };
    if (room.entries < 1 || (entries.length > 0 && room.bytes < 1)) {
      break;
    }
    at = Math.max(at, segments[i].first);
    if (at < to) {
      at = reader.entries(segments[i], { from: at, to }, room, entries);
    }
    if (at < to) {
      break;
    }
  }
  return entries;
}

/** About how many bytes the entries from `offset` on take; within a segment, offsets are taken to be alike. */
export function bytesFrom(list: SegmentList, offset: number): number {
  let bytes = 0;
  for (const [i, segment] of list.segments.entries()) {
    const end = endOf(list, i);
    if (end > offset && end > segment.first) {
      bytes += (segment.end * (end - Math.max(offset, segment.first))) / (end - segment.first);
    }
  }
  return Math.round(bytes);
}

/** The newest snapshot that holds; null without one. */
export function latestSnapshot(list: SegmentList, reader: Reader): Snapshot | null {
  for (let i = list.segments.length - 1; i >= 0; i--) {
    const segment = list.segments[i];
    const block = firstBlock(list, reader, i);
    const entries = block?.header.snapshot ? reader.snapshot(segment, block) : null;
    if (entries !== null) {
      return { from: segment.first, entries };
    }
  }
  return null;
}

/** Damage in one segment: offsets that are lost, or a snapshot that does not hold (an empty span at the segment's first offset). */
export interface Damage extends Span {
  readonly segment: Segment;
}

/** Reads everything and says what does not hold. */
export function verifyEntries(
  list: SegmentList,
  files: OpenFiles,
  salt: number,
): { readonly entries: number; readonly damaged: readonly Damage[] } {
  const damaged: Damage[] = [];
  const reader = new Reader(files, salt, (span, segment) => damaged.push({ ...span, segment }));
  let entries = 0;
  list.segments.forEach((segment, i) => {
    const block = firstBlock(list, reader, i);
    if (block?.header.snapshot && !reader.holds(segment, block)) {
      damaged.push({ from: segment.first, to: segment.first, segment });
    }
    const to = endOf(list, i);
    for (let from = segment.first; from < to; ) {
      const found: SpoolEntry[] = [];
      from = reader.entries(segment, { from, to }, runLimit, found);
      entries += found.length;
    }
  });
  return { entries, damaged };
}

function firstBlock(list: SegmentList, reader: Reader, index: number): ReturnType<Reader["block"]> {
  const segment = list.segments[index];
  return reader.block(segment, segmentHeaderLength, { from: segment.first, to: endOf(list, index) });
}
