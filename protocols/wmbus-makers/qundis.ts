import { type Fault, fault } from "../fault.ts";
import { dateText } from "../mbus-time.ts";
import { primaryMeaning } from "../mbus-vif.ts";
import type { MakerContent, MakerFormat, MakerPart, MakerReading } from "./maker-format.ts";
import { type MakerMeaning, meaningOf, part, partsOf, row, tooShort, unsigned } from "./maker-parts.ts";

/**
 * What Qundis' heat, water and heat cost meters (makers QDS and LSE) send besides for those who walk by: a record of VIF ff 5f, whose 53 bytes say by a VIF of their own
 * what they count. Layout as wmbusmeters' q drivers have found it. At the end stands what each of twelve months used, the
 * oldest first, as storage 2 to 13.
 */

const contentLength = 53;
const vifAt = 9;
const hca = 0x6e;
const monthsAt = 28;
const months = 12;
/** Of a month in which the meter was not there yet. */
const noMonth = 0x8000;

const date = meaningOf("date", null, 0);

export const qundisWalkBy: MakerFormat = {
  name: "Qundis walk-by",
  place: "block",
  block: "0dff5f",
  senders: { makers: ["QDS", "LSE"] },
  read: readWalkBy,
};

function readWalkBy(content: MakerContent): MakerReading | Fault {
  const bytes = content.bytes;
  if (bytes.length < contentLength) {
    return tooShort(bytes, contentLength);
  }
  const vif = bytes[vifAt];
  if (vif > 0x17 && vif !== hca) {
    return fault("content", "a walk-by record of something that is neither energy, volume nor heat cost");
  }
  const meaning = primaryMeaning(vif);
  const counts = partsOf(bytes, [
    row(12, 4, "bcd", meaning, 0),
    row(18, 4, "bcd", meaning, 1),
    row(24, 4, "bcd", meaning, 17),
  ]);
  const parts = [counts[0], dateAt(bytes, 16, 1), counts[1], dateAt(bytes, 22, 17), counts[2]];
  const monthly = meaningOf(meaning.quantity + "-of-month", meaning.unit, meaning.exponent);
  for (let month = 0; month < months; month++) {
    parts.push(monthAt(bytes, monthsAt + 2 * month, monthly, 2 + month));
  }
  return { bytes: bytes, parts: parts, sums: [] };
}

function monthAt(bytes: Uint8Array, at: number, meaning: MakerMeaning, storage: number): MakerPart {
  const count = unsigned(bytes, at, 2);
  const value = count === noMonth ? null : { integer: count, exponent: meaning.exponent };
  return part(bytes, at, 2, meaning, storage, value);
}

function dateAt(bytes: Uint8Array, at: number, storage: number): MakerPart {
  return part(bytes, at, 2, date, storage, dateText(bytes, at));
}
