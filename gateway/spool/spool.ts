import { randomInt } from "node:crypto";
import { userInfo } from "node:os";
import { type Fault, isFault } from "../../protocols/fault.ts";
import { type ProblemError, problem } from "../problem.ts";
import type { Batch, Settled } from "./batch.ts";
import { blockHeaderLength, entryHeaderLength, type SpoolEntry } from "./block.ts";
import { CommitQueue } from "./commit-queue.ts";
import type { Cursor } from "./cursor.ts";
import { CursorFile } from "./cursor-file.ts";
import { Cursors } from "./cursors.ts";
import { type FileLock, type FilePort, isForbidden } from "./file-port.ts";
import { Pins } from "./pins.ts";
import { Reader, type ReadLimit, type Span } from "./reader.ts";
import { type Recovered, type RecoveryReport, recover } from "./recovery.ts";
import { Ring, roomIn } from "./ring.ts";
import type { Segment } from "./segment.ts";
import {
  bytesFrom,
  type Damage,
  latestSnapshot,
  readEntries,
  runLimit,
  type Snapshot,
  verifyEntries,
} from "./segment-list.ts";
import {
  dayMs,
  type SpoolHooks,
  type SpoolOptions,
  type SpoolSettings,
  withDefaults,
} from "./spool-options.ts";

export type { Settled } from "./batch.ts";
export type { SpoolEntry } from "./block.ts";
export type { SpoolClock } from "./commit-queue.ts";
export type { Cursor } from "./cursor.ts";
export type { ReadLimit, Span } from "./reader.ts";
export type { RecoveryReport } from "./recovery.ts";
export type { DropReason, SnapshotEntry } from "./ring.ts";
export type { SpoolHooks, SpoolOptions } from "./spool-options.ts";

export interface SpoolStats {
  readonly bytes: number;
  readonly bytesMax: number;
  readonly segments: number;
  /** Files set aside as damaged. */
  readonly quarantined: number;
  /** Receive time of the oldest entry, Unix ms; null when empty. */
  readonly oldest: number | null;
  readonly commits: number;
  /** Written to segments since the start: entries, headers, snapshots, new segments. */
  readonly bytesWritten: number;
  /** Of payload in entries made durable since the start: what `bytesWritten` was written for. */
  readonly payloadBytes: number;
  /** Entries not yet settled. */
  readonly waiting: number;
  /** Entries refused since the start. */
  readonly refused: number;
  /** Why the last commit failed; null when it did not. */
  readonly trouble: Fault | null;
}

/** Damaged spans remembered so that each is told once. */
const toldMax = 4096;

/**
 * A log of opaque entries on disk, bounded in bytes, with one cursor per reader. An entry is settled when it is durable: after
 * that no power cut loses it. Offsets count entries and rise for ever.
 */
export class Spool {
  /** What the start found. */
  readonly recovery: RecoveryReport;
  readonly #settings: SpoolSettings;
  readonly #hooks: SpoolHooks;
  readonly #lock: FileLock;
  readonly #ring: Ring;
  readonly #reader: Reader;
  readonly #queue: CommitQueue;
  readonly #cursors: Cursors;
  readonly #pins: Pins;
  /** Commits, checkpoints and retirement, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #told = new Set<number>();
  #payloadBytes = 0;
  #closed: Promise<void> | null = null;
  #trouble: Fault | null = null;

  /**
   * Opens the spool of a folder, repairing what it can; damage never keeps it from starting. Rejects with a ProblemError where
   * another process has the folder (SPL-075), a newer version wrote it (SPL-065), or it cannot be used at all.
   */
  static async open(options: SpoolOptions, files: FilePort): Promise<Spool> {
    const settings = withDefaults(options);
    const { folder, segmentBytes } = settings;
    const lock = takeFolder(folder, files);
    const cursorFile = new CursorFile(files, folder);
    const newSalt = options.salt ?? (() => randomInt(2 ** 32));
    const recovered = await recover(files, folder, { segmentBytes, newSalt, cursorFile });
    if (isFault(recovered) || recovered === "newer") {
      lock.release();
      throw recovered === "newer" ? problem("SPL-065", { path: folder }) : openProblem(folder, recovered);
    }
    return new Spool(settings, options.hooks ?? {}, { files, lock, cursorFile, recovered });
  }

