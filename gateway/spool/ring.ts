import { type Fault, fault, isFault } from "../../protocols/fault.ts";
import type { Batch } from "./batch.ts";
import { blockEnd, blockHeaderLength, entryHeaderLength, writeBlockHeader, writeEntry } from "./block.ts";
import type { FilePort, SpoolFile } from "./file-port.ts";
import { OpenFiles } from "./open-files.ts";
import type { Quarantine } from "./quarantine.ts";
import type { Recovered } from "./recovery.ts";
import { Segment } from "./segment.ts";
import { type SegmentHeader, segmentHeaderLength, writeSegmentHeader } from "./segment-header.ts";
import { endOf, indexOf } from "./segment-list.ts";
import { SegmentStore, type Slot } from "./segment-store.ts";

/** State to be written again at the start of each segment, so that no older segment is needed for it. */
export interface SnapshotEntry {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** What the ring asks before it destroys something. */
export interface RingOwner {
  /** Unix ms, and whether that clock is synchronised. */
  now(): { readonly time: number; readonly synchronised: boolean };
  /** The state as of everything settled so far; more than `room` bytes, headers of entries included, do not fit. */
  snapshot(room: number): readonly SnapshotEntry[];
  /** Makes the cursors durable, as well as the disk lets it. */
  checkpoint(): Promise<void>;
  /** Whether what `released` told may be destroyed now; the Fault for which it must wait. */
  secure(): Promise<Fault | null>;
  /** Whether every reader has durably passed this offset; false where there is no reader. */
  delivered(offset: number): boolean;
  /** A write or sync in this segment failed: it takes no more. */
  abandoned(segment: Segment, failure: Fault): void;
  /** Called before the entries of a segment, up to `to`, are given up. */
  released(drop: {
    readonly segment: Segment;
    /** Nothing older is kept. */
    readonly oldest: boolean;
    readonly to: number;
    readonly reason: DropReason;
  }): void;
}

export type DropReason = "full" | "age";

export interface RingOptions {
  readonly folder: string;
  readonly bytesMax: number;
  readonly segmentBytes: number;
  readonly policyWhenFull: "drop-oldest" | "refuse";
}

/**
 * Segments that stay whole while another is begun, as long as there is room: each has a snapshot, and one damaged block must not leave a
 * start with none.
 */
const wholeMin = 2;

/** Bytes that blocks may take in a segment. */
export function roomIn(segmentBytes: number): number {
  return segmentBytes - segmentHeaderLength;
}

/** The segments on disk: takes commits, begins new segments, and decides which old one makes room. One call at a time. */
export class Ring {
  readonly files: OpenFiles;
  /** Oldest first; the last one is being written. */
  readonly segments: Segment[];
  readonly quarantine: Quarantine;
  readonly salt: number;
  /** Offset of the next entry. Everything before it is durable. */
  head: number;
  commits = 0;
  #bytesWritten = 0;
  readonly #options: RingOptions;
  readonly #owner: RingOwner;
  readonly #store: SegmentStore;
  #epoch: number;
  #writable: boolean;
  #confirm: (() => Promise<Fault | null>) | null;

  constructor(port: FilePort, options: RingOptions, recovered: Recovered, owner: RingOwner) {
    this.#options = options;
    this.#owner = owner;
    this.files = new OpenFiles(port);
    this.segments = recovered.segments;
    this.quarantine = recovered.quarantine;
    this.salt = recovered.salt;
    this.head = recovered.head;
    this.#store = new SegmentStore(port, this.files, { ...recovered, folder: options.folder });
    this.#epoch = recovered.epoch;
    this.#writable = recovered.writable;
    this.#confirm = recovered.confirm;
    if (!recovered.writable && this.segments.length > 0) {
      this.#giveUpNewest();
    }
  }

  /** Written to segments since the start. */
  get bytesWritten(): number {
    return this.#bytesWritten + this.#store.bytesWritten;
  }

  get tail(): number {
    return this.segments.length > 0 ? this.segments[0].first : this.head;
  }

  /** Bytes on disk, unused and quarantined segments included. */
  get bytes(): number {
    const sum = (all: readonly { readonly bytes: number }[]): number =>
      all.reduce((total, { bytes }) => total + bytes, 0);
    return sum(this.segments) + this.#store.spareBytes + this.quarantine.bytes;
  }

  /** Offset behind the last entry of the segment at `index`. */
  endOf(index: number): number {
    return endOf(this, index);
  }

  /** Index of the last segment that begins at or before `offset`; -1 when all begin later. */
  indexOf(offset: number): number {
    return indexOf(this, offset);
  }

  /** Whether all that can be read is on disk: not while the disk has not confirmed what was read at the start. */
  get sure(): boolean {
    return this.#confirm === null;
  }

