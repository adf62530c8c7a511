import { type Fault, isFault } from "../../protocols/fault.ts";
import { blockAlignment, readBlockHeader, resemblesBlock } from "./block.ts";
import type { Checkpoint, CursorFile } from "./cursor-file.ts";
import type { FilePort } from "./file-port.ts";
import { OpenFiles } from "./open-files.ts";
import { Quarantine } from "./quarantine.ts";
import { type Block, Reader, type Span } from "./reader.ts";
import { Segment } from "./segment.ts";
import {
  readSegmentHeader,
  type SegmentHeader,
  segmentHeaderLength,
  writeSegmentHeader,
} from "./segment-header.ts";

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
  readonly spares: { readonly path: string; readonly bytes: number }[];
  readonly quarantine: Quarantine;
  readonly epoch: number;
  readonly salt: number;
  readonly head: number;
  /** The newest segment may take further blocks. */
  readonly writable: boolean;
  /** Highest number in a segment's name. */
  readonly numbers: number;
  readonly checkpoint: Checkpoint | null;
  readonly report: RecoveryReport;
}

/** A segment's smallest entries, to bound how many offsets a lost segment may have used. */
const entryBytesMin = 10;
/** How far into a segment without a header the start looks for a block. */
const remainsBytes = 64 * 1024;

