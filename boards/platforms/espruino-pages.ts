import { byteText } from "../../protocols/byte-text.ts";
import type { FlashPages } from "../platform.ts";
import type { EspruinoE, EspruinoFlash, EspruinoGlobal, EspruinoStorage } from "./espruino-globals.ts";

declare const E: EspruinoE;

/** Where pages are looked for: addresses of the interpreter's `Flash`. */
export interface PageArea {
  readonly start: number;
  readonly length: number;
  readonly pageBytes: number;
  /** Of all pages. */
  readonly bytes: number;
}

/**
 * The whole pages within a file of the interpreter's storage, which is made where it is not there yet and room for it is free without tidying up;
 * without one there are no pages. Storage finds files by their heads alone (jsflash.c), so what is within one may be erased.
 */
export function storagePages(file: string, area: PageArea, storage: EspruinoStorage): FlashPages {
  const flash = nativePages();
  const size = area.bytes + area.pageBytes;
  let found = fileIn(flash, file, area);
  if (found.length === 0 && storage.getFree() > size + fileHead) {
    try {
      storage.write(file, "", 0, size);
    } catch {
      // Then it is not there.
    }
    found = fileIn(flash, file, area);
  }
  const end = found.start + found.length;
  const start = Math.ceil(found.start / area.pageBytes) * area.pageBytes;
  return pagesAt(flash, start, area.pageBytes, Math.max(0, Math.floor((end - start) / area.pageBytes)));
}

/** Pages that the interpreter leaves free; none where it says that it does not. */
export function freePages(area: PageArea): FlashPages {
  const flash = nativePages();
  const isFree = flash.getFree().some((free) => free.addr === area.start && free.length >= area.length);
  return pagesAt(flash, area.start, area.pageBytes, isFree ? Math.floor(area.bytes / area.pageBytes) : 0);
}

function nativePages(): EspruinoFlash {
  return (globalThis as unknown as EspruinoGlobal).require("Flash") as EspruinoFlash;
}

function pagesAt(flash: EspruinoFlash, start: number, pageBytes: number, pages: number): FlashPages {
  return {
    pageBytes: pageBytes,
    pages: pages,
    read: (at, length) => byteText(flash["read"](length, start + at)),
    write: (at, bytes) => flash.write(bytes, start + at),
    erase: (page) => flash.erasePage(start + page * pageBytes),
    crc: (bytes) => E.CRC32(bytes),
  };
}

/** Before a file's bytes: size (3 bytes, low first), flags, name (28). Files follow each other at multiples of 4. */
const fileHead = 32;
const nameAt = 4;
const fileUnit = 4;

/** Where the bytes of a file lie; length 0 where there is none. */
function fileIn(flash: EspruinoFlash, name: string, area: PageArea): { start: number; length: number } {
  const end = area.start + area.length;
  let at = area.start;
  while (at + fileHead <= end) {
    const head = flash["read"](fileHead, at);
    const length = head[0] + head[1] * 256 + head[2] * 65536;
    const next = at + fileHead + length;
    if (next <= end) {
      if (byteText(head).substr(nameAt, name.length + 1) === name + "\0") {
        return { start: at + fileHead, length: length };
      }
      at = Math.ceil(next / fileUnit) * fileUnit;
    } else if (at % area.pageBytes === 0) {
      break; // behind the last file
    } else {
      at = Math.ceil(at / area.pageBytes) * area.pageBytes;
    }
  }
  return { start: 0, length: 0 };
}
