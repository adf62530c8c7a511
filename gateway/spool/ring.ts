import { type Fault, fault, isFault } from "../../protocols/fault.ts";
import type { Batch } from "./batch.ts";
import {
  blockEnd,
  blockHeaderLength,
  entryHeaderLength,
  pageBytes,
  writeBlockHeader,
  writeEntry,
} from "./block.ts";
import type { FilePort, SpoolFile } from "./file-port.ts";
import { OpenFiles } from "./open-files.ts";
import type { Quarantine } from "./quarantine.ts";
import { type Recovered, segmentName } from "./recovery.ts";
import { Segment } from "./segment.ts";
import { type SegmentHeader, segmentHeaderLength, writeSegmentHeader } from "./segment-header.ts";

/** State to be written again at the start of each segment, so that no older segment is needed for it. */
export interface SnapshotEntry {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** What the ring asks before it destroys something. */
export interface RingOwner {
  /** Unix ms, and whether that clock is synchronised. */
  now(): { readonly time: number; readonly synchronised: boolean };
  /** The state as of everything settled so far. */
  snapshot(): readonly SnapshotEntry[];
  /** Makes the cursors durable, as well as the disk lets it. */
  checkpoint(): Promise<void>;
  /** Whether every reader has durably passed this offset; false where there is no reader. */
  delivered(offset: number): boolean;
  /** Called before the entries of a segment, up to `to`, are given up. */
  released(segment: Segment, to: number, reason: DropReason): void;
}

export type DropReason = "full" | "age";

export interface RingOptions {
  readonly folder: string;
  readonly bytesMax: number;
  readonly segmentBytes: number;
  readonly policyWhenFull: "drop-oldest" | "refuse";
}

/** A segment file without a content anybody needs. */
interface Slot {
  readonly path: string;
  readonly bytes: number;
}

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
  bytesWritten = 0;
  readonly #port: FilePort;
  readonly #options: RingOptions;
  readonly #owner: RingOwner;
  readonly #spares: Slot[];
  #epoch: number;
  #numbers: number;
  #writable: boolean;

  constructor(port: FilePort, options: RingOptions, recovered: Recovered, owner: RingOwner) {
    this.#port = port;
    this.#options = options;
    this.#owner = owner;
    this.files = new OpenFiles(port);
    this.segments = recovered.segments;
    this.quarantine = recovered.quarantine;
    this.salt = recovered.salt;
    this.head = recovered.head;
    this.#spares = [...recovered.spares];
    this.#epoch = recovered.epoch;
    this.#numbers = recovered.numbers;
    this.#writable = recovered.writable;
  }

  get tail(): number {
    return this.segments.length > 0 ? this.segments[0].first : this.head;
  }

