import type { Fault } from "../fault.ts";
import { calendarDate } from "../mbus-time.ts";
import type { MakerContent, MakerFormat, MakerPart, MakerReading } from "./maker-format.ts";
import { type MakerMeaning, meaningOf, part, partsOf, row, tooShort, unsigned } from "./maker-parts.ts";

/**
 * Apator's heat cost allocators E.ITN 30: CI a0, or b6 with a counted number of bytes in front of the same. Layout as wmbusmeters'
 * apatoreitn driver has found it. The season's first day is not read: only half of it is sent.
 */

const allocator = 0x08;
const ciPlain = 0xa0;
const ciBehind = 0xb6;
const contentLength = 15;

const units = meaningOf("hca", null, 0);
const date = meaningOf("date", null, 0);
const sealBroken = meaningOf("seal-broken", null, 0);
const room = meaningOf("temperature", "degC", -8);

export const apatorEitn: MakerFormat = {
  name: "Apator E.ITN 30",
  place: "telegram",
  senders: { makers: ["APA", "APT"], versions: [0x04], types: [allocator], ci: [ciPlain, ciBehind] },
  read: readEitn,
};

function readEitn(content: MakerContent): MakerReading | Fault {
  const bytes = content.bytes;
  // Behind b6: the count, so many bytes, a0. Behind a0 a second one may stand.
  const skipped = content.telegram[10] === ciBehind ? 2 + bytes[0] : bytes[0] === ciPlain ? 1 : 0;
  if (bytes.length < skipped + contentLength) {
    return tooShort(bytes, skipped + contentLength);
  }
  return {
    bytes: bytes,
    parts: [
      partsOf(bytes, [row(skipped + 3, 2, "unsigned", units, 1)])[0],
      dateAt(bytes, skipped + 5, sealBroken, 0),
      partsOf(bytes, [row(skipped + 7, 2, "unsigned", units, 0)])[0],
      dateAt(bytes, skipped + 9, date, 0),
      temperatureAt(bytes, skipped + 11, 1),
      temperatureAt(bytes, skipped + 13, 0),
    ],
    sums: [],
  };
}

/** Day in bits 0 to 4, month in 5 to 8, year from 9; 0 for a day that has not been. */
function dateAt(bytes: Uint8Array, at: number, meaning: MakerMeaning, storage: number): MakerPart {
  const word = unsigned(bytes, at, 2);
  const text = calendarDate(2000 + ((word >> 9) & 31), (word >> 5) & 15, word & 31);
  return part(bytes, at, 2, meaning, storage, text);
}

/** 256ths of a degree, exactly. */
function temperatureAt(bytes: Uint8Array, at: number, storage: number): MakerPart {
  const value = { integer: unsigned(bytes, at, 2) * 390625, exponent: -8 };
  return part(bytes, at, 2, room, storage, value);
}
