import type { Storage } from "../boards/platform.ts";
import { crcX25 } from "../protocols/crc.ts";
import { type Fault, isFault } from "../protocols/fault.ts";

/** How long a new count may be in the scratch file alone, ms: what a power cut may cost, against the wear of a card. */
export const keepEvery = 60000;
/** The same on a board, whose flash gives no space back for what is written. */
export const keepEveryOnBoards = 3600000;
/** Records after which the file is begun anew. */
export const recordsMax = 512;
/** A record: the count, high byte first (6), CRC-16/X-25 of it (2). */
const recordLength = 8;

/**
 * A count of pulses that outlives its device. Each pulse goes into a scratch file, which the end of the process cannot take away; every
 * minute, or hour, a record is made durable, so that a power cut costs the pulses of that time at most.
 */
export interface PulseCount {
  readonly count: number;
  add(): void;
  /** Makes the count durable where that is due. Null or the Fault. */
  keep(now: number): Fault | null;
  /** ms until `keep` is due; Infinity where nothing is. */
  wait(now: number): number;
}

/** Takes up the count where it was left; the Fault where it cannot be read or written, because then it would begin at 0 again. */
export function openPulseCount(storage: Storage, name: string, every: number): PulseCount | Fault {
  const records = storage.read(name);
  const scratch = storage.read(scratchOf(name));
  if (isFault(records)) {
    return records;
  }
  let count = Math.max(lastOf(records), isFault(scratch) ? 0 : lastOf(scratch));
  let written = records.length / recordLength;
  // A file with a torn record ends with it, so what comes behind would not be read.
  const goesOn = written > 0 && written < recordsMax / 2 && written === Math.floor(written);
  const begun = goesOn ? storage.append(name, recordOf(count)) : storage.replace(name, recordOf(count));
  if (begun !== null) {
    return begun;
  }
  written = goesOn ? written + 1 : 1;
  let kept = count;
  let keptAt = 0;

  return {
    get count() {
      return count;
    },
    add() {
      count++;
      if (storage.scratch !== undefined) {
        storage.scratch(scratchOf(name), recordOf(count));
      }
    },
    keep(now) {
      if (count === kept || now - keptAt < every) {
        return null;
      }
      keptAt = now;
      const refused =
        written < recordsMax ? storage.append(name, recordOf(count)) : storage.replace(name, recordOf(count));
      if (refused === null) {
        written = written < recordsMax ? written + 1 : 1;
        kept = count;
      }
      return refused;
    },
    wait: (now) => (count === kept ? Infinity : Math.max(0, keptAt + every - now)),
  };
}

function scratchOf(name: string): string {
  return name + ".now";
}

function recordOf(count: number): Uint8Array {
  const bytes = new Uint8Array(recordLength);
  let rest = count;
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  const sum = crcX25(bytes, 0, 6);
  bytes[6] = sum >> 8;
  bytes[7] = sum % 256;
  return bytes;
}

/** The highest count of the records that hold; 0 where none does. A torn one is at the end, since behind one a start begins the file anew. */
function lastOf(bytes: Uint8Array): number {
  let last = 0;
  for (let at = 0; at + recordLength <= bytes.length; at += recordLength) {
    if (crcX25(bytes, at, at + 6) === bytes[at + 6] * 256 + bytes[at + 7]) {
      let count = 0;
      for (let i = 0; i < 6; i++) {
        count = count * 256 + bytes[at + i];
      }
      last = Math.max(last, count);
    }
  }
  return last;
}
