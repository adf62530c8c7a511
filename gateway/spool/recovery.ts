import { type Fault, isFault } from "../../protocols/fault.ts";
import type { Checkpoint, CursorFile } from "./cursor-file.ts";
import type { FilePort } from "./file-port.ts";
import { OpenFiles } from "./open-files.ts";
import { Quarantine } from "./quarantine.ts";
import { Reader, type Span } from "./reader.ts";
import type { Segment } from "./segment.ts";
import { type Find, inspect, type Remains, remainsOf, sortOut } from "./segment-find.ts";
import { type SegmentHeader, segmentHeaderLength, writeSegmentHeader } from "./segment-header.ts";
import { scanSegment } from "./segment-scan.ts";
import { type FileNumbers, fileNumbers, type Slot, segmentNames } from "./segment-store.ts";

/** What was found at the start, for the log and the counters. Nothing in it keeps the spool from starting. */
export interface RecoveryReport {
  readonly segments: number;
  /** Files that could not be used, now in quarantine/. */
  readonly setAside: readonly { readonly name: string; readonly reason: string }[];
  /** Offsets that were on disk once and cannot be read any more, as far as the start looked; older segments are checked when read. */
  readonly lost: readonly Span[];
  /** Blocks whose checksum failed, in the newest segment. */
  readonly damagedBlocks: number;
  /** The last commit was cut short, as by a power cut; it was never settled. Its entries, where its header still tells. */
  readonly cut: { readonly offset: number; readonly entries: number | null } | null;
  readonly cursors: "none" | "read" | "damaged";
  /** Entries recycled before the cursor had passed them, which a crash kept from being counted. */
  readonly missed: readonly { readonly cursor: string; readonly from: number; readonly to: number }[];
  /** The disk failed while starting; new entries go to a fresh segment. */
  readonly trouble: Fault | null;
}

export interface Recovered {
  /** Oldest first. */
  readonly segments: Segment[];
  /** Whole, unused segment files. */
  readonly spares: readonly Slot[];
  readonly quarantine: Quarantine;
  readonly epoch: number;
  readonly salt: number;
  readonly head: number;
  /** The newest segment may take further blocks. */
  readonly writable: boolean;
  readonly numbers: FileNumbers;
  readonly checkpoint: Checkpoint | null;
  /** Where the disk failed to confirm the last block: tries again. Until it has, what that block holds may be gone after a power cut. */
  readonly confirm: (() => Promise<Fault | null>) | null;
  readonly report: RecoveryReport;
}

/** A segment's smallest entries, to bound how many offsets a lost segment may have used. */
const entryBytesMin = 10;

/** What lies in a folder, by the headers alone: the ring's segments, oldest first, unused files, and what does not belong. */
export function survey(
  port: FilePort,
  folder: string,
  names: readonly string[],
): {
  readonly finds: readonly Find[];
  readonly segments: Segment[];
  readonly spares: Slot[];
  readonly rejected: readonly { readonly path: string; readonly reason: string }[];
} {
  const finds = names
    .filter((name) => segmentNames.test(name))
    .sort()
    .map((name) => inspect(port, `${folder}/${name}`));
  const { kept, rejected } = sortOut(finds);
  const spares = finds.filter((find) => find.header === "empty").map(({ path, bytes }) => ({ path, bytes }));
  const segments: Segment[] = [];
  kept.forEach((segment, i) => {
    // A segment that was given up before anything in it was settled: the next one begins with the same offset.
    if (i + 1 < kept.length && segment.first === kept[i + 1].first) {
      spares.push({ path: segment.path, bytes: segment.bytes });
    } else {
      segments.push(segment);
    }
  });
  return { finds, segments, spares, rejected };
}

