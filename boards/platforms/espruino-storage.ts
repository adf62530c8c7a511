import { concat } from "../../protocols/bytes.ts";
import { type Fault, fault } from "../../protocols/fault.ts";
import type { Storage } from "../platform.ts";
import type { EspruinoGlobal, EspruinoStorage } from "./espruino-globals.ts";

/**
 * Append-only files in a board's flash. The interpreter's own `Storage` erases a file before it writes another content under its
 * name, and moves files through RAM when it is full (jsflash.c, jsfWriteFile and jsfCompact); a power cut then loses them. So each file
 * here is two preallocated ones, of which the newer counts, and bytes are only ever written where there are none.
 *
 *     0   4 bytes never written: a write at offset 0 is what erases
 *     4   generation, its complement, 0, 0: written last, so a file without it does not count
 *     8   pieces: length (2), its complement (2), low byte first, the bytes, zeros up to a multiple of 4
 *
 * Of a piece that the power cut short the bytes that arrived are read like any others: whoever appends records checks them.
 */
export function espruinoStorage(
  flash: EspruinoStorage,
  /** Bytes by file name; both halves are that long. Other names are refused. */
  sizes: Readonly<Record<string, number>>,
): Storage {
  const content = (file: string): Uint8Array | null => {
    const found = flash.readArrayBuffer(file);
    return found === undefined ? null : new Uint8Array(found);
  };
  /** Writes into erased bytes and looks whether they are there. */
  const put = (file: string, at: number, bytes: Uint8Array): Fault | null => {
    try {
      flash.write(file, bytes, at, 0);
    } catch {
      return refused(file);
    }
    const kept = content(file);
    for (let i = 0; i < bytes.length; i++) {
      if (kept === null || kept[at + i] !== bytes[i]) {
        return refused(file);
      }
    }
    return null;
  };
  const newest = (name: string): Half => newer(halfOf(name + "0", content), halfOf(name + "1", content));
  const replace = (name: string, bytes: Uint8Array): Fault | null => {
    const old = newest(name);
    const file = name + (old.file === name + "0" ? "1" : "0");
    try {
      flash.erase(file);
      flash.write(file, "", 0, sizes[name]);
    } catch {
      return refused(file);
    }
    const unwritten = put(file, piecesAt, pieceOf(bytes));
    const generation = (old.generation + 1) & 255;
    return unwritten === null
      ? put(file, generationAt, new Uint8Array([generation, generation ^ 255, 0, 0]))
      : unwritten;
  };
  return {
    read: (name) => {
      const half = newest(name);
      return half.bytes === null ? new Uint8Array(0) : concat(piecesOf(half.bytes).parts);
    },
    append: (name, bytes) => {
      const half = newest(name);
      if (half.bytes === null) {
        return replace(name, bytes);
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
  /** null where the file does not count. */
  readonly bytes: Uint8Array | null;
}

function halfOf(file: string, content: (file: string) => Uint8Array | null): Half {
  const bytes = content(file);
  const generation = bytes === null ? 0 : bytes[generationAt];
  const counts = bytes !== null && bytes[generationAt + 1] === (generation ^ 255);
  return { file: file, generation: generation, bytes: counts ? bytes : null };
}

/** Of two halves that count the one that follows the other, generations being counted round. */
function newer(a: Half, b: Half): Half {
  if (a.bytes === null || b.bytes === null) {
    return a.bytes === null ? b : a;
  }
  return ((b.generation - a.generation) & 255) < 128 ? b : a;
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
