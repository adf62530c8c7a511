import { userInfo } from "node:os";
import { type Fault, isFault } from "../../protocols/fault.ts";
import { type ProblemError, problem } from "../problem.ts";
import type { Settled } from "./batch.ts";
import { blockHeaderLength, entryHeaderLength, type SpoolEntry } from "./block.ts";
import { CommitQueue, type SpoolClock } from "./commit-queue.ts";
import { Cursor } from "./cursor.ts";
import { CursorFile, checkCursorName, cursorsMax } from "./cursor-file.ts";
import type { FileLock, FilePort } from "./file-port.ts";
import { Reader, type ReadLimit, type Span } from "./reader.ts";
import { type Recovered, type RecoveryReport, recover } from "./recovery.ts";
import { type DropReason, Ring, roomIn, type SnapshotEntry } from "./ring.ts";
import type { Segment } from "./segment.ts";
import { segmentHeaderLength } from "./segment-header.ts";

export type { Settled } from "./batch.ts";
export type { SpoolEntry } from "./block.ts";
export type { SpoolClock } from "./commit-queue.ts";
export type { Cursor } from "./cursor.ts";
export type { ReadLimit, Span } from "./reader.ts";
export type { RecoveryReport } from "./recovery.ts";
export type { DropReason, SnapshotEntry } from "./ring.ts";

export interface SpoolOptions {
  /** Absolute path; made (0700) where it is not there. */
  readonly folder: string;
  /** All segment files together, quarantined ones included, never exceed this; at least three segments. */
  readonly bytesMax: number;
  /** Length of a segment file; a multiple of 4096. */
  readonly segmentBytes?: number;
  /** Entries older than this many days are given up; null keeps them. Only a synchronised clock counts (hook `synchronised`). */
  readonly daysMax?: number | null;
  /** How long the first entry of a commit waits for others, ms: delay of the acknowledgement against wear of the card. */
  readonly linger?: number;
  readonly policyWhenFull?: "drop-oldest" | "refuse";
  /** After a failed commit the disk is left alone this long, ms; entries are refused meanwhile. */
  readonly retryDelay?: number;
  readonly clock?: SpoolClock;
  readonly hooks?: SpoolHooks;
  /** A random 32-bit number for a new ring. */
  readonly salt?: () => number;
}

/** What the spool tells and asks its owner. All are called in line: they must be quick, and may append. */
export interface SpoolHooks {
  /**
   * State that must outlive the segments it came from, written at the start of each new segment. It must describe exactly what
   * is settled (`settled` called without a Fault), nothing reserved and nothing waiting.
   */
  snapshot?(): readonly SnapshotEntry[];
  /**
   * Entries given up before this cursor had passed them, in runs. `span` may cover more offsets than there are entries: the
   * others were damaged.
   */
  dropped?(
    cursor: string,
    entries: readonly SpoolEntry[],
    drop: Span & { readonly reason: DropReason },
  ): void;
  /** Entries that were on disk and do not hold any more; told once, when met. */
  damaged?(span: Span, file: string): void;
  /** One commit is durable. */
  committed?(commit: {
    readonly milliseconds: number;
    readonly entries: number;
    readonly bytes: number;
  }): void;
  /** Whether the clock is synchronised now. */
  synchronised?(): boolean;
}

export interface SpoolStats {
  readonly bytes: number;
  readonly bytesMax: number;
  readonly segments: number;
  readonly quarantined: number;
  /** Receive time of the oldest entry, Unix ms; null when empty. */
  readonly oldest: number | null;
  readonly commits: number;
  /** Written to files since the start: entries, headers, snapshots, new segments. */
  readonly bytesWritten: number;
  /** Entries not yet settled. */
  readonly waiting: number;
  /** Entries refused since the start. */
  readonly refused: number;
}

type Settings = Required<Omit<SpoolOptions, "salt" | "hooks">>;

const checkpointEvery = 1000; // ms
const dayMs = 86_400_000;
/** Entries handed to `dropped` at once. */
const dropRun: ReadLimit = { entries: 1024, bytes: 1024 * 1024 };
const damagedTold = 4096;

