import { type Bound, segmentHeaderLength } from "./segment-header.ts";

/** A segment of the ring as memory knows it: where its blocks are, not what they hold. */
export class Segment {
  readonly path: string;
  readonly epoch: number;
  /** Offset of the first entry. */
  readonly first: number;
  /** Unix ms at which it was begun, and whether that clock was synchronised. */
  readonly created: number;
  readonly synchronised: boolean;
  /** What its header says of older segments. */
  readonly bounds: readonly Bound[];
  /** Length of the file. */
  readonly bytes: number;
  /** Where the next block goes, in the segment being written; the file's length in all others. */
  end: number;
  /** Offset behind its last entry, where the segment after it was given up; otherwise that one's first offset counts. */
  until = Number.POSITIVE_INFINITY;
  /** Pins on entries in it: while there is one, it is not recycled. */
  pins = 0;
  /** Offsets and the places of the blocks that begin with them, ascending, every so many bytes. */
  readonly #offsets: number[];
  readonly #places: number[];

  constructor(segment: {
    path: string;
    epoch: number;
    first: number;
    created: number;
    synchronised: boolean;
    bounds: readonly Bound[];
    bytes: number;
    end: number;
  }) {
    this.path = segment.path;
    this.epoch = segment.epoch;
    this.first = segment.first;
    this.created = segment.created;
    this.synchronised = segment.synchronised;
    this.bounds = segment.bounds;
    this.bytes = segment.bytes;
    this.end = segment.end;
    this.#offsets = [segment.first];
    this.#places = [segmentHeaderLength];
  }

  /** Remembers that the block at `place` begins with `offset`, if nothing near it is known. */
  mark(offset: number, place: number): void {
    const last = this.#places.length - 1;
    if (place >= this.#places[last] + markEvery && offset > this.#offsets[last]) {
      this.#offsets.push(offset);
      this.#places.push(place);
    }
  }

  /** The nearest known block that does not begin behind `offset`. */
  near(offset: number): { readonly offset: number; readonly place: number } {
    let low = 0;
    let high = this.#offsets.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#offsets[middle] <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return { offset: this.#offsets[low], place: this.#places[low] };
  }
}

/** Bytes between two marks: what a reader scans at most before it is where it wants to be. */
const markEvery = 32 * 1024;
