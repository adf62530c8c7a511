import { type Fault, fault } from "../fault.ts";
import { dateText } from "../mbus-time.ts";
import { primaryMeaning } from "../mbus-vif.ts";
import {
  type MakerContent,
  type MakerFormat,
  type MakerPart,
  type MakerReading,
  makerCode,
  makerOf,
} from "./maker-format.ts";
import { meaningOf, part, partsOf, row, tooShort } from "./maker-parts.ts";

/**
 * What Qundis' heat, water and heat cost meters (makers QDS and LSE) send besides for those who walk by: a record of VIF ff 5f, whose 53 bytes say by a VIF of their own
 * what they count. Layout as wmbusmeters' q drivers have found it. The twelve months before are not read.
 */

const makers: readonly number[] = [makerCode("QDS"), makerCode("LSE")];
const contentLength = 53;
const vifAt = 9;
const hca = 0x6e;

const date = meaningOf("date", null, 0);

export const qundisWalkBy: MakerFormat = {
  name: "Qundis walk-by",
  place: "block",
  block: "0dff5f",
  fits: (telegram) => makers.indexOf(makerOf(telegram)) >= 0,
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
  return {
    bytes: bytes,
    parts: [counts[0], dateAt(bytes, 16, 1), counts[1], dateAt(bytes, 22, 17), counts[2]],
    sums: [],
  };
}

function dateAt(bytes: Uint8Array, at: number, storage: number): MakerPart {
  return part(bytes, at, 2, date, storage, dateText(bytes, at));
}
