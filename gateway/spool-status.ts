/** How full the spool is, how far each sink is behind, and what it cost the card: the same from a running gateway and from its files. */
import { isSinkCursor } from "./forward.ts";
import type { RingName } from "./rings.ts";
import type { Cursor, SpoolEntry, SpoolStats } from "./spool/spool.ts";

export interface SpoolStatus {
  readonly folder: string;
  readonly rings: readonly RingStatus[];
  readonly sinks: readonly SinkLag[];
  /** Records given up since the gateway started, by sink and reason; null where no gateway runs to have counted them. */
  readonly drops:
    | readonly { readonly sink: string; readonly reason: string; readonly records: number }[]
    | null;
}

export interface RingStatus {
  readonly ring: RingName;
  /** Length of its files on disk, and the most they may have. */
  readonly bytes: number;
  readonly bytesMax: number;
  readonly segments: number;
  /** Damaged files set aside. */
  readonly quarantined: number;
  readonly entries: number;
  /** When the oldest entry came, Unix ms; null when it is empty. */
  readonly oldest: number | null;
  /** Wear of the card since the gateway started; null where no gateway runs. */
  readonly wear: Wear | null;
}

export interface Wear {
  readonly commits: number;
  /** Written to segments, new files of zeros included. */
  readonly bytesWritten: number;
  /** Of messages, for which it was written. */
  readonly payloadBytes: number;
  /** bytesWritten / payloadBytes; null before the first message. */
  readonly perByte: number | null;
}

/** How far one sink is behind in one ring. */
export interface SinkLag {
  readonly sink: string;
  readonly ring: RingName;
  readonly entries: number;
  readonly records: number;
  /** Whether `records` was counted, not reckoned from the oldest ones. */
  readonly exact: boolean;
  readonly bytes: number;
  /** Age of what waits longest, s; 0 when nothing waits. */
  readonly age: number;
  /** Entries it will never get, ever. */
  readonly missed: number;
}

/** What a ring shows of itself: an open spool, or a look at one. */
export interface RingSource {
  readonly head: number;
  readonly tail: number;
  readonly cursors: readonly Pick<Cursor, "name" | "position" | "drops">[];
  read(from: number, max: { readonly entries: number; readonly bytes: number }): SpoolEntry[];
  bytesFrom(offset: number): number;
}

/** Entries whose records are counted; where more wait, the rest is taken to be like them. */
const countedMax = 2000;
const countedBytes = 1024 * 1024;

/** One status for each sink that reads this ring. `records` says how many records an entry is. */
export function sinkLags(
  ring: RingName,
  source: RingSource,
  at: { readonly now: number; readonly records: (entry: SpoolEntry) => number },
): SinkLag[] {
  const position = (name: string) => source.cursors.find((cursor) => cursor.name === name)?.position ?? 0;
  return source.cursors
    .filter(({ name }) => isSinkCursor(name))
    .map(({ name: sink, position: from, drops }) => {
      // What came while much waited went ahead: it is behind the cursor's place, and delivered all the same.
      const [live, to] = [position(`${sink}~from`), position(`${sink}~to`)];
      const ahead = live > from && to > live ? to - live : 0;
      const entries = Math.max(0, source.head - from - ahead);
      const counted = entries === 0 ? [] : source.read(from, { entries: countedMax, bytes: countedBytes });
      const records = counted.reduce((sum, entry) => sum + at.records(entry), 0);
      const exact = counted.length >= entries;
      const share = ahead > 0 ? entries / (entries + ahead) : 1;
      return {
        sink,
        ring,
        entries,
        records: exact || counted.length === 0 ? records : Math.round((records * entries) / counted.length),
        exact,
        bytes: entries === 0 ? 0 : Math.round(source.bytesFrom(from) * share),
        age: counted.length === 0 ? 0 : Math.max(0, (at.now - counted[0].time) / 1000),
        missed: drops,
      };
    });
}

/** One ring of a running gateway. */
export function ringStatus(ring: RingName, source: RingSource & { stats(): SpoolStats }): RingStatus {
  const { bytes, bytesMax, segments, quarantined, oldest, commits, bytesWritten, payloadBytes } =
    source.stats();
  const perByte = payloadBytes === 0 ? null : Math.round((bytesWritten / payloadBytes) * 100) / 100;
  return {
    ring,
    bytes,
    bytesMax,
    segments,
    quarantined,
    entries: source.head - source.tail,
    oldest,
    wear: { commits, bytesWritten, payloadBytes, perByte },
  };
}
