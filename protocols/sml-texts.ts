import { toHex } from "./bytes.ts";
import { obisText } from "./obis.ts";

/** Entries whose texts are kept from one telegram to the next. */
const slotsMax = 64;

/**
 * A meter sends the same codes and ids in every telegram. Their texts are kept by place in the list and made again only where the
 * bytes differ.
 */
export class SmlTexts {
  private readonly codes = new Uint8Array(6 * slotsMax);
  private readonly codeTexts: string[] = [];
  private readonly octets: Uint8Array[] = [];
  private readonly octetTexts: string[] = [];

  constructor() {
    const nothing = new Uint8Array(0);
    for (let i = 0; i < slotsMax; i++) {
      this.codeTexts.push("0-0:0.0.0*0");
      this.octets.push(nothing);
      this.octetTexts.push("");
    }
  }

  obis(slot: number, bytes: Uint8Array, at: number): string {
    if (slot >= slotsMax) {
      return obisText(bytes, at);
    }
    const codes = this.codes;
    const from = 6 * slot;
    for (let i = 0; i < 6; i++) {
      if (codes[from + i] !== bytes[at + i]) {
        codes.set(bytes.subarray(at, at + 6), from);
        this.codeTexts[slot] = obisText(bytes, at);
        break;
      }
    }
    return this.codeTexts[slot];
  }

  hex(slot: number, bytes: Uint8Array, at: number, length: number): string {
    if (slot >= slotsMax) {
      return toHex(bytes.subarray(at, at + length));
    }
    const kept = this.octets[slot];
    let same = kept.length === length;
    for (let i = 0; same && i < length; i++) {
      same = kept[i] === bytes[at + i];
    }
    if (!same) {
      const copy = new Uint8Array(bytes.subarray(at, at + length));
      this.octets[slot] = copy;
      this.octetTexts[slot] = toHex(copy);
    }
    return this.octetTexts[slot];
  }
}
