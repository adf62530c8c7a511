import { isFault } from "../../protocols/fault.ts";
import { blockAlignment, readBlockHeader } from "./block.ts";
import { type FilePort, readPatiently, type SpoolFile } from "./file-port.ts";
import { Segment } from "./segment.ts";
import { readSegmentHeader, type SegmentHeader, segmentHeaderLength } from "./segment-header.ts";

/** How far into a segment without a header the start looks for a block. */
const remainsBytes = 64 * 1024;

/** A segment file as it was found. */
export interface Find {
  readonly path: string;
  readonly bytes: number;
  readonly header: SegmentHeader | "empty" | "damaged" | "newer";
  readonly epoch: number;
  readonly salt: number | null;
}

export function inspect(port: FilePort, path: string): Find {
  const file = port.open(path, false);
  if (isFault(file)) {
    return { path, bytes: 0, header: "damaged", epoch: 0, salt: null };
  }
  const size = file.size();
  const bytes = isFault(size) ? 0 : size;
  const header = headerOf(file);
  file.close();
  return typeof header === "object"
    ? { path, bytes, header, epoch: header.epoch, salt: header.salt }
    : { path, bytes, header, epoch: 0, salt: null };
}

function headerOf(file: SpoolFile): Find["header"] {
  const page = new Uint8Array(segmentHeaderLength);
  if (isFault(readPatiently(file, page, 0))) {
    // One of the two copies may lie where the disk still reads.
    const half = segmentHeaderLength / 2;
    readPatiently(file, page.subarray(0, half), 0);
    readPatiently(file, page.subarray(half), half);
  }
  const header = readSegmentHeader(page);
  if (header !== "empty" && header !== "damaged") {
    return header;
  }
  // No block is written before the header is durable: where there is one, its header is lost; where there is none, and the file
  // is long enough to tell, the header was torn or never written, and nothing was ever settled here.
  const next = new Uint8Array(segmentHeaderLength);
  const got = readPatiently(file, next, segmentHeaderLength);
  const noBlock = !isFault(got) && next.every((byte) => byte === 0);
  return noBlock && (header === "empty" || got === next.length) ? "empty" : "damaged";
}

/** The segments of one ring in the order of their epochs, and what does not belong. */
export function sortOut(finds: readonly Find[]): {
  kept: Segment[];
  rejected: { path: string; reason: string }[];
} {
  const rejected = finds
    .filter(({ header }) => header === "damaged")
    .map(({ path }) => ({ path, reason: "header" }));
  const whole = finds.filter(({ header }) => typeof header === "object").sort((a, b) => b.epoch - a.epoch);
  const ours = commonest(whole.map(({ salt }) => salt));
  const kept: Segment[] = [];
  for (const { path, bytes, header } of whole) {
    const { epoch, first, salt } = header as SegmentHeader;
    const younger = kept.at(-1);
    if (salt !== ours) {
      rejected.push({ path, reason: "foreign" });
    } else if (younger !== undefined && (epoch === younger.epoch || first > younger.first)) {
      rejected.push({ path, reason: "order" });
    } else {
      kept.push(new Segment({ ...(header as SegmentHeader), path, bytes, end: bytes }));
    }
  }
  bind(kept);
  return { kept: kept.reverse(), rejected };
}

/** Ends segments where the headers of younger ones say. */
function bind(segments: readonly Segment[]): void {
  const byEpoch = new Map(segments.map((segment) => [segment.epoch, segment]));
  for (const { epoch, until } of segments.flatMap(({ bounds }) => bounds)) {
    const segment = byEpoch.get(epoch);
    if (segment !== undefined) {
      segment.until = Math.min(segment.until, until);
    }
  }
}

/** The value found most often; of several the first. */
function commonest<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** What still tells of a segment whose header is gone: its first block that holds. */
export interface Remains {
  readonly epoch: number | null;
  readonly first: number;
}

export function remainsOf(port: FilePort, path: string, salt: number): Remains {
  const bytes = new Uint8Array(remainsBytes);
  const file = port.open(path, false);
  if (!isFault(file)) {
    readPatiently(file, bytes, 0);
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
