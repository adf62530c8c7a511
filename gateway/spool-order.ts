/** Several rings read as one, in the order in which their entries came. */
import type { ReadLimit, SpoolEntry } from "./spool/spool.ts";

interface Readable {
  read(from: number, max: ReadLimit): SpoolEntry[];
}

interface Replayable extends Readable {
  readonly tail: number;
  latestSnapshot(): { readonly from: number; readonly entries: readonly SpoolEntry[] } | null;
}

/** Entries read at once. */
const run: ReadLimit = { entries: 1024, bytes: 1024 * 1024 };

/** Every entry of one ring from an offset on. */
export function* entriesFrom(ring: Readable, offset: number): Generator<SpoolEntry> {
  for (let at = offset; ; ) {
    const entries = ring.read(at, run);
    if (entries.length === 0) {
      return;
    }
    yield* entries;
    at = entries[entries.length - 1].next;
  }
}

/** The entries of several rings by their time of receipt; within one ring as they lie there. */
export function* byTime<Ring>(
  sources: readonly { readonly ring: Ring; readonly entries: Iterator<SpoolEntry> }[],
): Generator<{ readonly ring: Ring; readonly entry: SpoolEntry }> {
  const waiting = sources.map(({ ring, entries }) => ({ ring, entries, next: nextOf(entries) }));
  for (;;) {
    let first: (typeof waiting)[number] | null = null;
    for (const source of waiting) {
      if (source.next !== null && (first?.next == null || source.next.time < first.next.time)) {
        first = source;
      }
    }
    if (first === null || first.next === null) {
      return;
    }
    yield { ring: first.ring, entry: first.next };
    first.next = nextOf(first.entries);
  }
}

/**
 * What rebuilds the gateway's state at the start: the newest snapshot of each ring, then what followed them. A message is in its own
 * ring's snapshot or behind it, so the two together know every one.
 */
export function* replayOf<Ring extends Replayable>(
  rings: readonly Ring[],
): Generator<{ readonly ring: Ring; readonly entry: SpoolEntry }> {
  const snapshots = rings.map((ring) => ring.latestSnapshot());
  for (const [i, ring] of rings.entries()) {
    for (const entry of snapshots[i]?.entries ?? []) {
      yield { ring, entry };
    }
  }
  const sources = rings.map((ring, i) => ({
    ring,
    entries: entriesFrom(ring, snapshots[i]?.from ?? ring.tail),
  }));
  yield* byTime(sources);
}

function nextOf(entries: Iterator<SpoolEntry>): SpoolEntry | null {
  const { done, value } = entries.next();
  return done === true ? null : value;
}
