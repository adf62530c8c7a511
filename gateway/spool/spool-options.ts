import type { Fault } from "../../protocols/fault.ts";
import type { SpoolEntry } from "./block.ts";
import type { SpoolClock } from "./commit-queue.ts";
import type { Span } from "./reader.ts";
import type { DropReason, SnapshotEntry } from "./ring.ts";

export const dayMs = 86_400_000;

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

/**
 * What the spool tells and asks its owner. All are called in line: they must be quick, and may append. They are looked up when
 * needed, so that an owner that needs the spool first may add them before the first append.
 */
export interface SpoolHooks {
  /**
   * State that must outlive the segments it came from, written at the start of each new segment. It must describe exactly what
   * is settled (`settled` called without a Fault), nothing reserved and nothing waiting. Where it takes more than `room` bytes (headers
   * of entries included) no segment can begin, and nothing is stored.
   */
  snapshot?(room: number): readonly SnapshotEntry[];
  /**
   * Entries given up before this cursor had passed them, in runs. `span` may cover more offsets than there are entries: the
   * others were damaged.
   */
  dropped?(
    cursor: string,
    entries: readonly SpoolEntry[],
    drop: Span & { readonly reason: DropReason },
  ): void;
  /**
   * Makes durable what `dropped` was told: asked before a segment is overwritten or removed, and before cursors are written that passed
   * it. A Fault keeps them as they are. It must not wait for an append to this spool, which waits for it.
   */
  secure?(): Promise<Fault | null>;
  /** Entries that were on disk and do not hold any more; told once, when met. */
  damaged?(span: Span, file: string): void;
  /** One commit is durable. */
  committed?(commit: {
    readonly milliseconds: number;
    readonly entries: number;
    readonly bytes: number;
  }): void;
  /** A write or sync failed, and this file takes no more: what its pages hold is not known. The commit is repeated in another file. */
  abandoned?(file: string, failure: Fault): void;
  /** The cursors could not be written, told once; it is tried again. */
  cursorsFailed?(failure: Fault): void;
  /** Commits begin to fail, with the reason; null when one is durable again. */
  trouble?(reason: Fault | null): void;
  /** Whether the clock is synchronised now. */
  synchronised?(): boolean;
}

/** Options with nothing left open. */
export type SpoolSettings = Required<Omit<SpoolOptions, "salt" | "hooks">>;

/** This machine's. */
export const systemClock: SpoolClock = {
  time: () => Date.now(),
  monotonic: () => performance.now(),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

export function withDefaults(options: SpoolOptions): SpoolSettings {
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