export const segmentName = (number: number): string => `segment-${String(number).padStart(6, "0")}.log`;

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
  const finds = names
    .filter((name) => /^segment-\d{6,9}\.log$/.test(name))
    .sort()
    .map((name) => inspect(port, `${folder}/${name}`));
  if (finds.some(({ header }) => header === "newer")) {
    return "newer";
  }
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
  const lost: Span[] = remains.length > 0 ? missingAround(reader, segments, remains) : [];
  lost.push(...(scan?.lost ?? []));
  const found = scan?.offset ?? 0;
  // Offsets rise for ever: none that may have been given out is given again.
  let head = Math.max(
    found,
    checkpoint?.head ?? 0,
    ...(checkpoint?.cursors ?? []).map(({ position }) => position),
  );
  if (remains.some(({ epoch }) => epoch === null || epoch > (newest?.epoch ?? 0))) {
    head += Math.floor(settings.segmentBytes / entryBytesMin);
  }
  if (head > found) {
    lost.push({ from: found, to: head });
  }
  let trouble: Fault | null = null;
  if (newest !== undefined && scan !== null) {
    newest.end = scan.place;
    trouble = await harden(
      port,
      folder,
      newest,
      salt,
      scan.last === null ? null : { reader, block: scan.last },
    );
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
    writable: newest !== undefined && trouble === null,
    numbers: Math.max(0, ...names.map((name) => Number(/^segment-(\d+)\.log$/.exec(name)?.[1] ?? 0))),
    checkpoint,
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

interface Find {
  readonly path: string;
  readonly bytes: number;
  readonly header: SegmentHeader | "empty" | "damaged" | "newer";
  readonly epoch: number;
  readonly salt: number | null;
}

function inspect(port: FilePort, path: string): Find {
  const file = port.open(path, false);
  if (isFault(file)) {
    return { path, bytes: 0, header: "damaged", epoch: 0, salt: null };
  }
  const size = file.size();
  const page = new Uint8Array(2 * segmentHeaderLength);
  const got = file.read(page, 0);
  file.close();
  const bytes = isFault(size) ? 0 : size;
  if (isFault(got)) {
    return { path, bytes, header: "damaged", epoch: 0, salt: null };
  }
  const read = readSegmentHeader(page.subarray(0, segmentHeaderLength));
  if (read === "newer") {
    return { path, bytes, header: read, epoch: 0, salt: null };
  }
  if (read === "empty" || read === "damaged") {
    // A first page of zeros before blocks that are there is a lost header, not a new file.
    const header = page.every((byte) => byte === 0) ? "empty" : "damaged";
    return { path, bytes, header, epoch: 0, salt: null };
  }
  return { path, bytes, header: read, epoch: read.epoch, salt: read.salt };
}

/** The segments of one ring in the order of their epochs, and what does not belong. */
function sortOut(finds: readonly Find[]): { kept: Segment[]; rejected: { path: string; reason: string }[] } {
  const rejected = finds
    .filter(({ header }) => header === "damaged")
    .map(({ path }) => ({ path, reason: "header" }));
  const whole = finds.filter(({ header }) => typeof header === "object").sort((a, b) => b.epoch - a.epoch);
  const ours = commonest(whole.map(({ salt }) => salt));
  const kept: Segment[] = [];
  for (const { path, bytes, header } of whole) {
    const { epoch, first, created, synchronised, salt } = header as SegmentHeader;
    const younger = kept.at(-1);
    if (salt !== ours) {
      rejected.push({ path, reason: "foreign" });
    } else if (younger !== undefined && (epoch === younger.epoch || first > younger.first)) {
      rejected.push({ path, reason: "order" });
    } else {
      kept.push(new Segment({ path, epoch, first, created, synchronised, bytes, end: bytes }));
    }
  }
  return { kept: kept.reverse(), rejected };
}

/** The value found most often; of several the first. */
function commonest<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

interface Scan {
  /** Offset behind the last entry that holds, and the place behind its block. */
  readonly offset: number;
  readonly place: number;
  readonly last: Block | null;
  readonly lost: Span[];
  readonly damagedBlocks: number;
  readonly cut: { offset: number; entries: number | null } | null;
}

/** Walks the newest segment to its end: what comes behind the last block that holds was never settled. */
export function scanSegment(reader: Reader, segment: Segment): Scan {
  const lost: Span[] = [];
  let offset = segment.first;
  let place = segmentHeaderLength;
  let last: Block | null = null;
  let damagedBlocks = 0;
  /** Headers without their entries since the last block that holds. */
  let broken: Block[] = [];
  let expected = offset;
  let at = place;
  for (;;) {
    const block = reader.block(segment, at, { from: expected, to: Number.MAX_SAFE_INTEGER });
    if (block === null) {
      break;
    }
    const { first, count, snapshot } = block.header;
    expected = snapshot ? first : first + count;
    if (!reader.holds(segment, block)) {
      broken.push(block);
    } else {
      damagedBlocks += broken.length > 0 ? broken.length : block.place > at ? 1 : 0;
      broken = [];
      if (first > offset) {
        lost.push({ from: offset, to: first });
      }
      segment.mark(first, block.place);
      offset = expected;
      place = block.end;
      last = block;
    }
    at = block.end;
  }
  const torn = broken.length > 0 || resembles(reader, segment, place, offset);
  const entries =
    broken.length > 0
      ? broken.reduce((sum, { header }) => sum + (header.snapshot ? 0 : header.count), 0)
      : null;
  return { offset, place, last, lost, damagedBlocks, cut: torn ? { offset, entries } : null };
}

function resembles(reader: Reader, segment: Segment, place: number, offset: number): boolean {
  const bytes = reader.raw(segment, place, 16);
  return bytes !== null && resemblesBlock(bytes, 0, segment.epoch, offset);
}

/** What still tells of a segment whose header is gone: its first block that holds. */
interface Remains {
  readonly epoch: number | null;
  readonly first: number;
}

function remainsOf(port: FilePort, path: string, salt: number): Remains {
  const bytes = new Uint8Array(remainsBytes);
  const file = port.open(path, false);
  if (!isFault(file)) {
    file.read(bytes, 0);
    file.close();
  }
  for (let at = 0; at < bytes.length; at += blockAlignment) {
    const header = readBlockHeader(bytes, at, salt);
    if (header !== null) {
      return { epoch: header.epoch, first: header.first };
    }
  }
  return { epoch: null, first: 0 };
}

/** Offsets that no segment holds any more because of what was set aside: before the oldest, and between two. */
function missingAround(reader: Reader, segments: readonly Segment[], remains: readonly Remains[]): Span[] {
  const missing: Span[] = [];
  const oldest = segments.at(0);
  for (const { epoch, first } of remains) {
    if (oldest !== undefined && epoch !== null && epoch < oldest.epoch && first < oldest.first) {
      missing.push({ from: first, to: oldest.first });
    }
  }
  for (let i = 0; i + 1 < segments.length; i++) {
    if (segments[i + 1].epoch > segments[i].epoch + 1) {
      const { offset } = scanSegment(reader, segments[i]);
      if (offset < segments[i + 1].first) {
        missing.push({ from: offset, to: segments[i + 1].first });
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
  last: { reader: Reader; block: Block } | null,
): Promise<Fault | null> {
  const file = port.open(segment.path, false);
  if (isFault(file)) {
    return file;
  }
  const page = new Uint8Array(segmentHeaderLength);
  writeSegmentHeader(page, { ...segmentFields(segment), salt });
  const block = last === null ? null : last.reader.bytesOf(segment, last.block);
  const failure =
    (await file.write(page, 0)) ??
    (last === null || block === null ? null : await file.write(block, last.block.place)) ??
    (await file.datasync()) ??
    (await port.syncFolder(folder));
  file.close();
  return failure;
}

function segmentFields({ epoch, first, created, synchronised }: Segment): Omit<SegmentHeader, "salt"> {
  return { epoch, first, created, synchronised };
}
