import type { Fault } from "../../protocols/fault.ts";
import type { SpoolEntry } from "./block.ts";
import type { SpoolClock } from "./commit-queue.ts";
import { Cursor } from "./cursor.ts";
import { type Checkpoint, type CursorFile, checkCursorName, cursorsMax } from "./cursor-file.ts";
import type { Reader, ReadLimit } from "./reader.ts";
import type { DropReason } from "./ring.ts";
import type { Segment } from "./segment.ts";
import type { SpoolHooks } from "./spool-options.ts";

/** Cursors are written this often, ms, and beyond that only for one that has passed as much as may come again (`saveAt`). */
const checkpointEvery = 1000;
/** Entries handed to the hook `dropped` at once. */
const dropRun: ReadLimit = { entries: 1024, bytes: 1024 * 1024 };

export interface CursorsOptions {
  readonly file: CursorFile;
  readonly clock: SpoolClock;
  /** Its hook `dropped` is told. */
  readonly hooks: SpoolHooks;
  readonly head: () => number;
  readonly tail: () => number;
  /** Whether what the cursors have passed, and what tells of it, is on disk; the Fault for which it is not. */
  readonly secure: () => Promise<Fault | null>;
  /** A cursor has moved. */
  readonly moved: () => void;
  /** Has `checkpoint` called when no commit is under way. */
  readonly checkpointSoon: () => void;
}

/** All cursors of a spool: how far each reader has come, made durable, and what each will not get. */
export class Cursors {
  readonly #options: CursorsOptions;
  readonly #all = new Map<string, Cursor>();
  /** Positions in the last checkpoint that is on disk. */
  #durable = new Map<string, number>();
  #dirty = false;
  /** The last try to write them failed, and that is told. */
  #failing = false;
  /** A checkpoint is asked for and has not begun. */
  #soon = false;
  #cancelTimer: (() => void) | null = null;
  #closed = false;

  /**
   * Takes up a checkpoint: what was recycled behind its back counts as dropped. It counts as durable when it has been written once more
   * (a killed process may have left it in the page cache only), which the first call of `checkpoint` does although nothing has moved: a
   * ring that is full of what everybody has would otherwise never have room again.
   */
  constructor(options: CursorsOptions, checkpoint: Checkpoint | null) {
    this.#options = options;
    this.#dirty = checkpoint !== null;
    for (const { name, position, drops } of checkpoint?.cursors ?? []) {
      const missed = Math.max(0, options.tail() - position);
      this.#add(name, position + missed, drops + missed);
    }
  }

  get all(): readonly Cursor[] {
    return [...this.#all.values()];
  }

  /** The cursor of this name, made where there is none. Throws on a name or a number of cursors that no checkpoint holds. */
  get(name: string, start: "tail" | "head"): Cursor {
    const known = this.#all.get(name);
    if (known !== undefined) {
      return known;
    }
    const wrong = checkCursorName(name);
    if (wrong !== null || this.#all.size >= cursorsMax) {
      throw new Error(wrong?.detail ?? `a spool has at most ${cursorsMax} cursors`);
    }
    const { tail, head } = this.#options;
    const cursor = this.#add(name, start === "tail" ? tail() : head(), 0);
    this.#touch();
    return cursor;
  }

  remove(name: string): void {
    if (this.#all.delete(name)) {
      this.#touch();
    }
  }

  /** Whether every cursor is durably behind this offset; false without a cursor. */
  delivered(offset: number): boolean {
    const passed = (name: string): boolean => (this.#durable.get(name) ?? -1) >= offset;
    return this.#all.size > 0 && [...this.#all.keys()].every(passed);
  }

  /** Tells and counts what is not delivered of a segment that is given up, and moves the cursors behind it. */
  release(drop: { segment: Segment; oldest: boolean; to: number; reason: DropReason }, reader: Reader): void {
    const { segment, oldest, to } = drop;
    for (const cursor of this.#all.values()) {
      if (cursor.position >= to) {
        continue;
      }
      const from = Math.max(cursor.position, segment.first);
      this.#tell(cursor.name, { ...drop, from }, reader);
      cursor.drops += to - from;
      // Where an older segment is pinned the cursor has yet to pass that one.
      if (oldest || cursor.position >= segment.first) {
        cursor.advance(to);
      }
    }
  }

  /** Makes the positions durable if they have changed; after a failure again, later. */
  async checkpoint(): Promise<void> {
    this.#soon = false;
    if (!this.#dirty) {
      return;
    }
    const unsafe = await this.#options.secure();
    this.#dirty = false;
    const { all } = this;
    for (const cursor of all) {
      cursor.saving();
    }
    const failure = unsafe ?? (await this.#save());
    if (failure !== null) {
      this.#touch();
      if (!this.#failing) {
        this.#options.hooks.cursorsFailed?.(failure);
      }
    }
    this.#failing = failure !== null;
    for (const cursor of all) {
      cursor.saved();
      if (!this.#closed) {
        cursor.whenSaved();
      }
    }
  }

  async #save(): Promise<Fault | null> {
    const cursors = this.all.map(({ name, position, drops }) => ({ name, position, drops }));
    const failure = await this.#options.file.save({ head: this.#options.head(), cursors });
    if (failure === null) {
      this.#durable = new Map(cursors.map(({ name, position }) => [name, position]));
    }
    return failure;
  }

  /** Writes the last checkpoint, which also says how far the spool has come. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#dirty = true;
    await this.checkpoint();
    this.#options.file.close();
  }

  #add(name: string, position: number, drops: number): Cursor {
    const moved = (): void => {
      this.#touch();
      if (cursor.due && !this.#soon && !this.#closed) {
        this.#soon = true;
        this.#options.checkpointSoon();
      }
      this.#options.moved();
    };
    const cursor: Cursor = new Cursor(name, { position, drops }, this.#options.head, moved);
    this.#all.set(name, cursor);
    return cursor;
  }

  #touch(): void {
    this.#dirty = true;
    if (this.#cancelTimer === null && !this.#closed) {
      this.#cancelTimer = this.#options.clock.after(checkpointEvery, () => {
        this.#cancelTimer = null;
        this.#options.checkpointSoon();
      });
    }
  }

  #tell(
    name: string,
    drop: { segment: Segment; from: number; to: number; reason: DropReason },
    reader: Reader,
  ): void {
    const { hooks } = this.#options;
    const { segment, to, reason } = drop;
    if (hooks.dropped === undefined) {
      return;
    }
    for (let from = drop.from; from < to; ) {
      const entries: SpoolEntry[] = [];
      const next = reader.entries(segment, { from, to }, dropRun, entries);
      if (next > from) {
        hooks.dropped(name, entries, { from, to: next, reason });
      }
      from = next;
    }
  }
}
