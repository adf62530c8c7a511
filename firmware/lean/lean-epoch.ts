import type { EspruinoStorage } from "../../boards/platforms/espruino-globals.ts";
import { bigEndian, bytesOf, byteText } from "../../protocols/cbor-small.ts";
import { crcX25 } from "../../protocols/crc-small.ts";
import { type Fault, fault } from "../../protocols/fault.ts";
import {
  begun,
  type EpochStart,
  ended,
  epochFile,
  epochMax,
  noPiv,
  reach,
  reachFile,
  reasons,
} from "../epoch.ts";
import { numberOf } from "./lean-session.ts";

/**
 * The epoch of a boot, as epoch.ts over espruino-storage.ts begins it: the same files, so that a board may have the one firmware after
 * the other; how a run of that ended is not read. Both halves hold nothing but records of 9 bytes, each a piece of 16, which is all that is read and written here.
 */
const piece = "\x09\0\xf6\xff";
const pieceLength = 16;
const piecesAt = 8;
const recordLength = 9;
/** Bytes of a half of the file that is made anew when it is full: 31 records. */
const halfLength = 520;
const erased = "\xff\xff\xff\xff";

interface Half {
  readonly file: string;
  /** -1 where the half does not count. */
  readonly generation: number;
  /** Where the next piece may begin, and whether there is room for it. */
  readonly end: number;
  readonly isFull: boolean;
  /** As epoch.ts has them of its log. */
  readonly last: number;
  readonly torn: number;
}

/** Begins the next epoch; a Fault means: send nothing. */
export function leanEpoch(flash: EspruinoStorage): EpochStart | Fault {
  function read(file: string): Half {
    const found = flash.readArrayBuffer(file);
    return halfOf(file, found === undefined ? "" : byteText(new Uint8Array(found)));
  }

  /** Whether the file ends in the record of this epoch, once it is written. Without another half it is only appended to. */
  function noted(half: Half, other: Half | null, epoch: number): boolean {
    const text = bigEndian(begun, 1) + bigEndian(epoch, 2) + bigEndian(noPiv, 4);
    const record = piece + text + crcText(text) + "\0\0\0";
    let file = half.file;
    if (other !== null && (half.generation < 0 || half.isFull)) {
      file = half.generation < 0 ? file : other.file;
      const generation = (Math.max(half.generation, 0) + 1) & 255;
      flash.write(file, "", 0, halfLength);
      flash.write(file, bytesOf(record), piecesAt, 0);
      flash.write(file, bytesOf(bigEndian(generation, 1) + bigEndian(generation ^ 255, 1) + "\0\0"), 4, 0);
    } else {
      if (other !== null && other.generation >= 0) {
        flash.erase(other.file);
      }
      flash.write(file, bytesOf(record), half.end, 0);
    }
    const written = read(file);
    const isThere = written.generation >= 0 && written.last === epoch && written.torn === 0;
    if (isThere && file !== half.file) {
      flash.erase(half.file);
    }
    return isThere;
  }

  const first = read(epochFile + "0");
  const second = read(epochFile + "1");
  const isFirst =
    second.generation < 0 || (first.generation >= 0 && ((first.generation - second.generation) & 255) < 128);
  const log = isFirst ? first : second;
  const limit = read(reachFile + "0");
  const last = log.last < 0 ? limit.last : log.last;
  const epoch = last + 1 + log.torn;
  if (epoch > epochMax) {
    return fault("epochs-used-up", "all epochs of this key are used: enrol the device again");
  }
  try {
    if (
      noted(log, isFirst ? second : first, epoch) &&
      (epoch <= limit.last ||
        (limit.generation >= 0 && !limit.isFull && noted(limit, null, Math.min(epoch + reach - 1, epochMax))))
    ) {
      return {
        epoch: epoch,
        previous: log.last < 0 ? null : log.last,
        lastPiv: null,
        bootReason: last < 0 ? "first" : "power",
      };
    }
  } catch {
    // Flash that refuses: as one that forgets.
  }
  return fault("storage", "the storage did not keep the record of epoch " + epoch + ": nothing is sent");
}

function halfOf(file: string, text: string): Half {
  const generation = text.charCodeAt(4);
  const counts = text.charCodeAt(5) === (generation ^ 255);
  let content = "";
  let end = piecesAt;
  while (counts && end + 4 <= text.length && text.substr(end, 4) !== erased) {
    const isPiece = text.substr(end, 4) === piece && end + 4 + recordLength <= text.length;
    content += isPiece ? text.substr(end + 4, recordLength) : text.substr(end, 4);
    end += isPiece ? pieceLength : 4;
  }
  let last = -1;
  let whole = 0;
  for (let at = 0; at + recordLength <= content.length; at++) {
    const record = content.substr(at, recordLength);
    const mark = record.charCodeAt(0);
    if (
      (mark === begun || (mark > ended && mark < ended + reasons.length)) &&
      crcText(record.substr(0, 7)) === record.substr(7)
    ) {
      last = Math.max(last, numberOf(record.substr(1, 2)));
      whole = at + recordLength;
      at = whole - 1;
    }
  }
  return {
    file: file,
    generation: counts ? generation : -1,
    end: end,
    isFull: end + pieceLength > text.length,
    last: last,
    torn: Math.ceil((content.length - whole) / recordLength),
  };
}

function crcText(text: string): string {
  return bigEndian(crcX25(bytesOf(text), 0, text.length), 2);
}
