import { resemblesBlock } from "./block.ts";
import type { Block, Reader, Span } from "./reader.ts";
import type { Segment } from "./segment.ts";
import { segmentHeaderLength } from "./segment-header.ts";

export interface Scan {
  /** Offset behind the last entry that holds, and the place behind its block. */
  readonly offset: number;
  readonly place: number;
  readonly last: Block | null;
  readonly lost: Span[];
  readonly damagedBlocks: number;
  readonly cut: { offset: number; entries: number | null } | null;
  /** The disk refused to show what comes behind the last block that holds: there may be more. */
  readonly unread: boolean;
}

/** Walks the newest segment to its end: what comes behind the last block that holds was never settled. */
export function scanSegment(reader: Reader, segment: Segment): Scan {
  const lost: Span[] = [];
  let offset = segment.first;
  let place = segmentHeaderLength;
  let last: Block | null = null;
  let damagedBlocks = 0;
  /** Headers without their entries since the last block that holds. */
  let broken: Block[] = [];
  let refusals = reader.refusals;
  let expected = offset;
  let at = place;
  for (;;) {
    const block = reader.block(segment, at, { from: expected, to: Number.MAX_SAFE_INTEGER });
    if (block === null) {
      break;
    }
    const { first, count, snapshot } = block.header;
    expected = snapshot ? first : first + count;
    if (!reader.holds(segment, block)) {
      broken.push(block);
    } else {
      damagedBlocks += broken.length > 0 ? broken.length : block.place > at ? 1 : 0;
      broken = [];
      if (first > offset) {
        lost.push({ from: offset, to: first });
      }
      segment.mark(first, block.place);
      offset = expected;
      place = block.end;
      last = block;
      refusals = reader.refusals;
    }
    at = block.end;
  }
  const torn = broken.length > 0 || resembles(reader, segment, place, offset);
  const entries =
    broken.length > 0
      ? broken.reduce((sum, { header }) => sum + (header.snapshot ? 0 : header.count), 0)
      : null;
  const unread = reader.refusals > refusals;
  return { offset, place, last, lost, damagedBlocks, cut: torn ? { offset, entries } : null, unread };
}

function resembles(reader: Reader, segment: Segment, place: number, offset: number): boolean {
  const bytes = reader.raw(segment, place, 16);
  return bytes !== null && resemblesBlock(bytes, 0, segment.epoch, offset);
}