  /** Bytes on disk, unused and quarantined segments included. */
  get bytes(): number {
    const sum = (all: readonly { readonly bytes: number }[]): number =>
      all.reduce((total, { bytes }) => total + bytes, 0);
    return sum(this.segments) + sum(this.#spares) + this.quarantine.bytes;
  }

  /** Offset behind the last entry of the segment at `index`. */
  endOf(index: number): number {
    return index + 1 < this.segments.length ? this.segments[index + 1].first : this.head;
  }

  /** Index of the last segment that begins at or before `offset`; -1 when all begin later. */
  indexOf(offset: number): number {
    let low = -1;
    let high = this.segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.segments[middle].first <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /**
   * Makes one commit durable and gives the offset of its first entry. When the disk fails on it, the segment takes nothing more
   * (what its pages hold is not known any longer) and the commit is tried once more, in a fresh one.
   */
  async commit(batch: Batch): Promise<number | Fault> {
    const bytes = blockHeaderLength + batch.length;
    let failure: Fault | null = null;
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
      this.#giveUpNewest();
    }
    return failure!;
  }

  /**
   * Gives up segments that ended more than `age` ms before `time` (Unix ms), where a synchronised clock says so, and ends the
   * newest one early enough for its turn to come.
   */
  async retire(time: number, age: number): Promise<void> {
    for (let i = 0; i + 1 < this.segments.length; ) {
      const segment = this.segments[i];
      const next = this.segments[i + 1];
      if (segment.pins > 0 || !next.synchronised || next.created > time - age) {
        i++;
        continue;
      }
      this.#owner.released(segment, next.first, "age");
      this.segments.splice(i, 1);
      await this.#remove(segment);
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
    this.bytesWritten += bytes.length;
    return (await file.write(bytes, position)) ?? (await file.datasync());
  }

  /** After a failed write or sync. Where nothing in the segment was settled, its file may be begun anew. */
  #giveUpNewest(): void {
    const newest = this.segments.at(-1)!;
    this.#writable = false;
    if (newest.first === this.head) {
      this.segments.pop();
      this.files.close(newest.path);
      this.#spares.push(newest);
    }
  }

  /** Begins the next segment: its header, then the snapshot. */
  async #begin(mayDrop: boolean): Promise<Fault | null> {
    const snapshot = this.#owner.snapshot();
    const length = snapshot.reduce((sum, { payload }) => sum + entryHeaderLength + payload.length, 0);
    if (blockHeaderLength + length > roomIn(this.#options.segmentBytes) / 2) {
      return fault(
        "full",
        `a snapshot of ${length} bytes takes more than half a segment; make segments larger`,
      );
    }
    const slot = await this.#slot(mayDrop);
    if (isFault(slot)) {
      return slot;
    }
    const { time, synchronised } = this.#owner.now();
    const header = { epoch: ++this.#epoch, salt: this.salt, first: this.head, created: time, synchronised };
    // From here on the disk may hold a newer header than that of the segment written so far, which hides what would still go there.
    this.#writable = false;
    const file = this.files.get(slot.path);
    const failure = isFault(file) ? file : await this.#writeStart(file, header, snapshot, length);
    if (failure !== null) {
      this.files.close(slot.path);
      this.#spares.push(slot);
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
    for (let freed = 0; ; ) {
      const slot = this.#unneeded();
      if (slot?.bytes === segmentBytes) {
        return slot;
      }
      if (slot !== null) {
        await this.#remove(slot);
        continue;
      }
      const fresh = await this.#allocate();
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
      const victim = this.#release(oldest);
      this.#spares.push(victim);
      freed += victim.bytes;
    }
  }

  #unneeded(): Slot | null {
    const oldest = this.#oldest();
    return oldest !== null && this.#owner.delivered(oldest.end)
      ? this.#release(oldest)
      : (this.#spares.pop() ?? null);
  }

  /** The oldest segment that may go, and the offset behind it. Never the newest one: it holds the last snapshot. */
  #oldest(): { readonly index: number; readonly end: number } | null {
    const index = this.segments.findIndex(({ pins }) => pins === 0);
    return index >= 0 && index + 1 < this.segments.length ? { index, end: this.endOf(index) } : null;
  }

  #release({ index, end }: { index: number; end: number }): Slot {
    const segment = this.segments[index];
    this.#owner.released(segment, end, "full");
    this.segments.splice(index, 1);
    return segment;
  }

  async #remove(slot: Slot): Promise<void> {
    this.files.close(slot.path);
    if ((await this.#port.remove(slot.path)) === null) {
      await this.#port.syncFolder(this.#options.folder);
    }
  }

  /** A new file of zeros, whole on the medium, so that later commits write into room that is there. */
  async #allocate(): Promise<Slot | Fault> {
    const { folder, bytesMax, segmentBytes } = this.#options;
    while (this.bytes + segmentBytes > bytesMax) {
      if (!(await this.quarantine.removeOne())) {
        return fault("full", `the spool has used its ${bytesMax} bytes`);
      }
    }
    const path = `${folder}/${segmentName(++this.#numbers)}`;
    const file = this.#port.open(path, true);
    if (isFault(file)) {
      return file;
    }
    const failure = (await this.#fill(file)) ?? (await this.#port.syncFolder(folder));
    if (failure !== null) {
      file.close();
      await this.#port.remove(path);
      return failure;
    }
    this.files.add(path, file);
    return { path, bytes: segmentBytes };
  }

  async #fill(file: SpoolFile): Promise<Fault | null> {
    const { segmentBytes } = this.#options;
    const zeros = new Uint8Array(Math.min(segmentBytes, 64 * pageBytes));
    for (let at = 0; at < segmentBytes; at += zeros.length) {
      const failure = await file.write(zeros.subarray(0, segmentBytes - at), at);
      if (failure !== null) {
        return failure;
      }
    }
    this.bytesWritten += segmentBytes;
    return file.datasync();
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
