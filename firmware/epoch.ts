import type { Storage } from "../boards/platform.ts";
import { bigEndian, bytesOf } from "../protocols/cbor-small.ts";
import { crcX25 } from "../protocols/crc-small.ts";
import { readUint } from "../protocols/envelope-header.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";

/**
 * The epoch record: an append-only file with one record per boot. Only when the record of a new epoch has been appended and read
 * back may anything be sent under it, so no nonce can repeat even if every message number is forgotten (facts: security, epochs).
 *
 * A record is 9 bytes: mark, epoch (2), last message number (4), CRC-16/X-25 of these (2), all big-endian.
 */
export interface EpochStart {
  readonly epoch: number;
  /** The epoch of the last boot; null at the first. */
  readonly previous: number | null;
  /** Number of the last message sealed in it, where it was ended in order; null otherwise, or where nothing was sealed. */
  readonly lastPiv: number | null;
  /** How the run before this one ended. */
  readonly bootReason: BootReason;
}

export type BootReason = "first" | "power" | "stopped" | "restart" | "rekey";

/** Name of the file in storage. */
export const epochFile = "epoch";
/**
 * A second, smaller file: records that name the highest epoch this device may come to before the next of them. Should the first file be
 * lost, as a board's is when the power goes while its flash is tidied up, epochs go on behind that.
 */
export const reachFile = "epochs";
export const reach = 1024;
/** The header has two bytes for it. */
export const epochMax = 65535;
/** From this length on, bytes, the file is put anew with its last record alone. */
const compactAbove = 4096;
const recordLength = 9;
const crcAt = 7;

export const begun = 0xb0;
/** How an epoch ended, by the mark of its record less `ended`; none where it broke off. */
export const ended = 0xdf;
export const reasons: readonly BootReason[] = ["power", "stopped", "restart", "rekey"];
/** Stands for "nothing was sealed"; a message number never reaches it. */
export const noPiv = 0xffffffff;

/** Begins the next epoch. A Fault means: send nothing. */
export function beginEpoch(storage: Storage): EpochStart | Fault {
  const before = storage.read(epochFile);
  if (isFault(before)) {
    return before;
  }
  const limits = storage.read(reachFile);
  if (isFault(limits)) {
    return limits;
  }
  const log = scan(before);
  const limit = scan(limits).last;
  const last = log.last < 0 ? limit : log.last;
  const epoch = last + 1 + log.torn;
  if (epoch > epochMax) {
    return fault(
      "epochs-used-up",
      "all " + epochMax + " epochs of this key are used: enrol the device again",
    );
  }
  const long = before.length + recordLength > compactAbove;
  const unwritten = noted(storage, epochFile, epoch, long);
  if (unwritten !== null) {
    return unwritten;
  }
  if (epoch > limit) {
    const unreached = noted(storage, reachFile, Math.min(epoch + reach - 1, epochMax), false);
    if (unreached !== null) {
      return unreached;
    }
  }
  return {
    epoch: epoch,
    previous: log.last < 0 ? null : log.last,
    lastPiv: log.lastPiv,
    bootReason: last < 0 ? "first" : log.reason,
  };
}

/** Notes an epoch's orderly end, so that the next hello can name its last message (null: none was sealed). */
export function endEpoch(
  storage: Storage,
  end: { readonly epoch: number; readonly lastPiv: number | null; readonly reason: BootReason },
): Fault | null {
  const mark = ended + reasons.indexOf(end.reason);
  return write(storage, epochFile, recordOf(mark, end.epoch, end.lastPiv === null ? noPiv : end.lastPiv));
}

/** The record of an epoch written and read back; a file that is `long` is given anew. */
function noted(storage: Storage, file: string, epoch: number, long: boolean): Fault | null {
  const record = recordOf(begun, epoch, noPiv);
  const refused = long ? storage.replace(file, record) : write(storage, file, record);
  return refused === null ? readBack(storage, file, epoch) : refused;
}

/** Appends; a file that has no more room, as boards have them, is given anew with this record alone. */
function write(storage: Storage, file: string, record: Uint8Array): Fault | null {
  const refused = storage.append(file, record);
  return refused !== null && refused.fault === "full" ? storage.replace(file, record) : refused;
}

interface EpochLog {
  /** Highest epoch with a whole record, -1 for none. */
  readonly last: number;
  readonly lastPiv: number | null;
  readonly reason: BootReason;
  /** How many records may stand in the bytes behind the last whole one. Each may have been an epoch (last valid + 2). */
  readonly torn: number;
}

/** Reads whatever is in the file: damaged parts are stepped over byte by byte. */
function scan(bytes: Uint8Array): EpochLog {
  let last = -1;
  let lastPiv: number | null = null;
  let reason: BootReason = "power";
  let end = 0;
  for (let at = 0; at + recordLength <= bytes.length; ) {
    const mark = bytes[at];
    const isEnd = mark > ended && mark < ended + reasons.length;
    const crc = readUint(bytes, at + crcAt, 2);
    if (!(isEnd || mark === begun) || crcX25(bytes, at, at + crcAt) !== crc) {
      at++;
      continue;
    }
    const epoch = readUint(bytes, at + 1, 2);
    const piv = readUint(bytes, at + 3, 4);
    if (epoch >= last) {
      last = epoch;
      lastPiv = isEnd && piv !== noPiv ? piv : null;
      reason = reasons[isEnd ? mark - ended : 0];
    }
    at += recordLength;
    end = at;
  }
  return {
    last: last,
    lastPiv: lastPiv,
    reason: reason,
    torn: Math.ceil((bytes.length - end) / recordLength),
  };
}

function recordOf(mark: number, epoch: number, piv: number): Uint8Array {
  const text = bigEndian(mark, 1) + bigEndian(epoch, 2) + bigEndian(piv, 4);
  return bytesOf(text + bigEndian(crcX25(bytesOf(text), 0, crcAt), 2));
}

/** Null when storage gives the epoch back as the highest and last of a file. */
function readBack(storage: Storage, file: string, epoch: number): Fault | null {
  const bytes = storage.read(file);
  if (isFault(bytes)) {
    return bytes;
  }
  const log = scan(bytes);
  return log.last === epoch && log.torn === 0
    ? null
    : fault("storage", "the storage did not keep the record of epoch " + epoch + ": nothing is sent");
}