const systemClock: SpoolClock = {
  time: () => Date.now(),
  monotonic: () => performance.now(),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * A log of opaque entries on disk, bounded in bytes, with one cursor per reader. An entry is settled when it is durable: after
 * that no power cut loses it. Offsets count entries and rise for ever.
 */
export class Spool {
  /** What the start found. */
  readonly recovery: RecoveryReport;
  readonly #options: Settings;
  readonly #hooks: SpoolHooks;
  readonly #lock: FileLock;
  readonly #ring: Ring;
  readonly #reader: Reader;
  readonly #queue: CommitQueue;
  readonly #cursorFile: CursorFile;
  readonly #cursors = new Map<string, Cursor>();
  /** Positions in the last checkpoint that is on disk. */
  #checkpointed = new Map<string, number>();
  #pins = new Map<number, number>();
  #dirty = false;
  #cancelCheckpoint: (() => void) | null = null;
  /** Commits, checkpoints and retirement, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #told = new Set<number>();
  #closed: Promise<void> | null = null;

  /**
   * Opens the spool of a folder, repairing what it can; damage never keeps it from starting. Rejects with a ProblemError where
   * another process has the folder (SPL-075) or the folder cannot be used at all.
   */
  static async open(options: SpoolOptions, files: FilePort): Promise<Spool> {
    const { folder } = options;
    const unusable = files.makeFolder(folder);
    if (unusable !== null) {
      throw openProblem(folder, unusable);
    }
    const lock = files.lock(`${folder}/lock`);
    if (isFault(lock)) {
      throw openProblem(folder, lock);
    }
    if ("pid" in lock) {
      throw problem("SPL-075", { path: folder, pid: lock.pid, since: new Date(lock.since).toISOString() });
    }
    const settings = withDefaults(options);
    const cursorFile = new CursorFile(files, folder);
    const newSalt = options.salt ?? (() => crypto.getRandomValues(new Uint32Array(1))[0]);
    const recovered = await recover(files, folder, {
      segmentBytes: settings.segmentBytes,
      newSalt,
      cursorFile,
    });
    if (isFault(recovered) || recovered === "newer") {
      lock.release();
      throw recovered === "newer" ? problem("SPL-065", { path: folder }) : openProblem(folder, recovered);
    }
    return new Spool(settings, options.hooks ?? {}, { files, lock, cursorFile, recovered });
  }

  private constructor(
    options: Settings,
    hooks: SpoolHooks,
    parts: {
      files: FilePort;
      lock: FileLock;
      cursorFile: CursorFile;
      recovered: Recovered;
    },
  ) {
    const { recovered, cursorFile, files, lock } = parts;
    this.#options = options;
    this.#hooks = hooks;
    this.#lock = lock;
    this.#cursorFile = cursorFile;
    this.recovery = recovered.report;
    this.#ring = new Ring(files, options, recovered, {
      now: () => ({ time: options.clock.time(), synchronised: hooks.synchronised?.() ?? false }),
      snapshot: () => hooks.snapshot?.() ?? [],
      checkpoint: () => this.#checkpoint(),
      delivered: (offset) => this.#delivered(offset),
      released: (segment, to, reason) => this.#released(segment, to, reason),
    });
    this.#reader = new Reader(this.#ring.files, this.#ring.salt, (span, segment) =>
      this.#damaged(span, segment),
    );
    const quarter = Math.floor(roomIn(options.segmentBytes) / 4);
    this.#queue = new CommitQueue({
      linger: options.linger,
      retryDelay: options.retryDelay,
      clock: options.clock,
      batchBytes: Math.min(256 * 1024, quarter),
      payloadMax: quarter - blockHeaderLength - entryHeaderLength,
      commit: (batch) => this.#exclusive(() => this.#commit(batch)),
    });
    for (const { name, position, drops } of recovered.checkpoint?.cursors ?? []) {
      const missed = Math.max(0, this.tail - position);
      this.#addCursor(name, { position: position + missed, drops: drops + missed });
    }
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
   * one when it is not and will not be (`full`: no room now; `limit`: too long; `storage`: the disk failed). After a `storage`
   * Fault the entry may be found after a restart all the same: what a failing disk wrote is not known.
   * `time` is the receive time in Unix ms.
   */
  append(
    kind: number,
    payload: Uint8Array,
    settled: Settled,
    time: number = this.#options.clock.time(),
  ): void {
    this.#queue.append(kind, Math.max(0, Math.floor(time)), payload, settled);
  }

  /**
   * Durable entries from offset `from` on, as many as the limit allows (one at least). What is recycled or damaged is passed
   * over: go on from the last entry's `next`.
   */
  read(from: number, max: ReadLimit): SpoolEntry[] {
    const entries: SpoolEntry[] = [];
    let at = from;
    for (let i = Math.max(0, this.#ring.indexOf(from)); i < this.#ring.segments.length; i++) {
      const segment = this.#ring.segments[i];
      const end = this.#ring.endOf(i);
      at = Math.max(at, segment.first);
      const taken = entries.reduce((sum, { payload }) => sum + payload.length, 0);
      const room = { entries: max.entries - entries.length, bytes: max.bytes - taken };
      if (room.entries < 1 || (entries.length > 0 && room.bytes < 1)) {
        break;
      }
      at = at < end ? this.#reader.entries(segment, { from: at, to: end }, room, entries) : at;
      if (at < end) {
        break;
      }
    }
    return entries;
  }

  /** The newest snapshot that holds, as entries at the offset from which on the entries after it are to be read; null without one. */
  latestSnapshot(): { readonly from: number; readonly entries: readonly SpoolEntry[] } | null {
    for (let i = this.#ring.segments.length - 1; i >= 0; i--) {
      const segment = this.#ring.segments[i];
      const end = this.#ring.endOf(i);
      const block = this.#reader.block(segment, segmentHeaderLength, { from: segment.first, to: end });
      const entries = block?.header.snapshot ? this.#reader.snapshot(segment, block) : null;
      if (entries !== null) {
        return { from: segment.first, entries };
      }
    }
    return null;
  }

  /** What rebuilds the owner's state at the start: the newest snapshot, then every entry after it; all entries without one. */
  *replay(): Generator<SpoolEntry> {
    const snapshot = this.latestSnapshot();
    yield* snapshot?.entries ?? [];
    let at = snapshot?.from ?? this.tail;
    for (;;) {
      const entries = this.read(at, { entries: 1024, bytes: 1024 * 1024 });
      if (entries.length === 0) {
        return;
      }
      yield* entries;
      at = entries[entries.length - 1].next;
    }
  }

  /** The cursor of this name, as it was left; a new one begins at `start`. */
  cursor(name: string, start: "tail" | "head" = "tail"): Cursor {
    const known = this.#cursors.get(name);
    if (known !== undefined) {
      return known;
    }
    const wrong = checkCursorName(name);
    if (wrong !== null || this.#cursors.size >= cursorsMax) {
      throw new Error(wrong?.detail ?? `a spool has at most ${cursorsMax} cursors`);
    }
    const cursor = this.#addCursor(name, { position: start === "tail" ? this.tail : this.head, drops: 0 });
    this.#touch();
    return cursor;
  }

  get cursors(): readonly Cursor[] {
    return [...this.#cursors.values()];
  }

  /** Forgets a cursor that nobody moves any more, so that it holds nothing back. */
  removeCursor(name: string): void {
    if (this.#cursors.delete(name)) {
      this.#touch();
    }
  }

  /**
   * Keeps the segment of a durable entry from being recycled until it is unpinned as often. False when the entry is not there,
   * or when half the ring is pinned already. Pins do not survive a restart.
   */
  pin(offset: number): boolean {
    const segment = this.#holding(offset);
    if (segment === null) {
      return false;
    }
    const pinned = this.#ring.segments.filter(({ pins }) => pins > 0).length;
    const pinnedMax = Math.floor(this.#options.bytesMax / this.#options.segmentBytes / 2);
    if (segment.pins === 0 && pinned >= pinnedMax) {
      return false;
    }
    segment.pins++;
    this.#pins.set(offset, (this.#pins.get(offset) ?? 0) + 1);
    return true;
  }

  unpin(offset: number): void {
    const count = this.#pins.get(offset) ?? 0;
    const segment = this.#holding(offset);
    if (count === 0 || segment === null) {
      return;
    }
    segment.pins--;
    if (count > 1) {
      this.#pins.set(offset, count - 1);
    } else {
      this.#pins.delete(offset);
    }
  }

  /** Gives up what is older than `daysMax`. To be called now and then; does nothing while the clock is not synchronised. */
  async retire(): Promise<void> {
    const { daysMax, clock } = this.#options;
    if (daysMax !== null && this.#closed === null && this.#hooks.synchronised?.() === true) {
      await this.#exclusive(() => this.#ring.retire(clock.time(), daysMax * dayMs));
    }
  }

  /** Reads everything and says what does not hold. */
  verify(): { readonly entries: number; readonly damaged: readonly Span[] } {
    const damaged: Span[] = [];
    const reader = new Reader(this.#ring.files, this.#ring.salt, (span) => damaged.push(span));
    let entries = 0;
    this.#ring.segments.forEach((segment, i) => {
      const to = this.#ring.endOf(i);
      for (let from = segment.first; from < to; ) {
        const found: SpoolEntry[] = [];
        from = reader.entries(segment, { from, to }, dropRun, found);
        entries += found.length;
      }
    });
    return { entries, damaged };
  }

  stats(): SpoolStats {
    const { bytes, commits, bytesWritten, segments, quarantine } = this.#ring;
    const [oldest] = this.read(this.tail, { entries: 1, bytes: 1 });
    return {
      bytes,
      bytesMax: this.#options.bytesMax,
      segments: segments.length,
      quarantined: quarantine.files,
      oldest: oldest?.time ?? null,
      commits,
      bytesWritten,
      waiting: this.#queue.waiting,
      refused: this.#queue.refused,
    };
  }

  /** Commits what waits, writes the cursors and gives the folder back. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#queue.close();
    this.#cancelCheckpoint?.();
    this.#dirty = true;
    await this.#exclusive(() => this.#checkpoint());
    this.#cursorFile.close();
    this.#ring.files.closeAll();
    this.#lock.release();
  }

  async #commit(batch: Parameters<Ring["commit"]>[0]): Promise<number | Fault> {
    const began = performance.now();
    const result = await this.#ring.commit(batch);
    if (typeof result === "number") {
      const milliseconds = performance.now() - began;
      this.#hooks.committed?.({ milliseconds, entries: batch.count, bytes: batch.length });
    }
    return result;
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  #holding(offset: number): Segment | null {
    const index = this.#ring.indexOf(offset);
    return index >= 0 && offset < this.#ring.endOf(index) ? this.#ring.segments[index] : null;
  }

  #addCursor(name: string, state: { position: number; drops: number }): Cursor {
    const cursor = new Cursor(
      name,
      state,
      () => this.head,
      () => this.#moved(),
    );
    this.#cursors.set(name, cursor);
    return cursor;
  }

  #moved(): void {
    // What was refused for want of room may have found some.
    this.#queue.unblock();
    this.#touch();
  }

  /** Writes the cursors soon. */
  #touch(): void {
    this.#dirty = true;
    if (this.#cancelCheckpoint === null && this.#closed === null) {
      this.#cancelCheckpoint = this.#options.clock.after(checkpointEvery, () => {
        this.#cancelCheckpoint = null;
        void this.#exclusive(() => this.#checkpoint());
      });
    }
  }

  async #checkpoint(): Promise<void> {
    if (!this.#dirty) {
      return;
    }
    this.#dirty = false;
    const cursors = this.cursors.map(({ name, position, drops }) => ({ name, position, drops }));
    if ((await this.#cursorFile.save({ head: this.head, cursors })) === null) {
      this.#checkpointed = new Map(cursors.map(({ name, position }) => [name, position]));
    } else {
      this.#touch();
    }
  }

  #delivered(offset: number): boolean {
    const passed = (name: string): boolean => (this.#checkpointed.get(name) ?? -1) >= offset;
    return this.#cursors.size > 0 && [...this.#cursors.keys()].every(passed);
  }

  #released(segment: Segment, to: number, reason: DropReason): void {
    const oldest = segment === this.#ring.segments[0];
    for (const cursor of this.#cursors.values()) {
      if (cursor.position >= to) {
        continue;
      }
      const from = Math.max(cursor.position, segment.first);
      this.#tellDropped(cursor.name, segment, { from, to, reason });
      cursor.drops += to - from;
      // Where an older segment is pinned the cursor has yet to pass that one.
      if (oldest || cursor.position >= segment.first) {
        cursor.advance(to);
      }
    }
  }

  #tellDropped(name: string, segment: Segment, drop: Span & { reason: DropReason }): void {
    const { dropped } = this.#hooks;
    if (dropped === undefined) {
      return;
    }
    for (let from = drop.from; from < drop.to; ) {
      const entries: SpoolEntry[] = [];
      const next = this.#reader.entries(segment, { from, to: drop.to }, dropRun, entries);
      if (next > from) {
        this.#hooks.dropped?.(name, entries, { from, to: next, reason: drop.reason });
      }
      from = next;
    }
  }

  #damaged(span: Span, segment: Segment): void {
    if (!this.#told.has(span.from) && this.#told.size < damagedTold) {
      this.#told.add(span.from);
      this.#hooks.damaged?.(span, segment.path.slice(segment.path.lastIndexOf("/") + 1));
    }
  }
}

function withDefaults(options: SpoolOptions): Settings {
  const segmentBytes = options.segmentBytes ?? 4 * 1024 * 1024;
  if (segmentBytes % 4096 !== 0 || segmentBytes < 8192 || options.bytesMax < 3 * segmentBytes) {
    throw new Error(`a spool has at least three segments of at least 8192 bytes, not ${options.bytesMax}`);
  }
  return {
    folder: options.folder,
    bytesMax: options.bytesMax,
    segmentBytes,
    daysMax: options.daysMax ?? null,
    linger: options.linger ?? 20,
    policyWhenFull: options.policyWhenFull ?? "drop-oldest",
    retryDelay: options.retryDelay ?? 1000,
    clock: options.clock ?? systemClock,
  };
}

/** Why a spool cannot be opened, for people. */
function openProblem(folder: string, failure: Fault): ProblemError {
  if (failure.fault === "full") {
    return problem("SPL-073", { path: folder });
  }
  return /\bE(ACCES|PERM)\b/.test(failure.detail)
    ? problem("FIL-077", { path: folder, user: userInfo().username })
    : problem("SPL-074", { path: folder, reason: failure.detail });
}
