import { concat, equal } from "../../protocols/bytes.ts";
import { type Fault, fault } from "../../protocols/fault.ts";
import type { Storage } from "../platform.ts";
import type { EspruinoGlobal, EspruinoStorage } from "./espruino-globals.ts";

/**
 * Append-only files in a board's flash. The interpreter's own `Storage` erases a file before it writes another content under its
 * name, and moves files through RAM when it is full (jsflash.c, jsfWriteFile and jsfCompact); a power cut then loses them. So each file
 * here is two preallocated halves of which one counts, and bytes are only ever written where there are none.
 *
 *     0   4 bytes never written: a write at offset 0 is what erases
 *     4   generation, its complement, 0, 0: written last, so a half without it does not count
 *     8   pieces: length (2), its complement (2), low byte first, the bytes, zeros up to a multiple of 4
 *
 * The older half is gone before the newer takes more, so that no loss of the newer brings old content back. Of a piece that the power
 * cut short the bytes that arrived are read like any others: whoever appends records checks them.
 */
export function espruinoStorage(
  flash: EspruinoStorage,
  /** Bytes of a half, by file name. Another file is only appended to, and must be there already (espruino-setup.ts). */
  sizes: Readonly<Record<string, number>>,
): Storage {
  /** Writes into erased bytes and looks whether they are there. */
  const put = (file: string, at: number, bytes: Uint8Array): Fault | null => {
    try {
      flash.write(file, bytes, at, 0);
    } catch {
      return refused(file);
    }
    const kept = flash.readArrayBuffer(file);
    return kept !== undefined && equal(new Uint8Array(kept, at, bytes.length), bytes) ? null : refused(file);
  };
  const find = (name: string): Halves => {
    const first = halfOf(flash, name + "0");
    const second = halfOf(flash, name + "1");
    const isFirst = second.bytes === null || (first.bytes !== null && follows(first, second));
    return isFirst ? { newer: first, older: second } : { newer: second, older: first };
  };
  const replace = (name: string, bytes: Uint8Array): Fault | null => {
    const halves = find(name);
    const old = halves.newer;
    const file = old.bytes === null ? old.file : halves.older.file;
    try {
      flash.write(file, "", 0, sizes[name]); // makes it, or makes it anew where anything was in it
    } catch {
      return refused(file);
    }
    const generation = (old.generation + 1) & 255;
    const unwritten = put(file, piecesAt, pieceOf(bytes));
    const uncounted =
      unwritten === null
        ? put(file, generationAt, new Uint8Array([generation, generation ^ 255, 0, 0]))
        : unwritten;
    if (uncounted === null && old.bytes !== null) {
      flash.erase(old.file);
    }
    return uncounted;
  };
  return {
    read: (name) => {
      const bytes = find(name).newer.bytes;
      return bytes === null ? new Uint8Array(0) : concat(piecesOf(bytes).parts);
    },
    append: (name, bytes) => {
      const halves = find(name);
      const half = halves.newer;
      if (half.bytes === null) {
        return replace(name, bytes);
      }
      if (halves.older.bytes !== null) {
        flash.erase(halves.older.file);
      }
      const piece = pieceOf(bytes);
      const end = piecesOf(half.bytes).end;
      return end + piece.length > half.bytes.length
        ? fault("full", half.file + ": its " + half.bytes.length + " bytes of flash are used")
        : put(half.file, end, piece);
    },
    replace: replace,
  };
}

/** The interpreter's own. */
export function nativeFlash(): EspruinoStorage {
  return (globalThis as unknown as EspruinoGlobal).require("Storage") as EspruinoStorage;
}

const generationAt = 4;
const piecesAt = 8;
const unit = 4; // bytes: what flash is written in at once

interface Half {
  readonly file: string;
  readonly generation: number;
  /** null where the half does not count. */
  readonly bytes: Uint8Array | null;
}

interface Halves {
  readonly newer: Half;
  readonly older: Half;
}

function halfOf(flash: EspruinoStorage, file: string): Half {
  const found = flash.readArrayBuffer(file);
  const bytes = found === undefined ? new Uint8Array(piecesAt) : new Uint8Array(found);
  const generation = bytes[generationAt];
  const counts = bytes[generationAt + 1] === (generation ^ 255);
  return { file: file, generation: counts ? generation : 0, bytes: counts ? bytes : null };
}

/** Whether the first half's generation comes after the second's, counted round. */
function follows(first: Half, second: Half): boolean {
  return ((first.generation - second.generation) & 255) < 128;
}

/** All that was written, and where the next piece may begin. */
function piecesOf(bytes: Uint8Array): { readonly parts: Uint8Array[]; readonly end: number } {
  const parts: Uint8Array[] = [];
  let at = piecesAt;
  while (at + unit <= bytes.length) {
    const length = bytes[at] + (bytes[at + 1] << 8);
    const complement = bytes[at + 2] + (bytes[at + 3] << 8);
    if ((length & complement) === 65535) {
      break; // erased
    }
    const whole = (length ^ complement) === 65535 && at + unit + length <= bytes.length;
    const from = whole ? at + unit : at;
    parts.push(bytes.subarray(from, from + (whole ? length : unit)));
    at = from + (whole ? (length + unit - 1) & -unit : unit);
  }
  return { parts: parts, end: at };
}

function pieceOf(bytes: Uint8Array): Uint8Array {
  const piece = new Uint8Array(unit + ((bytes.length + unit - 1) & -unit));
  const complement = bytes.length ^ 65535;
  piece.set([bytes.length & 255, bytes.length >> 8, complement & 255, complement >> 8]);
  piece.set(bytes, unit);
  return piece;
}

function refused(file: string): Fault {
  return fault("storage", file + ": the flash did not take it");
}
