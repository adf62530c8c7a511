import type { SmlChecksum, SmlList, SmlMessages } from "./sml-message.ts";

/** Messages of one telegram that are tried. Meters send one list; bytes that all look like messages must not cost more. */
const triesMax = 8;

/**
 * What can be saved of a telegram whose transport checksum does not hold: the lists of values whose own message checksum does. They are
 * looked for byte by byte, since what lies before one may be what was hit. A checksum of 16 bits finds every hit of up to 16 bits in a
 * row, of one or two bits, of any odd number of bits; of all others one in 65,536 passes. The transport checksum, of the same polynomial,
 * would find no more of what hits the inside of one message.
 */
export function salvaged(
  messages: SmlMessages,
  place: { readonly bytes: Uint8Array; readonly from: number; readonly to: number },
  checksum: SmlChecksum,
): readonly SmlList[] {
  const bytes = place.bytes;
  const to = place.to;
  const lists: SmlList[] = [];
  let tries = 0;
  for (let at = place.from; at < to && tries < triesMax; at++) {
    if (beginsList(bytes, at, to)) {
      tries++;
      const list = messages.readList(bytes, at, to, checksum);
      if (list !== null) {
        lists.push(list);
        at = messages.at - 1;
      }
    }
  }
  return lists;
}

/** transactionId, groupNo, abortOnError in the forms meters send them, then the tag of a list of values. */
function beginsList(bytes: Uint8Array, at: number, to: number): boolean {
  const group = at + 1 + bytes[at + 1];
  const tag = group + 5;
  return (
    bytes[at] === 0x76 &&
    bytes[at + 1] >= 0x01 &&
    bytes[at + 1] <= 0x0f &&
    tag + 5 <= to &&
    bytes[group] === 0x62 &&
    bytes[group + 2] === 0x62 &&
    bytes[group + 4] === 0x72 &&
    ((bytes[tag] === 0x63 && bytes[tag + 1] === 7 && bytes[tag + 2] === 1) ||
      (bytes[tag] === 0x65 &&
        bytes[tag + 1] === 0 &&
        bytes[tag + 2] === 0 &&
        bytes[tag + 3] === 7 &&
        bytes[tag + 4] === 1))
  );
}
