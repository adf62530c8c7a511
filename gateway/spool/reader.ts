import { isFault } from "../../protocols/fault.ts";
import {
  type BlockHeader,
  blockAlignment,
  blockEnd,
  blockHeaderLength,
  entriesHold,
  entryHeaderLength,
  entryLength,
  pageBytes,
  readBlockHeader,
  readEntry,
  type SpoolEntry,
} from "./block.ts";
import { readPatiently, type SpoolFile } from "./file-port.ts";
import type { OpenFiles } from "./open-files.ts";
import type { Segment } from "./segment.ts";

/** A block found in a segment. */
export interface Block {
  readonly place: number;
  readonly header: BlockHeader;
  /** Where the next block is. */
  readonly end: number;
}

/** Offsets from `from` up to, not including, `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface ReadLimit {
  readonly entries: number;
  /** Of payload; one entry is given even if it is longer. */
  readonly bytes: number;
}

/** Bytes read ahead at once. */
const windowBytes = 64 * 1024;
const windowsMax = 4;
/** Reads that may end at the same place because the disk refused, before it is taken for damaged. */
const stumblesMax = 8;

/** A part of a segment in memory, never written to again: entries are views into it. */
interface Window {
  readonly segment: Segment;
  readonly start: number;
  readonly bytes: Uint8Array;
  /** Place of the last block in it whose entries were found to hold. */
  held: number;
}

/** Reads blocks and entries, checks every checksum before it believes anything, and goes on behind what is damaged. */
export class Reader {
  readonly #files: OpenFiles;
  readonly #salt: number;
  readonly #damaged: (span: Span, segment: Segment) => void;
  #windows: Window[] = [];
  /** How often the disk refused to give something, asked several times. */
  refusals = 0;
  /** How often in a row a read ended at this offset because the disk refused. */
  #stumbles = { offset: -1, count: 0 };

  constructor(files: OpenFiles, salt: number, damaged: (span: Span, segment: Segment) => void) {
    this.#files = files;
    this.#salt = salt;
    this.#damaged = damaged;
  }

  /**
   * Adds the entries of one segment with offsets in `span` to `into`, as far as `limit` goes. Gives the offset to go on
   * from, `span.to` when the segment holds nothing more. Damaged blocks are passed over and told. What the disk refuses to give is
   * asked for again at the next reads, and taken for damaged only after several.
   */
  entries(segment: Segment, span: Span, limit: ReadLimit, into: SpoolEntry[]): number {
    const { from, to } = span;
    const near = segment.near(from);
    let expected = near.offset;
    let place = near.place;
    const room = { entries: limit.entries, bytes: limit.bytes };
    while (expected < to) {
      const refusals = this.refusals;
      const block = this.block(segment, place, { from: expected, to });
      if (this.#stumbled(refusals, expected)) {
        return Math.max(from, expected);
      }
      if (block === null) {
        this.#damaged({ from: expected, to }, segment);
        return to;
      }
      const { first, count, snapshot } = block.header;
      if (first > expected) {
        this.#damaged({ from: expected, to: first }, segment);
      }
      place = block.end;
      expected = first;
      if (snapshot) {
        continue;
      }
      segment.mark(first, block.place);
      expected = first + count;
      if (expected <= from) {
        continue;
      }
      const window = this.#held(segment, block);
      if (this.#stumbled(refusals, first)) {
        return Math.max(from, first);
      }
      if (window === null) {
        this.#damaged({ from: first, to: Math.min(expected, to) }, segment);
        continue;
      }
      const next = take(window, block, { from, to: Math.min(expected, to) }, room, into);
      if (next < Math.min(expected, to)) {
        return next;
      }
    }
    return to;
  }

  /** The entries of a snapshot block, or null when they do not hold. */
  snapshot(segment: Segment, block: Block): SpoolEntry[] | null {
    const window = this.#held(segment, block);
    if (window === null) {
      return null;
    }
    const entries: SpoolEntry[] = [];
    const { first, count } = block.header;
    let at = block.place - window.start + blockHeaderLength;
    for (let i = 0; i < count; i++) {
      entries.push(readEntry(window.bytes, at, first, first));
      at += entryLength(window.bytes, at);
    }
    return entries;
  }

  /** The block at `place`, or the next one behind it that holds and fits into the offsets expected. */
  block(segment: Segment, place: number, expected: Span): Block | null {
    const window = this.#window(segment, place, blockHeaderLength);
    const found = window === null ? null : this.#at(window, place, expected);
    return found ?? this.#search(segment, place + blockAlignment, expected);
  }

