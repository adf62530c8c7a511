import { apator162 } from "./apator-162.ts";
import { apatorEitn } from "./apator-eitn.ts";
import { apatorNa1 } from "./apator-na1.ts";
import { bfw240radio } from "./bfw.ts";
import { isFrom, type MakerFormat } from "./maker-format.ts";
import { prios } from "./prios.ts";
import { qundisWalkBy } from "./qundis.ts";
import { techemFormats } from "./techem.ts";

/** Registry of the formats that makers of wireless meters use instead of data records. A new one is one file and one line here. */
export const makerFormats: readonly MakerFormat[] = techemFormats.concat([
  apator162,
  apatorEitn,
  apatorNa1,
  bfw240radio,
  prios,
  qundisWalkBy,
]);

/** The format of a telegram at this place in it; null where the telegram is the standard's. `block`: header of the record. */
export function makerFormatOf(
  telegram: Uint8Array,
  place: MakerFormat["place"],
  block?: string,
): MakerFormat | null {
  for (let i = 0; i < makerFormats.length; i++) {
    const format = makerFormats[i];
    if (format.place === place && format.block === block && isFrom(telegram, format.senders)) {
      return format;
    }
  }
  return null;
}
