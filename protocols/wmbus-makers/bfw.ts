import type { Fault } from "../fault.ts";
import { calendarDate } from "../mbus-time.ts";
import type { MakerContent, MakerFormat, MakerPart, MakerReading } from "./maker-format.ts";
import { meaningOf, part, partsOf, row, tooShort } from "./maker-parts.ts";

/**
 * Heat cost allocators 240.radio of BFW: behind a short header no records, but these 40 bytes. Layout as wmbusmeters' bfw240radio driver has
 * found it. The eighteen months before are not read.
 */

const allocator = 0x08;
const ciShortHeader = 0x7a;
const contentLength = 40;
const dateAt = 37;

const units = meaningOf("hca", null, 0);
const date = meaningOf("date", null, 0);
const rows = [row(4, 2, "high-first", units, 1), row(6, 2, "high-first", units, 0)];

export const bfw240radio: MakerFormat = {
  name: "BFW 240.radio",
  place: "data",
  senders: { makers: ["BFW"], versions: [0x02], types: [allocator], ci: [ciShortHeader] },
  read: readUnits,
};

function readUnits(content: MakerContent): MakerReading | Fault {
  const bytes = content.bytes;
  if (bytes.length < contentLength) {
    return tooShort(bytes, contentLength);
  }
  return { bytes: bytes, parts: partsOf(bytes, rows).concat([dateOf(bytes)]), sums: [] };
}

/** Day, month, year of two digits, each a byte of BCD. */
function dateOf(bytes: Uint8Array): MakerPart {
  const text = calendarDate(2000 + bcd(bytes[dateAt + 2]), bcd(bytes[dateAt + 1]), bcd(bytes[dateAt]));
  return part(bytes, dateAt, 3, date, 0, text);
}

/** Letters give a number that is no day and no month. */
function bcd(byte: number): number {
  const high = byte >> 4;
  const low = byte & 15;
  return high > 9 || low > 9 ? 100 : 10 * high + low;
}