  /** Whether the entries of a block are the ones that were written. */
  holds(segment: Segment, block: Block): boolean {
    return this.#held(segment, block) !== null;
  }

  /** The bytes of a whole block. */
  bytesOf(segment: Segment, block: Block): Uint8Array | null {
    return this.raw(segment, block.place, blockHeaderLength + block.header.length);
  }

  /** Bytes as they lie there; null where they cannot be read. */
  raw(segment: Segment, place: number, length: number): Uint8Array | null {
    const window = this.#window(segment, place, length);
    const at = window === null ? 0 : place - window.start;
    return window === null ? null : window.bytes.subarray(at, at + length);
  }

  #stumbled(refusals: number, offset: number): boolean {
    if (refusals === this.refusals) {
      return false;
    }
    const count = this.#stumbles.offset === offset ? this.#stumbles.count + 1 : 1;
    this.#stumbles = { offset, count };
    return count < stumblesMax;
  }

  #at(window: Window, place: number, expected: Span): Block | null {
    const header = readBlockHeader(window.bytes, place - window.start, this.#salt);
    if (header === null || header.epoch !== window.segment.epoch) {
      return null;
    }
    const entries = header.snapshot ? 0 : header.count;
    const fits = header.first >= expected.from && header.first + entries <= expected.to;
    const end = blockEnd(place, header.length);
    return fits && place + blockHeaderLength + header.length <= window.segment.bytes
      ? { place, header, end }
      : null;
  }

  /** Looks ahead, behind damage. */
  #search(segment: Segment, from: number, expected: Span): Block | null {
    let place = from;
    while (place + blockHeaderLength <= segment.end) {
      const window = this.#window(segment, place, blockHeaderLength);
      if (window === null) {
        place = (Math.floor(place / pageBytes) + 1) * pageBytes;
        continue;
      }
      const last = window.start + window.bytes.length - blockHeaderLength;
      for (; place <= last; place += blockAlignment) {
        const block = this.#at(window, place, expected);
        if (block !== null) {
          return block;
        }
      }
    }
    return null;
  }

  /** The window that has a block whose entries hold. */
  #held(segment: Segment, { place, header }: Block): Window | null {
    const window = this.#window(segment, place, blockHeaderLength + header.length);
    if (window === null || window.held === place) {
      return window;
    }
    if (!entriesHold(window.bytes, place - window.start, header, this.#salt)) {
      return null;
    }
    window.held = place;
    return window;
  }

  /** A window with `length` bytes from `place` on; null where they cannot be read. */
  #window(segment: Segment, place: number, length: number): Window | null {
    for (const window of this.#windows) {
      const end = window.start + window.bytes.length;
      if (window.segment === segment && place >= window.start && place + length <= end) {
        return window;
      }
    }
    const room = segment.end - place;
    if (room < length) {
      return null;
    }
    const bytes = this.#load(segment, place, { length, room });
    if (bytes === null || bytes.length < length) {
      return null;
    }
    const window = { segment, start: place, bytes, held: -1 };
    this.#windows.push(window);
    if (this.#windows.length > windowsMax) {
      this.#windows.shift();
    }
    return window;
  }

  /** Bytes from `place` on: read ahead, or where the disk refuses that, as few as it takes. */
  #load(
    segment: Segment,
    place: number,
    { length, room }: { length: number; room: number },
  ): Uint8Array | null {
    const file = this.#files.get(segment.path);
    const page = pageBytes - (place % pageBytes);
    for (const wanted of isFault(file) ? [] : [windowBytes, page, length]) {
      const bytes = new Uint8Array(Math.min(room, Math.max(length, wanted)));
      const got = readPatiently(file as SpoolFile, bytes, place);
      if (!isFault(got)) {
        return bytes.subarray(0, got);
      }
    }
    this.refusals++;
    return null;
  }
}

/** Adds a block's entries from `span.from` on while there is room; gives the offset to go on from. */
function take(
  window: Window,
  block: Block,
  span: Span,
  room: { entries: number; bytes: number },
  into: SpoolEntry[],
): number {
  let at = block.place - window.start + blockHeaderLength;
  for (let offset = block.header.first; offset < span.to; offset++) {
    const length = entryLength(window.bytes, at);
    if (offset >= span.from) {
      const payload = length - entryHeaderLength;
      if (room.entries < 1 || (into.length > 0 && payload > room.bytes)) {
        return offset;
      }
      into.push(readEntry(window.bytes, at, offset, offset + 1));
      room.entries--;
      room.bytes -= payload;
    }
    at += length;
  }
  return span.to;
}
