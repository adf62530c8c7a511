import { crc32c } from "../../protocols/crc.ts";
import { get32, pageBytes, put32 } from "./block.ts";

/**
 * The first page of a segment: one header, twice, 2048 bytes apart, so that one damaged sector costs nothing. Big-endian.
 *
 *   0  8  magic "DHspool", version "1"
 *   8  4  ring epoch: rises by one whenever a segment is begun, new or recycled
 *  12  4  salt of the ring's checksums
 *  16  8  offset of the first entry; also the end of the segment before it
 *  24  8  when it was begun, Unix ms
 *  32  1  1: the clock was synchronised then
 *  33  1  count of bounds
 *  34     zero
 *  60  4  CRC-32C of bytes 0 to 59 and of the bounds
 *  64     bounds: ring epoch of a segment (4), offset behind its last entry (8)
 *
 * A copy stays within a sector, so that it is whole or not there.
 */
export interface SegmentHeader {
  readonly epoch: number;
  readonly salt: number;
  readonly first: number;
  readonly created: number;
  readonly synchronised: boolean;
  /** Of older segments that a gap follows, the newest of them. */
  readonly bounds: readonly Bound[];
}

/**
 * Where a segment ends although nothing follows it directly. A write that failed may have left a block behind its last settled one. The next
 * segment begins with the same offset and so hides it; when that one is given up first, because its predecessor is pinned, it stays hidden.
 */
export interface Bound {
  readonly epoch: number;
  readonly until: number;
}

/** Blocks begin here. */
export const segmentHeaderLength = pageBytes;

const magic = [0x44487370, 0x6f6f6c31];
const versionMask = 0xff;
const copies = [0, 2048];
const length = 64;
const copyLength = 512;
const boundLength = 12;
export const boundsMax = 37; // in 512 bytes

/** Writes both copies into the first page of `page`. */
export function writeSegmentHeader(page: Uint8Array, header: SegmentHeader): void {
  for (const at of copies) {
    const copy = page.subarray(at, at + copyLength);
    put32(copy, 0, magic[0]);
    put32(copy, 4, magic[1]);
    put32(copy, 8, header.epoch);
    put32(copy, 12, header.salt);
    put64(copy, 16, header.first);
    put64(copy, 24, header.created);
    copy[32] = header.synchronised ? 1 : 0;
    const bounds = header.bounds.slice(-boundsMax);
    copy[33] = bounds.length;
    bounds.forEach(({ epoch, until }, i) => {
      put32(copy, length + i * boundLength, epoch);
      put64(copy, length + i * boundLength + 4, until);
    });
    put32(copy, 60, checksumOf(copy, bounds.length));
  }
}

/**
 * The header of a segment's first page; "empty" where it was never written, "damaged" where neither copy holds, "newer" where it
 * holds and is of another version.
 */
export function readSegmentHeader(page: Uint8Array): SegmentHeader | "empty" | "damaged" | "newer" {
  let newest: SegmentHeader | null = null;
  for (const at of copies) {
    const copy = readCopy(page.subarray(at, at + copyLength));
    if (copy === "newer") {
      return copy;
    }
    if (copy !== null && (newest === null || copy.epoch > newest.epoch)) {
      newest = copy;
    }
  }
  return newest ?? (page.every((byte) => byte === 0) ? "empty" : "damaged");
}

function readCopy(copy: Uint8Array): SegmentHeader | "newer" | null {
  const ours =
    copy.length === copyLength &&
    copy[33] <= boundsMax &&
    get32(copy, 0) === magic[0] &&
    (get32(copy, 4) | versionMask) === (magic[1] | versionMask);
  if (!ours || get32(copy, 60) !== checksumOf(copy, copy[33])) {
    return null;
  }
  if (get32(copy, 4) !== magic[1]) {
    return "newer";
  }
  return {
    epoch: get32(copy, 8),
    salt: get32(copy, 12),
    first: get64(copy, 16),
    created: get64(copy, 24),
    synchronised: copy[32] === 1,
    bounds: Array.from({ length: copy[33] }, (_, i) => ({
      epoch: get32(copy, length + i * boundLength),
      until: get64(copy, length + i * boundLength + 4),
    })),
  };
}

function checksumOf(copy: Uint8Array, bounds: number): number {
  return crc32c(copy, length, length + bounds * boundLength, crc32c(copy, 0, 60, 0));
}

export function put64(bytes: Uint8Array, at: number, value: number): void {
  put32(bytes, at, Math.floor(value / 0x100000000));
  put32(bytes, at + 4, value);
}

export function get64(bytes: Uint8Array, at: number): number {
  return get32(bytes, at) * 0x100000000 + get32(bytes, at + 4);
}