  /** Has the disk confirm what was read at the start, where it has not yet; the Fault for which it still has not. */
  async makeSure(): Promise<Fault | null> {
    const failure = (await this.#confirm?.()) ?? null;
    this.#confirm = failure === null ? null : this.#confirm;
    return failure;
  }

  /**
   * Makes one commit durable and gives the offset of its first entry. When the disk fails on it, the segment takes nothing more
   * (what its pages hold is not known any longer) and the commit is tried once more, in a fresh one.
   */
  async commit(batch: Batch): Promise<number | Fault> {
    const bytes = blockHeaderLength + batch.length;
    let failure = await this.makeSure();
    if (failure !== null) {
      return failure;
    }
    for (let tries = 0; tries < 2; tries++) {
      const newest = this.segments.at(-1);
      if (!this.#writable || newest === undefined || newest.end + bytes > newest.bytes) {
        const trouble = await this.#begin(true);
        if (trouble !== null) {
          return failure ?? trouble;
        }
      }
      failure = await this.#write(this.segments.at(-1)!, batch);
      if (failure === null) {
        const first = this.head;
        this.head += batch.count;
        this.commits++;
        return first;
      }
      this.#owner.abandoned(this.segments.at(-1)!, failure);
      this.#giveUpNewest();
    }
    return failure!;
  }

  /**
   * Gives up segments that ended more than `age` ms before `time` (Unix ms), where a synchronised clock says so, and ends the
   * newest one early enough for its turn to come.
   */
  async retire(time: number, age: number): Promise<void> {
    if ((await this.makeSure()) !== null) {
      return;
    }
    for (let i = 0; i + 1 < this.segments.length; ) {
      const segment = this.segments[i];
      const next = this.segments[i + 1];
      if (segment.pins > 0 || !next.synchronised || next.created > time - age) {
        i++;
        continue;
      }
      this.#release(i, "age");
      if ((await this.#owner.secure()) !== null) {
        this.#store.put(segment);
        return;
      }
      if ((await this.#store.remove(segment)) !== null) {
        this.#store.put(segment);
        return;
      }
    }
    const newest = this.segments.at(-1);
    if (newest?.synchronised && newest.created < time - age / 8 && this.head > newest.first) {
      await this.#begin(false);
    }
  }

  async #write(segment: Segment, batch: Batch): Promise<Fault | null> {
    const file = this.files.get(segment.path);
    if (isFault(file)) {
      return file;
    }
    const { count, length } = batch;
    writeBlockHeader(
      batch.block,
      { epoch: segment.epoch, first: this.head, count, snapshot: false, length },
      this.salt,
    );
    const block = batch.block.subarray(0, blockHeaderLength + length);
    const failure = await this.#durable(file, block, segment.end);
    if (failure === null) {
      segment.mark(this.head, segment.end);
      segment.end = blockEnd(segment.end, length);
    }
    return failure;
  }

  async #durable(file: SpoolFile, bytes: Uint8Array, position: number): Promise<Fault | null> {
    this.#bytesWritten += bytes.length;
    return (await file.write(bytes, position)) ?? (await file.datasync());
  }

  /** After a failed write or sync. Where nothing in the segment was settled, its file may be begun anew. */
  #giveUpNewest(): void {
    const newest = this.segments.at(-1)!;
    this.#writable = false;
    if (newest.first === this.head) {
      this.segments.pop();
      this.files.close(newest.path);
      this.#store.put(newest);
    }
  }