/** Reads what a folder holds. Fails only where the folder itself cannot be read, or a newer version wrote it. */
export async function recover(
  port: FilePort,
  folder: string,
  settings: { segmentBytes: number; newSalt: () => number; cursorFile: CursorFile },
): Promise<Recovered | Fault | "newer"> {
  const names = port.list(folder);
  if (isFault(names)) {
    return names;
  }
  const quarantine = new Quarantine(port, folder);
  const { finds, segments, spares, rejected } = survey(port, folder, names);
  if (finds.some(({ header }) => header === "newer")) {
    return "newer";
  }
  const newest = segments.at(-1);
  const salt = finds.find((find) => find.path === newest?.path)?.salt ?? settings.newSalt();
  const setAside: { name: string; reason: string }[] = [];
  const remains: Remains[] = [];
  for (const { path, reason } of rejected) {
    if (reason === "header") {
      remains.push(remainsOf(port, path, salt));
    }
    await quarantine.setAside(path, reason);
    setAside.push({ name: path.slice(folder.length + 1), reason });
  }
  const loaded = settings.cursorFile.load();
  const checkpoint = loaded === "damaged" ? null : loaded;

  const files = new OpenFiles(port);
  const reader = new Reader(files, salt, () => {});
  const scan = newest === undefined ? null : scanSegment(reader, newest);
  const missing = missingAround(reader, segments, remains);
  // Files are numbered from 1 on and written again when room is needed: a number without a file is a file that is gone.
  const numbers = fileNumbers(names);
  const gone = remains.length > 0 || numbers.gone > 0;
  const lost: Span[] = [...(gone ? missing : []), ...(scan?.lost ?? [])];
  const found = scan?.offset ?? 0;
  // Offsets rise for ever: none that may have been given out is given again.
  let head = Math.max(
    found,
    checkpoint?.head ?? 0,
    ...(checkpoint?.cursors ?? []).map(({ position }) => position),
  );
  const unread = scan?.unread ?? false;
  if (unread || remains.some(({ epoch }) => epoch === null || epoch > (newest?.epoch ?? 0))) {
    head += Math.floor(settings.segmentBytes / entryBytesMin);
  }
  if (head > found) {
    lost.push({ from: found, to: head });
  }
  let trouble: Fault | null = null;
  let confirm: (() => Promise<Fault | null>) | null = null;
  if (newest !== undefined && scan !== null) {
    newest.end = unread ? newest.bytes : scan.place;
    const { last } = scan;
    const bytes = last === null ? null : (reader.bytesOf(newest, last)?.slice() ?? null);
    const block = last === null || bytes === null ? null : { place: last.place, bytes };
    const attempt = (): Promise<Fault | null> => harden(port, folder, newest, salt, block);
    trouble = await attempt();
    confirm = trouble === null || block === null ? null : attempt;
  }
  files.closeAll();
  const tail = segments[0]?.first ?? head;
  return {
    segments,
    spares,
    quarantine,
    epoch: Math.max(0, ...finds.map((find) => find.epoch)),
    salt,
    head,
    // A segment without a block may lack the snapshot it should begin with: it takes nothing more, and is begun anew.
    writable: newest !== undefined && trouble === null && !unread && scan?.last !== null,
    numbers,
    checkpoint,
    confirm,
    report: {
      segments: segments.length,
      setAside,
      lost,
      damagedBlocks: scan?.damagedBlocks ?? 0,
      cut: scan?.cut ?? null,
      cursors: loaded === null ? "none" : loaded === "damaged" ? "damaged" : "read",
      missed: (checkpoint?.cursors ?? [])
        .filter(({ position }) => position < tail)
        .map(({ name, position }) => ({ cursor: name, from: position, to: tail })),
      trouble,
    },
  };
}

/**
 * Offsets that no segment holds: before the oldest, as far as remains tell, and between two whose epochs do not follow each other.
 * Where no file is set aside or gone these were given up around a pinned segment, and told then.
 */
export function missingAround(
  reader: Reader,
  segments: readonly Segment[],
  remains: readonly Remains[],
): Span[] {
  const missing: Span[] = [];
  const oldest = segments.at(0);
  for (const { epoch, first } of remains) {
    if (oldest !== undefined && epoch !== null && epoch < oldest.epoch && first < oldest.first) {
      missing.push({ from: first, to: oldest.first });
    }
  }
  for (let i = 0; i + 1 < segments.length; i++) {
    if (segments[i + 1].epoch > segments[i].epoch + 1) {
      const { offset, unread } = scanSegment(reader, segments[i]);
      const until = Math.min(segments[i].until, offset);
      segments[i].until = unread ? segments[i].until : until;
      if (until < segments[i + 1].first) {
        missing.push({ from: until, to: segments[i + 1].first });
      }
    }
  }
  return missing;
}

/**
 * Writes the newest header and the last block once more and syncs them. What a killed process had written but not synced is
 * readable now, from the page cache, and would be gone after a power cut; and after a failed fsync the cache may show what the
 * disk never got. Once somebody has read an entry here, it stays.
 */
async function harden(
  port: FilePort,
  folder: string,
  segment: Segment,
  salt: number,
  last: { readonly place: number; readonly bytes: Uint8Array } | null,
): Promise<Fault | null> {
  const file = port.open(segment.path, false);
  if (isFault(file)) {
    return file;
  }
  const page = new Uint8Array(segmentHeaderLength);
  writeSegmentHeader(page, { ...segmentFields(segment), salt });
  const failure =
    (await file.write(page, 0)) ??
    (last === null ? null : await file.write(last.bytes, last.place)) ??
    (await file.datasync()) ??
    (await port.syncFolder(folder));
  file.close();
  return failure;
}

function segmentFields(segment: Segment): Omit<SegmentHeader, "salt"> {
  const { epoch, first, created, synchronised, bounds } = segment;
  return { epoch, first, created, synchronised, bounds };
}
