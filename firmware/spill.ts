import type { FlashPages } from "../boards/platform.ts";
import { bigEndian, bytesOf, byteText } from "../protocols/cbor-small.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import { includes, type Ranges, size } from "../protocols/ranges.ts";
import type { OutboxFrame } from "./outbox.ts";

/**
 * Frames on pages of flash that are used in turn, for what a board's RAM has no room for.
 *
 *     page      mark a7, 1, number (4), whose (4), CRC-32 of these (4), 0, 0. The number counts the pages begun: it says which is the newest, and
 *               how often each was erased
 *     record    8 bytes never written until the frame is done with, then 0
 *               length (2), epoch (2), number (4), rows (2), 0, 0, CRC-32 of these and the bytes (4); the bytes; zeros up to a multiple of 8
 *
 * Big-endian. Nothing is written twice, but for a page's head, which becomes 0 before the page is erased: what an erasure that broke off leaves then
 * is no page. What a power cut tore fails its CRC, and nothing is put behind it on that page.
 */
export interface Spill {
  readonly frames: number;
  readonly bytes: number;
  /** Keeps a frame; durable before it returns. `givenUp` gets the frames of the oldest page where that is needed for it. */
  keep(frame: OutboxFrame, now: number, givenUp: OutboxFrame[]): Fault | null;
  /** Marks these as done with, and returns them. */
  acknowledge(epoch: number, ranges: Ranges): readonly OutboxFrame[];
  /** The oldest frame that is not among these; null where there is none. */
  oldestBut(known: readonly OutboxFrame[]): OutboxFrame | null;
  /** Frames, bytes, pages, how often each was used, and how many may be erased now. */
  status(now: number): readonly number[];
}

export interface Wear {
  /** Erasures of each page in a day. What is not used is saved up for a day at most, and a boot begins with none. */
  readonly perDay: number;
  /** Erasures that a page takes in all. */
  readonly endurance: number;
}

const unit = 8;
const pageHead = 16;
const recordHead = 16;
/** Before a record's bytes: its mark and its head. */
const before = unit + recordHead;
const day = 86400000;
const blankUnit = "\xff\xff\xff\xff\xff\xff\xff\xff";
const doneUnit = "\0\0\0\0\0\0\0\0";
/** Looked at together. */
const blank = blankUnit + blankUnit + blankUnit + blankUnit + blankUnit + blankUnit + blankUnit + blankUnit;
const stride = 8 * unit;