  private constructor(
    settings: SpoolSettings,
    hooks: SpoolHooks,
    parts: { files: FilePort; lock: FileLock; cursorFile: CursorFile; recovered: Recovered },
  ) {
    const { recovered } = parts;
    const { clock, linger, retryDelay, bytesMax, segmentBytes } = settings;
    this.#settings = settings;
    this.#hooks = hooks;
    this.#lock = parts.lock;
    this.recovery = recovered.report;
    this.#ring = new Ring(parts.files, settings, recovered, {
      now: () => ({ time: clock.time(), synchronised: hooks.synchronised?.() ?? false }),
      snapshot: (room) => hooks.snapshot?.(room) ?? [],
      checkpoint: () => this.#cursors.checkpoint(),
      secure: async () => (await hooks.secure?.()) ?? null,
      delivered: (offset) => this.#cursors.delivered(offset),
      abandoned: (segment, failure) => hooks.abandoned?.(nameOf(segment), failure),
      released: (drop) => this.#cursors.release(drop, this.#reader),
    });
    this.#reader = new Reader(this.#ring.files, this.#ring.salt, (span, segment) =>
      this.#damaged(span, segment),
    );
    const cursors = {
      file: parts.cursorFile,
      clock,
      hooks,
      head: () => this.head,
      tail: () => this.tail,
      secure: async () => (await this.#ring.makeSure()) ?? (await hooks.secure?.()) ?? null,
      // What was refused for want of room may find some now.
      moved: () => this.#queue.unblock(),
      checkpointSoon: () => void this.#exclusive(() => this.#cursors.checkpoint()),
    };
    this.#trouble = recovered.confirm === null ? null : recovered.report.trouble;
    this.#cursors = new Cursors(cursors, recovered.checkpoint);
    this.#pins = new Pins(this.#ring, Math.floor(bytesMax / segmentBytes / 2));
    const quarter = Math.floor(roomIn(segmentBytes) / 4);
    this.#queue = new CommitQueue({
      linger,
      retryDelay,
      clock,
      batchBytes: Math.min(256 * 1024, quarter),
      payloadMax: quarter - blockHeaderLength - entryHeaderLength,
      commit: (batch) => this.#exclusive(() => this.#commit(batch)),
    });
  }

  /** Offset of the oldest entry that is kept. */
  get tail(): number {
    return this.#ring.tail;
  }

  /** Offset of the next entry; everything before it is durable. */
  get head(): number {
    return this.#ring.head;
  }

  /**
   * Takes an entry on. `settled` is called once, never from within this call: without a Fault when the entry is on disk, with
   * one when it is not and will not be (`full`: no room now; `limit`: longer than a quarter of a segment; `storage`: the disk
   * failed). After a Fault that came from the disk the entry may be found after a restart all the same: what a failing disk
   * wrote is not known. `time` is the receive time in Unix ms; the payload is copied.
   */
  append(kind: number, payload: Uint8Array, settled: Settled, time = this.#settings.clock.time()): void {
    this.#queue.append(kind, Math.max(0, Math.floor(time)), payload, settled);
  }

  /**
   * Durable entries from offset `from` on, as many as the limit allows (one at least). What is recycled or damaged is passed
   * over: go on from the last entry's `next`.
   */
  read(from: number, max: ReadLimit): SpoolEntry[] {
    return readEntries(this.#ring, this.#reader, from, max);
  }

  /** About how many bytes the entries from `offset` on take; within a segment, offsets are taken to be alike. */
  bytesFrom(offset: number): number {
    return bytesFrom(this.#ring, offset);
  }

  /** The newest snapshot that holds, and the offset from which on the entries after it are to be read; null without one. */
  latestSnapshot(): Snapshot | null {
    return latestSnapshot(this.#ring, this.#reader);
  }

  /**
   * What rebuilds the owner's state at the start: the newest snapshot's entries, which have no offset of their own, then every
   * entry after it; all entries where there is no snapshot.
   */
  *replay(): Generator<SpoolEntry> {
    const snapshot = this.latestSnapshot();
    yield* snapshot?.entries ?? [];
    for (let at = snapshot?.from ?? this.tail; ; ) {
      const entries = this.read(at, runLimit);
      if (entries.length === 0) {
        return;
      }
      yield* entries;
      at = entries[entries.length - 1].next;
    }
  }

  /** The cursor of this name, as it was left; a new one begins with the oldest entry, or with the next one (`head`). */
  cursor(name: string, start: "tail" | "head" = "tail"): Cursor {
    return this.#cursors.get(name, start);
  }

  get cursors(): readonly Cursor[] {
    return this.#cursors.all;
  }

  /** Forgets a cursor that nobody moves any more, so that it holds nothing back. */
  removeCursor(name: string): void {
    this.#cursors.remove(name);
  }

  /**
   * Keeps the segment of a durable entry from being recycled until it is unpinned as often. False when the entry is not there,
   * or when half the ring is pinned already. Pins do not survive a restart.
   */
  pin(offset: number): boolean {
    return this.#pins.pin(offset);
  }

  /** Whether the next entry may be pinned, in whichever segment it will be. */
  get mayPin(): boolean {
    return this.#pins.mayPin;
  }

  unpin(offset: number): void {
    this.#pins.unpin(offset);
  }

  /**
   * Whether every entry that can be read is on disk for sure. Not so after a start on which the disk failed to confirm the newest ones,
   * which a killed process may have left in the page cache alone: nothing is stored, and nothing may be acknowledged, until it has.
   */
  get sure(): boolean {
    return this.#ring.sure;
  }

  /** Tries again to make it so. To be called now and then. */
  async makeSure(): Promise<void> {
    if (!this.sure && this.#closed === null) {
      this.#tellTrouble(await this.#exclusive(() => this.#ring.makeSure()));
    }
  }

  /** Gives up what is older than `daysMax`. To be called now and then; does nothing while the clock is not synchronised. */
  async retire(): Promise<void> {
    const { daysMax, clock } = this.#settings;
    if (daysMax !== null && this.#closed === null && this.#hooks.synchronised?.() === true) {
      await this.#exclusive(() => this.#ring.retire(clock.time(), daysMax * dayMs));
    }
  }

  /** Reads everything and says what does not hold. */
  verify(): { readonly entries: number; readonly damaged: readonly Damage[] } {
    return verifyEntries(this.#ring, this.#ring.files, this.#ring.salt);
  }

  stats(): SpoolStats {
    const { bytes, commits, bytesWritten, segments, quarantine } = this.#ring;
    const [oldest] = this.read(this.tail, { entries: 1, bytes: 1 });
    return {
      bytes,
      bytesMax: this.#settings.bytesMax,
      segments: segments.length,
      quarantined: quarantine.files,
      oldest: oldest?.time ?? null,
      commits,
      bytesWritten,
      payloadBytes: this.#payloadBytes,
      waiting: this.#queue.waiting,
      refused: this.#queue.refused,
      trouble: this.#trouble,
    };
  }

  /** Commits what waits, writes the cursors and gives the folder back. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#queue.close();
    await this.#exclusive(() => this.#cursors.close());
    this.#ring.files.closeAll();
    this.#lock.release();
  }

  async #commit(batch: Batch): Promise<number | Fault> {
    const began = this.#settings.clock.monotonic();
    const result = await this.#ring.commit(batch);
    this.#tellTrouble(isFault(result) ? result : null);
    if (typeof result === "number") {
      this.#payloadBytes += batch.length - batch.count * entryHeaderLength;
      const milliseconds = this.#settings.clock.monotonic() - began;
      this.#hooks.committed?.({ milliseconds, entries: batch.count, bytes: batch.length });
    }
    return result;
  }

  #tellTrouble(trouble: Fault | null): void {
    const told = this.#trouble?.fault;
    this.#trouble = trouble;
    if (told !== trouble?.fault) {
      this.#hooks.trouble?.(trouble);
    }
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  #damaged(span: Span, segment: Segment): void {
    if (!this.#told.has(span.from) && this.#told.size < toldMax) {
      this.#told.add(span.from);
      this.#hooks.damaged?.(span, nameOf(segment));
    }
  }
}

/** Of its file, without the folder. */
function nameOf({ path }: Segment): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function takeFolder(folder: string, files: FilePort): FileLock {
  const lock = files.makeFolder(folder) ?? files.lock(`${folder}/lock`);
  if (isFault(lock)) {
    throw openProblem(folder, lock);
  }
  if ("pid" in lock) {
    throw problem("SPL-075", { path: folder, pid: lock.pid, since: new Date(lock.since).toISOString() });
  }
  return lock;
}

/** Why a spool cannot be opened, for people. */
function openProblem(folder: string, failure: Fault): ProblemError {
  if (failure.fault === "full") {
    return problem("SPL-073", { path: folder });
  }
  return isForbidden(failure)
    ? problem("FIL-077", { path: folder, user: userInfo().username })
    : problem("SPL-074", { path: folder, reason: failure.detail });
}
