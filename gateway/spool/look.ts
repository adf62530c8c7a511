import { type Fault, isFault } from "../../protocols/fault.ts";
import type { SpoolEntry } from "./block.ts";
import { type Checkpoint, CursorFile, type CursorState } from "./cursor-file.ts";
import type { FilePort, LockHolder } from "./file-port.ts";
import { OpenFiles } from "./open-files.ts";
import { Quarantine } from "./quarantine.ts";
import { Reader, type ReadLimit } from "./reader.ts";
import { missingAround, survey } from "./recovery.ts";
import type { Segment } from "./segment.ts";
import { inspect, type Remains, remainsOf } from "./segment-find.ts";
import {
  bytesFrom,
  endOf,
  latestSnapshot,
  readEntries,
  type SegmentList,
  type Snapshot,
  verifyEntries,
} from "./segment-list.ts";
import { scanSegment } from "./segment-scan.ts";

/** Something that does not hold, for people. */
export interface LookDamage {
  /** Name of the file in the spool's folder. */
  readonly file: string;
  /**
   * `entries`: offsets that cannot be read; `snapshot`: a copy of the gateway's state, of which an older one counts; `header`, `foreign`,
   * `order`: a segment that the next start sets aside; `cursors`: sinks get some entries again.
   */
  readonly what: "entries" | "snapshot" | "header" | "foreign" | "order" | "cursors";
  /** Offsets, `to` not included; null where they are not known. */
  readonly from: number | null;
  readonly to: number | null;
}

export interface LookReport {
  /** Entries that hold. */
  readonly entries: number;
  readonly damaged: readonly LookDamage[];
  /** Files in quarantine/, set aside by an earlier start. */
  readonly quarantined: number;
  /** The last commit was cut short, as by a power cut. Nothing in it was ever acknowledged. */
  readonly cut: boolean;
  /** Segments that the writer began anew while they were read; their content was no longer needed. */
  readonly recycled: number;
}

/** Looks at a folder that a writer changes under our eyes, until it held still for so long. */
const looksMax = 5;

/**
 * A spool seen from outside: opened for reading only, without the lock, repairing nothing. It shows the moment at which it was
 * opened. While a gateway writes (`writer`), its last commit may be seen before the disk has confirmed it, and what is recycled
 * meanwhile is passed over; open it again for what came since.
 */
export class SpoolLook {
  /** The process that writes to it; null where none does. */
  readonly writer: LockHolder | null;
  readonly head: number;
  readonly tail: number;
  readonly segments: number;
  /** Length of all segment files, unused and quarantined ones included. */
  readonly bytes: number;
  readonly quarantined: number;
  /** As they were last written, at most a second ago while a gateway runs. */
  readonly cursors: readonly CursorState[];
  readonly #port: FilePort;
  readonly #list: SegmentList;
  readonly #files: OpenFiles;
  readonly #salt: number;
  readonly #reader: Reader;
  readonly #damaged: readonly LookDamage[];
  readonly #cut: boolean;

  /** "newer" where a newer version wrote it; a Fault where the folder cannot be read. */
  static open(
    folder: string,
    port: FilePort,
    holder: (lock: string) => LockHolder | null,
  ): SpoolLook | Fault | "newer" {
    const writer = holder(`${folder}/lock`);
    for (let looks = 1; ; looks++) {
      const look = SpoolLook.#at(folder, port, writer);
      const settled = !(look instanceof SpoolLook) || look.#damaged.length === 0;
      if (settled || writer === null || looks === looksMax) {
        return look;
      }
      look.close();
    }
  }

