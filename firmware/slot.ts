/**
 * Two slots for a board's program, as files of its flash. New firmware goes into the slot that does not run, so that the other one
 * stays whole whatever happens meanwhile. A slot's file:
 *
 *     the program, a multiple of 4 bytes
 *     trailer, 8 words of 4 bytes, low byte first; each written once into erased flash:
 *       0  sequence: of two slots that hold, the higher one is the newer
 *       1  CRC-32 of the program
 *       2  ~(sequence ^ CRC ^ length of the program): words 0 to 2 are written together, after the program was read back
 *       3, 4, 5  zero: tried once, twice, three times
 *       6  zero: confirmed, the gateway has acknowledged a message of it
 *       7  never written
 *
 * The flash's traps are told in boards/platforms/espruino-storage.ts: a write at offset 0 erases, and bits only go from 1 to 0.
 */

export const slotNames: readonly string[] = ["app.a", "app.b"];

/** Bytes. */
export const trailerLength = 32;
/** Starts without a confirmed message, after which the other slot has its turn. */
export const startsMax = 3;

/** A mark that is set: written over FF FF FF FF. */
export const setMark = "\0\0\0\0";

/** A slot whose trailer holds. */
export interface Slot {
  readonly sequence: number;
  readonly crc: number;
  /** Bytes of the program. */
  readonly length: number;
  /** How often it was tried. */
  readonly starts: number;
  readonly confirmed: boolean;
}

/** The slot a trailer describes; null where it was never finished. `length` is the whole file's. */
export function readTrailer(trailer: string, length: number): Slot | null {
  const program = length - trailerLength;
  const sequence = wordAt(trailer, 0);
  const crc = wordAt(trailer, 1);
  const check = wordAt(trailer, 2);
  if (program <= 0 || sequence === erased || check !== checkOf(sequence, crc, program)) {
    return null;
  }
  let starts = 0;
  while (starts < startsMax && wordAt(trailer, firstStart + starts) === 0) {
    starts++;
  }
  return {
    sequence: sequence,
    crc: crc,
    length: program,
    starts: starts,
    confirmed: wordAt(trailer, confirmedWord) === 0,
  };
}

/** What makes a slot count: words 0 to 2. */
export function sealOf(sequence: number, crc: number, length: number): string {
  return wordText(sequence) + wordText(crc) + wordText(checkOf(sequence, crc, length));
}

/** Where in a slot's file its next start is marked. */
export function startOffset(slot: Slot): number {
  return slot.length + 4 * (firstStart + slot.starts);
}

/** Where in a slot's file it is marked that a message of it was acknowledged. */
export function confirmedOffset(slot: Slot): number {
  return slot.length + 4 * confirmedWord;
}

/** Whether the slot is on trial: newer than the other, not confirmed yet, and the other is there to fall back to. */
export function onTrial(slot: Slot, other: Slot | null): boolean {
  return !slot.confirmed && other !== null && slot.sequence > other.sequence;
}

/** Which slot to start: the newer one, unless it was on trial three times in vain; -1 where neither holds. */
export function slotToStart(a: Slot | null, b: Slot | null): number {
  if (a === null || b === null) {
    return a !== null ? 0 : b !== null ? 1 : -1;
  }
  const newer = b.sequence > a.sequence ? 1 : 0;
  const slot = newer === 1 ? b : a;
  return slot.confirmed || slot.starts < startsMax ? newer : 1 - newer;
}

/** Which slot new firmware goes into: never the newest that was confirmed, nor, where none was, the one that starts. */
export function slotToWrite(a: Slot | null, b: Slot | null): number {
  if (a === null || b === null) {
    return a === null ? 0 : 1;
  }
  if (a.confirmed !== b.confirmed) {
    return a.confirmed ? 1 : 0;
  }
  return 1 - slotToStart(a, b);
}

const firstStart = 3;
const confirmedWord = 6;
const erased = 0xffffffff;

function checkOf(sequence: number, crc: number, length: number): number {
  return ~(sequence ^ crc ^ length) >>> 0;
}

function wordAt(text: string, word: number): number {
  const at = 4 * word;
  return (
    (text.charCodeAt(at) |
      (text.charCodeAt(at + 1) << 8) |
      (text.charCodeAt(at + 2) << 16) |
      (text.charCodeAt(at + 3) << 24)) >>>
    0
  );
}

function wordText(word: number): string {
  return String.fromCharCode(word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24);
}
