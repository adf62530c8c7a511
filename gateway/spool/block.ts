import { crc32c } from "../../protocols/crc.ts";

/**
 * A commit block: what one fdatasync made durable. Numbers are big-endian.
 *
 *   0  4  magic "DHb1"
 *   4  4  ring epoch: must be the segment's, so that what a recycled segment held before is not read as new
 *   8  8  offset of the first entry
 *  16  4  count of entries; highest bit set: a snapshot, whose entries have no offsets of their own
 *  20  4  length of the entries, bytes
 *  24  4  CRC-32C of the entries
 *  28  4  CRC-32C of bytes 0 to 27
 *  32     entries: kind (1), receive time in Unix ms (6), payload length (3), payload
 *
 * Both checksums start from the ring's salt, a secret number: a device that sends the image of a block as its payload cannot
 * make it pass for one when recovery looks for blocks behind damage.
 */
export const blockHeaderLength = 32;
export const entryHeaderLength = 10;
/** Blocks begin at multiples of this, which bounds the search behind damage. */
export const blockAlignment = 16;
/** What a disk writes at least. */
export const pageBytes = 4096;

const magic = 0x44486231;
const snapshotBit = 0x80000000;

export interface BlockHeader {
  readonly epoch: number;
  /** Offset of the first entry; of a snapshot: of the entry that follows it. */
  readonly first: number;
  readonly count: number;
  readonly snapshot: boolean;
  /** Bytes of entries behind the header. */
  readonly length: number;
  readonly checksum: number;
}

export interface SpoolEntry {
  readonly offset: number;
  /** The offset to go on from. */
  readonly next: number;
  /** Receive time, Unix ms. */
  readonly time: number;
  readonly kind: number;
  /** A view into a larger buffer: copy what is kept for long. */
  readonly payload: Uint8Array;
}

/** Completes a block whose entries already stand at `blockHeaderLength`. */
export function writeBlockHeader(
  block: Uint8Array,
  header: { epoch: number; first: number; count: number; snapshot: boolean; length: number },
  salt: number,
): void {
  const { epoch, first, count, snapshot, length } = header;
  put32(block, 0, magic);
  put32(block, 4, epoch);
  put32(block, 8, Math.floor(first / 0x100000000));
  put32(block, 12, first);
  put32(block, 16, snapshot ? count | snapshotBit : count);
  put32(block, 20, length);
  put32(block, 24, crc32c(block, blockHeaderLength, blockHeaderLength + length, salt));
  put32(block, 28, crc32c(block, 0, 28, salt));
}

/** The header at `at`, or null where there is none that holds. Says nothing about the entries behind it. */
export function readBlockHeader(bytes: Uint8Array, at: number, salt: number): BlockHeader | null {
  if (at + blockHeaderLength > bytes.length || get32(bytes, at) !== magic) {
    return null;
  }
  if (get32(bytes, at + 28) !== crc32c(bytes, at, at + 28, salt)) {
    return null;
  }
  const count = get32(bytes, at + 16);
  return {
    epoch: get32(bytes, at + 4),
    first: get32(bytes, at + 8) * 0x100000000 + get32(bytes, at + 12),
    count: count & 0x7fffffff,
    snapshot: count >= snapshotBit,
    length: get32(bytes, at + 20),
    checksum: get32(bytes, at + 24),
  };
}

/**
 * Whether these bytes were meant to be the block expected here: two of magic, epoch and offset fit. Tells a torn or damaged
 * block from the untouched rest of a segment.
 */
export function resemblesBlock(bytes: Uint8Array, at: number, epoch: number, first: number): boolean {
  if (at + 16 > bytes.length) {
    return false;
  }
  const signs = [
    get32(bytes, at) === magic,
    get32(bytes, at + 4) === epoch,
    get32(bytes, at + 8) === Math.floor(first / 0x100000000) && get32(bytes, at + 12) === first % 0x100000000,
  ];
  return signs.filter(Boolean).length >= 2;
}

/** Whether the entries behind a header are the ones it was written for. `at` is the header's place. */
export function entriesHold(bytes: Uint8Array, at: number, header: BlockHeader, salt: number): boolean {
  const from = at + blockHeaderLength;
  const to = from + header.length;
  return to <= bytes.length && crc32c(bytes, from, to, salt) === header.checksum;
}

/** Writes one entry at `at`; the place of the next one. */
export function writeEntry(
  target: Uint8Array,
  at: number,
  kind: number,
  time: number,
  payload: Uint8Array,
): number {
  target[at] = kind;
  const high = Math.floor(time / 0x100000000);
  target[at + 1] = high >>> 8;
  target[at + 2] = high;
  put32(target, at + 3, time);
  target[at + 7] = payload.length >>> 16;
  target[at + 8] = payload.length >>> 8;
  target[at + 9] = payload.length;
  target.set(payload, at + entryHeaderLength);
  return at + entryHeaderLength + payload.length;
}

/** Length of the whole entry at `at`, whose block's checksum held. */
export function entryLength(bytes: Uint8Array, at: number): number {
  return entryHeaderLength + ((bytes[at + 7] << 16) | (bytes[at + 8] << 8) | bytes[at + 9]);
}

/** The entry at `at`, whose block's checksum held. */
export function readEntry(bytes: Uint8Array, at: number, offset: number, next: number): SpoolEntry {
  const time = ((bytes[at + 1] << 8) | bytes[at + 2]) * 0x100000000 + get32(bytes, at + 3);
  const payload = bytes.subarray(at + entryHeaderLength, at + entryLength(bytes, at));
  return { offset, next, time, kind: bytes[at], payload };
}

/**
 * Where the block after this one begins. A block that ends close to a page's end leaves the rest of that page empty, so that the
 * next commit need not write the page again; "close" is an eighth of the block's own length.
 */
export function blockEnd(at: number, length: number): number {
  const whole = blockHeaderLength + length;
  const end = Math.ceil((at + whole) / blockAlignment) * blockAlignment;
  const rest = (pageBytes - (end % pageBytes)) % pageBytes;
  return rest * 8 <= whole ? end + rest : end;
}

export function put32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function get32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