  static #at(folder: string, port: FilePort, writer: LockHolder | null): SpoolLook | Fault | "newer" {
    // The cursors first: the head they name must not be ahead of the segments looked at.
    const checkpoint = new CursorFile(port, folder).load();
    const names = port.list(folder);
    if (isFault(names)) {
      return names;
    }
    const found = survey(port, folder, names);
    return found.finds.some(({ header }) => header === "newer")
      ? "newer"
      : new SpoolLook(folder, { port, writer, checkpoint, found });
  }

  private constructor(
    folder: string,
    parts: {
      readonly port: FilePort;
      readonly writer: LockHolder | null;
      readonly checkpoint: Checkpoint | null | "damaged";
      readonly found: ReturnType<typeof survey>;
    },
  ) {
    const { port, writer, found } = parts;
    const { segments, spares, rejected } = found;
    const checkpoint = parts.checkpoint === "damaged" ? null : parts.checkpoint;
    const newest = segments.at(-1);
    this.writer = writer;
    this.#port = port;
    this.#files = new OpenFiles(port);
    this.#salt = found.finds.find(({ path }) => path === newest?.path)?.salt ?? 0;
    this.#reader = new Reader(this.#files, this.#salt, () => {});
    const scan = newest === undefined ? null : scanSegment(this.#reader, newest);
    const remains = rejected
      .filter(({ reason }) => reason === "header")
      .map(({ path }): Remains => remainsOf(port, path, this.#salt));
    const missing = missingAround(this.#reader, segments, remains);
    if (newest !== undefined && scan !== null) {
      newest.end = scan.unread ? newest.bytes : scan.place;
    }
    const positions = (checkpoint?.cursors ?? []).map(({ position }) => position);
    this.head = Math.max(scan?.offset ?? 0, checkpoint?.head ?? 0, ...positions);
    this.tail = segments[0]?.first ?? this.head;
    this.#list = { segments, head: this.head };
    this.cursors = checkpoint?.cursors ?? [];
    this.#cut = writer === null && (scan?.cut ?? null) !== null;
    this.segments = segments.length;
    const quarantine = new Quarantine(port, folder);
    this.quarantined = quarantine.files;
    this.bytes = [...segments, ...spares].reduce((sum, { bytes }) => sum + bytes, quarantine.bytes);
    this.#damaged = [
      ...(parts.checkpoint === "damaged"
        ? [{ file: "cursors", what: "cursors", from: null, to: null } as const]
        : []),
      ...rejected.map(({ path, reason }) => ({
        file: fileOf(path),
        what: reason as LookDamage["what"],
        from: null,
        to: null,
      })),
      ...(remains.length > 0 ? missing : []).map(({ from, to }) => ({
        file: rejected.map(({ path }) => fileOf(path)).join(", "),
        what: "entries" as const,
        from,
        to,
      })),
    ];
  }

  /** As Spool.read. */
  read(from: number, max: ReadLimit): SpoolEntry[] {
    return readEntries(this.#list, this.#reader, from, max);
  }

  /** As Spool.bytesFrom. */
  bytesFrom(offset: number): number {
    return bytesFrom(this.#list, offset);
  }

  latestSnapshot(): Snapshot | null {
    return latestSnapshot(this.#list, this.#reader);
  }

  /** Reads everything and names what does not hold. */
  verify(): LookReport {
    const { entries, damaged } = verifyEntries(this.#list, this.#files, this.#salt);
    const recycled = new Set<Segment>();
    const found: LookDamage[] = [...this.#damaged];
    for (const { segment, from, to } of damaged) {
      if (this.writer !== null && inspect(this.#port, segment.path).epoch !== segment.epoch) {
        recycled.add(segment);
      } else if (!found.some((known) => known.from === from && known.to === to)) {
        found.push({ file: fileOf(segment.path), what: from === to ? "snapshot" : "entries", from, to });
      }
    }
    return {
      entries,
      damaged: found,
      quarantined: this.quarantined,
      cut: this.#cut,
      recycled: recycled.size,
    };
  }

  /** Number of offsets kept, damaged ones included. */
  get entries(): number {
    return this.#list.segments.reduce(
      (sum, { first }, i) => sum + Math.max(0, endOf(this.#list, i) - first),
      0,
    );
  }

  close(): void {
    this.#files.closeAll();
  }
}

function fileOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
