import { AxdrReader } from "./axdr.ts";
import { concat } from "./bytes.ts";
import { type Fault, fault, isFault } from "./fault.ts";

/** Puts together what a meter sends in pieces: HDLC segments, M-Bus segments, blocks of general block transfer. */

/** Longest APDU in bytes; a load profile's page is half of it. */
const apduMax = 8192;
/** IEC 62056-46 §6.4.4.1: before the APDU, of a command (e6e6) or a response (e6e7); then quality 0. */
const llcLength = 3;
const blockTransfer = 0xe0;
const blockHeader = 6; // bytes before the length of the block's data

/** Where a piece leads: to an APDU that is whole, to nothing yet (null), or to a fault that ends the series. */
export type Joined = Uint8Array | Fault | null;

interface Series {
  readonly address: string;
  readonly parts: Uint8Array[];
  length: number;
}

/** Segments of one kind in order. A series that is dropped takes its later segments with it. */
export class SegmentSeries {
  private open: Series | null = null;

  get waiting(): boolean {
    return this.open !== null;
  }

  drop(): void {
    this.open = null;
  }

  /** `index`: the place of the segment where it tells, else whether it begins (0) or not (-1). */
  add(address: string, index: number, last: boolean, data: Uint8Array): Joined {
    const before = this.open;
    if (index === 0) {
      this.open = { address: address, parts: [], length: 0 };
    } else if (before === null) {
      return fault("truncated", "a segment of a telegram whose beginning did not come");
    } else if (before.address !== address || (index > 0 && index !== (before.parts.length & 15))) {
      this.open = null;
      return fault("truncated", "a segment of the telegram is missing");
    }
    const series = this.open as Series;
    series.parts.push(data);
    series.length += data.length;
    if (series.length > apduMax) {
      this.open = null;
      return fault("limit", "a telegram of more than " + String(apduMax) + " bytes");
    }
    if (!last) {
      return null;
    }
    this.open = null;
    return concat(series.parts);
  }
}

/** Whether HDLC information begins an APDU, rather than going on with one. */
export function hasLlc(information: Uint8Array): boolean {
  return (
    information.length > llcLength &&
    information[0] === 0xe6 &&
    (information[1] === 0xe7 || information[1] === 0xe6) &&
    information[2] === 0
  );
}

/** What follows the LLC header of an HDLC information field that has one. */
export function withoutLlc(information: Uint8Array): Uint8Array {
  return information.subarray(llcLength);
}

/** Whether an APDU is a block of general block transfer. */
export function isBlock(apdu: Uint8Array): boolean {
  return apdu.length > 0 && apdu[0] === blockTransfer;
}

/** General block transfer (IEC 62056-5-3 §7.4.6.13): control, block number 2, acknowledged 2, then a length and the data. */
export class BlockSeries {
  private parts: Uint8Array[] = [];
  private length = 0;

  get waiting(): boolean {
    return this.parts.length > 0;
  }

  drop(): void {
    this.parts = [];
    this.length = 0;
  }

  add(apdu: Uint8Array): Joined {
    const data = blockData(apdu);
    if (data === null) {
      this.drop();
      return fault("syntax", "a block of general block transfer whose length does not fit");
    }
    const number = apdu[2] * 256 + apdu[3];
    if (number === 1) {
      this.drop();
    } else if (number !== this.parts.length + 1) {
      const due = this.parts.length + 1;
      this.drop();
      return fault("truncated", "block " + String(number) + " where block " + String(due) + " was due");
    }
    this.parts.push(data);
    this.length += data.length;
    if (this.length > apduMax) {
      this.drop();
      return fault("limit", "blocks of more than " + String(apduMax) + " bytes");
    }
    if (apdu[1] < 128) {
      return null; // not the last block
    }
    const whole = concat(this.parts);
    this.drop();
    return whole;
  }
}

function blockData(apdu: Uint8Array): Uint8Array | null {
  const place = blockPlace(apdu);
  return isFault(place) || place.to !== apdu.length || place.to === place.at
    ? null
    : apdu.subarray(place.at, place.to);
}

/** Length of a block's APDU as its head tells it; a Fault ("truncated") where the head is not there yet. */
export function blockLength(apdu: Uint8Array): number | Fault {
  const place = blockPlace(apdu);
  return isFault(place) ? place : place.to;
}

function blockPlace(apdu: Uint8Array): { readonly at: number; readonly to: number } | Fault {
  const reader = new AxdrReader(apdu, blockHeader, false);
  const length = reader.length();
  return isFault(length) ? length : { at: reader.at, to: reader.at + length };
}