/** `owner`: four characters that are another's with another key; frames under an old key are no longer anybody's. */
export function createSpill(flash: FlashPages, owner: string, wear: Wear): Spill {
  const pages = flash.pages;
  /** Of each page: frames that wait, and where its records end. */
  const live: number[] = [];
  const ends: number[] = [];
  /** Number of the page that is being written; -1 before the first. */
  let newest = -1;
  /** Where the next record goes, from the first page on; the end of the newest page where none may follow. */
  let at = 0;
  let frames = 0;
  let bytes = 0;
  /** Pages that may be erased, and since when more were earned. */
  let credit = 0;
  let creditAt = 0;
  /** Whether the page that comes next may have been erased before a power cut without that being counted. */
  let uncounted = false;

  function endOf(number: number): number {
    return ((number % pages) + 1) * flash.pageBytes;
  }

  function earn(now: number): void {
    const most = wear.perDay * pages;
    credit = Math.min(most, credit + ((now - creditAt) / day) * most);
    creditAt = now;
  }

  function isBlank(from: number, to: number): boolean {
    for (let i = from; i < to; i += stride) {
      const length = Math.min(stride, to - i);
      if (flash.read(i, length) !== blank.substr(0, length)) {
        return false;
      }
    }
    return true;
  }

  /** Calls `visit` with the place and the head of each frame that waits, oldest first, until it returns true. */
  function walk(visit: (place: number, head: string, length: number) => boolean): void {
    for (let number = Math.max(0, newest - pages + 1); number <= newest; number++) {
      const page = number % pages;
      let place = page * flash.pageBytes + pageHead;
      while (live[page] > 0 && place < ends[page]) {
        const head = flash.read(place, before);
        const length = uint(head, unit, 2);
        if (!isDone(head) && visit(place, head, length)) {
          return;
        }
        place += before + padded(length);
      }
    }
  }

  function frameAt(place: number, head: string, length: number): OutboxFrame {
    return {
      kind: "pack",
      epoch: uint(head, unit + 2, 2),
      piv: uint(head, unit + 4, 4),
      rows: uint(head, unit + 8, 2),
      bytes: bytesOf(flash.read(place + before, length)),
    };
  }

  /** One frame less waits. */
  function less(place: number, length: number): void {
    live[Math.floor(place / flash.pageBytes)]--;
    frames--;
    bytes -= length;
  }

  function isWhole(place: number, length: number): boolean {
    const head = flash.read(place + unit, recordHead);
    return flash.crc(head.substr(0, 12) + flash.read(place + before, length)) === uint(head, 12, 4);
  }

  /** Counts the frames of a page; whether it ends as it should. */
  function count(page: number): boolean {
    const end = (page + 1) * flash.pageBytes;
    let place = page * flash.pageBytes + pageHead;
    let whole = true;
    while (whole && place + before <= end) {
      const head = flash.read(place, before);
      const length = uint(head, unit, 2);
      if (head.substr(unit, unit) === blankUnit) {
        break;
      }
      whole = place + before + length <= end && isWhole(place, length);
      if (whole) {
        if (!isDone(head)) {
          live[page]++;
          frames++;
          bytes += length;
        }
        place += before + padded(length);
      }
    }
    ends[page] = place;
    return whole;
  }

  function open(): void {
    let last = -1;
    for (let page = 0; page < pages; page++) {
      live.push(0);
      ends.push(0);
      const head = flash.read(page * flash.pageBytes, pageHead);
      if (isPage(head)) {
        last = Math.max(last, uint(head, 2, 4));
      }
    }
    newest = last;
    at = last < 0 ? 0 : endOf(last);
    for (let page = 0; page < pages; page++) {
      const head = flash.read(page * flash.pageBytes, pageHead);
      const isMine = isPage(head) && head.substr(6, 4) === owner;
      if (isMine && count(page) && page === last % pages && isBlank(ends[page], at)) {
        at = ends[page];
      }
    }
    const next = flash.read(((last + 1) % pages) * flash.pageBytes, pageHead);
    uncounted = last >= pages - 1 && !isPage(next);
  }

  function isPage(head: string): boolean {
    return head.substr(0, 2) === pageMark && flash.crc(head.substr(0, 10)) === uint(head, 10, 4);
  }

  /** Makes room on the next page. */
  function turn(now: number, givenUp: OutboxFrame[]): Fault | null {
    const number = newest + 1 + (uncounted ? pages : 0);
    const page = number % pages;
    const start = page * flash.pageBytes;
    if (number >= wear.endurance * pages) {
      return fault(
        "worn",
        "the flash has had its " + wear.endurance + " erasures: messages wait in RAM only",
      );
    }
    if (uncounted || !isBlank(start, start + flash.pageBytes)) {
      earn(now);
      if (credit < 1) {
        return fault("worn", "the flash has had its erasures of today: messages wait in RAM only for now");
      }
      credit--;
      walk((place, head, length) => {
        if (place >= start && place < start + flash.pageBytes) {
          givenUp.push(frameAt(place, head, length));
          frames--;
          bytes -= length;
        }
        return false;
      });
      live[page] = 0;
      flash.write(start, doneUnit + doneUnit);
      flash.erase(page);
    }
    const head = pageMark + bigEndian(number, 4) + owner;
    const whole = head + bigEndian(flash.crc(head), 4) + "\0\0";
    flash.write(start, whole);
    newest = number;
    uncounted = false;
    live[page] = 0;
    ends[page] = start + pageHead;
    at = endOf(number);
    if (flash.read(start, pageHead) !== whole || !isBlank(start + pageHead, at)) {
      return fault("storage", "a page of flash did not take its head");
    }
    at = start + pageHead;
    return null;
  }

  if (pages > 0) {
    open();
  }
  return {
    get frames() {
      return frames;
    },
    get bytes() {
      return bytes;
    },
    keep(frame, now, givenUp) {
      const length = frame.bytes.length;
      const room = before + padded(length);
      if (pageHead + room > flash.pageBytes) {
        return fault("limit", "a message of " + length + " bytes is longer than a page of flash");
      }
      if (pages === 0) {
        return fault(
          "storage",
          "the board has no flash to spill to: tidy its storage up (hasen flash --tidy)",
        );
      }
      if (newest < 0 || at + room > endOf(newest)) {
        const refused = turn(now, givenUp);
        if (refused !== null) {
          return refused;
        }
      }
      const numbers = bigEndian(length, 2) + bigEndian(frame.epoch, 2) + bigEndian(frame.piv, 4);
      const head = numbers + bigEndian(frame.rows, 2) + "\0\0";
      const text = byteText(frame.bytes);
      const record = head + bigEndian(flash.crc(head + text), 4) + text;
      const place = at;
      flash.write(place + unit, record + doneUnit.substr(0, padded(length) - length));
      at = endOf(newest);
      if (flash.read(place + unit, record.length) !== record) {
        return fault("storage", "the flash did not take a message");
      }
      at = place + room;
      const page = newest % pages;
      ends[page] = at;
      live[page]++;
      frames++;
      bytes += length;
      return null;
    },
    acknowledge(epoch, ranges) {
      const done: OutboxFrame[] = [];
      const most = size(ranges);
      if (frames > 0) {
        walk((place, head, length) => {
          if (uint(head, unit + 2, 2) === epoch && includes(ranges, uint(head, unit + 4, 4))) {
            done.push(frameAt(place, head, length));
            flash.write(place, doneUnit);
            less(place, length);
          }
          return done.length === most;
        });
      }
      return done;
    },
    oldestBut(known) {
      let found: OutboxFrame | null = null;
      if (frames > 0) {
        walk((place, head, length) => {
          const epoch = uint(head, unit + 2, 2);
          const piv = uint(head, unit + 4, 4);
          if (known.some((frame) => frame.epoch === epoch && frame.piv === piv)) {
            return false;
          }
          found = frameAt(place, head, length);
          return true;
        });
      }
      return found;
    },
    status(now) {
      earn(now);
      return [frames, bytes, pages, Math.ceil((newest + 1) / pages), Math.floor(credit)];
    },
  };
}

/** A page's mark, and the form of what is on it. */
const pageMark = "\xa7\x01";

/** One byte of its mark is enough, so that a mark that a power cut tore counts; one bit that flipped is not. */
function isDone(head: string): boolean {
  return head.substr(0, unit).indexOf("\0") >= 0;
}

function padded(length: number): number {
  return (length + unit - 1) & -unit;
}

function uint(text: string, at: number, length: number): number {
  let n = 0;
  for (let i = at; i < at + length; i++) {
    n = n * 256 + text.charCodeAt(i);
  }
  return n;
}
