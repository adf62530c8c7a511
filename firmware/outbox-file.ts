import type { Storage } from "../boards/platform.ts";
import { concat } from "../protocols/bytes.ts";
import { crcX25 } from "../protocols/crc.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import type { FrameKind, Outbox, OutboxFrame } from "./outbox.ts";

/**
 * The outbox on storage: an append-only log of frames kept and frames done with, so that what is sealed survives a power cut. It
 * is put anew with what is still waiting when it has grown past its limit.
 *
 * A record: mark, frame kind, epoch (2), number (4), rows (2), length (2), that many bytes of frame, CRC-16/X-25 of all before (2);
 * big-endian. A record of the mark "done" has no frame.
 */
export class OutboxFile {
  storage: Storage;
  /** From this length on the file is put anew. */
  compactAbove: number;
  length = 0;
  /** The last frame kept: its number must outlive it. */
  newest: OutboxFrame | null = null;

  constructor(storage: Storage, bytesMax: number) {
    this.storage = storage;
    this.compactAbove = 2 * bytesMax + 65536;
  }

  /** What was waiting when the device went down, in order, and the highest number seen in each epoch. */
  load(): OutboxLog | Fault {
    const bytes = this.storage.read(outboxFile);
    if (isFault(bytes)) {
      return bytes;
    }
    const log = replay(bytes);
    this.length = bytes.length;
    if (log.damaged) {
      const refused = this.compact(log.frames, log.highest);
      if (refused !== null) {
        return refused;
      }
    }
    return log;
  }

  /** Durable before it returns. */
  keep(frame: OutboxFrame): Fault | null {
    this.newest = frame;
    return this.append(recordOf(markKept, frame, frame.bytes));
  }

  /** The frames need not be kept any longer: acknowledged or given up. */
  forget(frames: readonly OutboxFrame[], outbox: Outbox): Fault | null {
    if (frames.length === 0) {
      return null;
    }
    const refused = this.append(concat(frames.map((frame) => recordOf(markDone, frame, nothing))));
    const full = refused !== null && refused.fault === "full"; // a board's file has its length for good
    if (!full && (refused !== null || this.length <= this.compactAbove)) {
      return refused;
    }
    return this.compact(outbox.waiting(), this.newest === null ? [] : [this.newest]);
  }

  append(bytes: Uint8Array): Fault | null {
    const refused = this.storage.append(outboxFile, bytes);
    if (refused === null) {
      this.length += bytes.length;
    }
    return refused;
  }

  /** Frames that are still waiting, behind the marks of the highest numbers. */
  compact(frames: readonly OutboxFrame[], marks: readonly FrameNumber[]): Fault | null {
    const records = marks.map((mark) => recordOf(markDone, mark, nothing));
    frames.forEach((frame) => {
      records.push(recordOf(markKept, frame, frame.bytes));
    });
    const bytes = concat(records);
    const refused = this.storage.replace(outboxFile, bytes);
    if (refused === null) {
      this.length = bytes.length;
    }
    return refused;
  }
}

/** Name of the file in storage. */
export const outboxFile = "outbox";

export interface OutboxLog {
  readonly frames: readonly OutboxFrame[];
  /** The frame with the highest number of each epoch found. */
  readonly highest: readonly FrameNumber[];
  readonly damaged: boolean;
}

export type FrameNumber = Pick<OutboxFrame, "kind" | "epoch" | "piv" | "rows">;

const markKept = 0xc1;
const markDone = 0xc2;
const headLength = 12;
const crcLength = 2;
const nothing = new Uint8Array(0);
const kinds: readonly FrameKind[] = ["hello", "pack", "dropped", "status", "shape", "time"];

function recordOf(mark: number, frame: FrameNumber, bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(headLength + bytes.length + crcLength);
  const view = new DataView(record.buffer);
  view.setUint8(0, mark);
  view.setUint8(1, kinds.indexOf(frame.kind));
  view.setUint16(2, frame.epoch);
  view.setUint32(4, frame.piv);
  view.setUint16(8, frame.rows);
  view.setUint16(10, bytes.length);
  record.set(bytes, headLength);
  const end = headLength + bytes.length;
  view.setUint16(end, crcX25(record, 0, end));
  return record;
}

/** Reads whatever is in the file; what a power cut or a bad block left is stepped over byte by byte. */
function replay(bytes: Uint8Array): OutboxLog {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let frames: OutboxFrame[] = [];
  const highest: FrameNumber[] = [];
  let damaged = false;
  let at = 0;
  while (at < bytes.length) {
    const end = recordEnd(bytes, view, at);
    if (end < 0) {
      damaged = true;
      at++;
      continue;
    }
    const number: FrameNumber = {
      kind: kinds[view.getUint8(at + 1)],
      epoch: view.getUint16(at + 2),
      piv: view.getUint32(at + 4),
      rows: view.getUint16(at + 8),
    };
    raise(highest, number);
    if (bytes[at] === markKept) {
      frames.push(frameOf(number, new Uint8Array(bytes.subarray(at + headLength, end - crcLength))));
    } else {
      frames = withoutFrame(frames, number);
    }
    at = end;
  }
  return { frames: frames, highest: highest, damaged: damaged };
}

/** Where the record at `at` ends; -1 where there is none. */
function recordEnd(bytes: Uint8Array, view: DataView, at: number): number {
  if (at + headLength + crcLength > bytes.length || bytes[at + 1] >= kinds.length) {
    return -1;
  }
  if (bytes[at] !== markKept && bytes[at] !== markDone) {
    return -1;
  }
  const end = at + headLength + view.getUint16(at + 10);
  return end + crcLength <= bytes.length && crcX25(bytes, at, end) === view.getUint16(end)
    ? end + crcLength
    : -1;
}

function frameOf(number: FrameNumber, bytes: Uint8Array): OutboxFrame {
  return { kind: number.kind, epoch: number.epoch, piv: number.piv, rows: number.rows, bytes: bytes };
}

/** Acknowledged are usually the oldest, so the search is short. */
function withoutFrame(frames: OutboxFrame[], number: FrameNumber): OutboxFrame[] {
  const at = frames.findIndex((frame) => frame.epoch === number.epoch && frame.piv === number.piv);
  if (at >= 0) {
    frames.splice(at, 1);
  }
  return frames;
}

function raise(highest: FrameNumber[], number: FrameNumber): void {
  const at = highest.findIndex((candidate) => candidate.epoch === number.epoch);
  if (at < 0) {
    highest.push(number);
  } else if (highest[at].piv < number.piv) {
    highest[at] = number;
  }
}