  /** Begins the next segment: its header, then the snapshot. */
  async #begin(mayDrop: boolean): Promise<Fault | null> {
    const room = Math.floor(roomIn(this.#options.segmentBytes) / 2) - blockHeaderLength;
    const snapshot = this.#owner.snapshot(room);
    const length = snapshot.reduce((sum, { payload }) => sum + entryHeaderLength + payload.length, 0);
    if (length > room) {
      return fault(
        "full",
        `what is known of the devices takes ${length} bytes, more than half a segment: a spool of more bytes, up to 512 MiB, has longer ones; beyond that share the devices among gateways`,
      );
    }
    const slot = await this.#slot(mayDrop);
    if (isFault(slot)) {
      return slot;
    }
    const unsafe = await this.#owner.secure();
    if (unsafe !== null) {
      this.#store.put(slot);
      return unsafe;
    }
    const { time, synchronised } = this.#owner.now();
    const bounds = this.segments.filter(({ until }) => Number.isFinite(until));
    const header = {
      epoch: ++this.#epoch,
      salt: this.salt,
      first: this.head,
      created: time,
      synchronised,
      bounds: bounds.map(({ epoch, until }) => ({ epoch, until })),
    };
    // From here on the disk may hold a newer header than that of the segment written so far, which hides what would still go there.
    this.#writable = false;
    const file = this.files.get(slot.path);
    const failure = isFault(file) ? file : await this.#writeStart(file, header, snapshot, length);
    if (failure !== null) {
      this.files.close(slot.path);
      this.#store.put(slot);
      return failure;
    }
    this.files.keep(slot.path);
    const end = snapshot.length > 0 ? blockEnd(segmentHeaderLength, length) : segmentHeaderLength;
    this.segments.push(new Segment({ ...header, path: slot.path, bytes: slot.bytes, end }));
    this.#writable = true;
    return null;
  }

  /** The header is durable before any block is written: a block without one is damage, not a crash. */
  async #writeStart(
    file: SpoolFile,
    header: SegmentHeader,
    snapshot: readonly SnapshotEntry[],
    length: number,
  ): Promise<Fault | null> {
    const page = new Uint8Array(segmentHeaderLength);
    writeSegmentHeader(page, header);
    const failure = await this.#durable(file, page, 0);
    if (failure !== null || snapshot.length === 0) {
      return failure;
    }
    const block = new Uint8Array(blockHeaderLength + length);
    writeSnapshot(block, snapshot, { ...header, length });
    return this.#durable(file, block, segmentHeaderLength);
  }

  /**
   * A file for the next segment: one everybody has read, an unused one, a new one, or the oldest, as the policy says. Files of
   * another length than new segments have now are removed on the way.
   */
  async #slot(mayDrop: boolean): Promise<Slot | Fault> {
    const { segmentBytes, policyWhenFull } = this.#options;
    if (this.#oldest() !== null) {
      await this.#owner.checkpoint();
    }
    for (let freed = 0, kept = wholeMin; ; ) {
      const slot = this.#unneeded(kept);
      if (slot?.bytes === segmentBytes) {
        return slot;
      }
      if (slot !== null) {
        if ((await this.#store.remove(slot)) === null) {
          continue;
        }
        this.#store.put(slot);
      }
      const fresh = await this.#create();
      if (isFault(fresh) && kept > 0) {
        kept = 0;
        continue;
      }
      const oldest = this.#oldest();
      if (
        !isFault(fresh) ||
        oldest === null ||
        !mayDrop ||
        policyWhenFull === "refuse" ||
        freed >= segmentBytes
      ) {
        return fresh;
      }
      const victim = this.#release(oldest.index, "full");
      this.#store.put(victim);
      freed += victim.bytes;
    }
  }

  /**
   * Unused files first: one that was begun and given up still has a header, which must not outlive its successor. Then what everybody
   * has, where that leaves so many segments.
   */
  #unneeded(kept: number): Slot | null {
    const unused = this.#store.take();
    const oldest = this.#oldest();
    return unused === null &&
      oldest !== null &&
      this.segments.length > kept &&
      this.#owner.delivered(oldest.end)
      ? this.#release(oldest.index, "full")
      : unused;
  }

  /** The oldest segment that may go, and the offset behind it. Never the newest one: it holds the last snapshot. */
  #oldest(): { readonly index: number; readonly end: number } | null {
    const index = this.segments.findIndex(({ pins }) => pins === 0);
    return index >= 0 && index + 1 < this.segments.length ? { index, end: this.endOf(index) } : null;
  }

  #release(index: number, reason: DropReason): Slot {
    const segment = this.segments[index];
    this.#owner.released({ segment, oldest: index === 0, to: this.endOf(index), reason });
    this.segments.splice(index, 1);
    const before = this.segments.at(index - 1);
    if (index > 0 && before !== undefined) {
      before.until = Math.min(before.until, segment.first);
    }
    return segment;
  }

  /** A new file, if the spool's bytes allow; what was set aside as damaged goes first. */
  async #create(): Promise<Slot | Fault> {
    const { bytesMax, segmentBytes } = this.#options;
    while (this.bytes + segmentBytes > bytesMax) {
      if (!(await this.quarantine.removeOne())) {
        return fault("full", `the spool has used its ${bytesMax} bytes`);
      }
    }
    return this.#store.create(segmentBytes);
  }
}

function writeSnapshot(
  block: Uint8Array,
  entries: readonly SnapshotEntry[],
  header: { epoch: number; salt: number; first: number; created: number; length: number },
): void {
  let at = blockHeaderLength;
  for (const { kind, payload } of entries) {
    at = writeEntry(block, at, kind, header.created, payload);
  }
  const { epoch, first, length } = header;
  writeBlockHeader(block, { epoch, first, count: entries.length, snapshot: true, length }, header.salt);
}
