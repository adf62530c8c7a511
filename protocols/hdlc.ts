import { crcX25 } from "./crc.ts";
import { type Fault, fault } from "./fault.ts";

/** Frames of ISO/IEC 13239 type 3, as DLMS meters push them: flag, format and length, addresses, control, HCS, information, FCS, flag. */

export const flag = 0x7e;
/** Of a frame with both flags: its length field has 11 bits. */
export const hdlcMax = 2047 + 2;
const addressMax = 4; // bytes
const segmented = 0x08; // of the first format byte: more segments follow
const unnumbered = 0x03; // UI

/** What begins at a flag. */
export type HdlcFound =
  | {
      readonly kind: "frame";
      /** From the opening flag to the closing one, which may open the next frame. */
      readonly length: number;
      readonly segmented: boolean;
      /** Both addresses, as sent. */
      readonly addresses: Uint8Array;
      readonly information: Uint8Array;
    }
  | { readonly kind: "more" }
  | { readonly kind: "none" }
  | { readonly kind: "bad"; readonly fault: Fault };

const more: HdlcFound = { kind: "more" };
const none: HdlcFound = { kind: "none" };

/** The frame whose opening flag is at `at`, both checksums held. Information is a copy. */
export function hdlcAt(bytes: Uint8Array, at: number, to: number): HdlcFound {
  if (at + 3 > to) {
    return at + 1 < to && bytes[at + 1] >> 4 !== 10 ? none : more;
  }
  if (bytes[at + 1] >> 4 !== 10) {
    return none;
  }
  const first = at + 1;
  const length = ((bytes[first] & 7) << 8) | bytes[first + 1];
  const source = addressEnd(bytes, first + 2, to);
  const control = source < 0 ? -1 : addressEnd(bytes, source, to);
  const header = control + 3; // behind the HCS
  if (length < 7 || (source < 0 && to >= first + 2 + addressMax) || (control < 0 && to >= first + 10)) {
    return none;
  }
  if (control < 0 || header > to) {
    return more;
  }
  const fcs = first + length - 2; // of a frame without information the HCS
  if (fcs !== header - 2 && fcs < header) {
    return none;
  }
  if (!holds(bytes, first, control + 1)) {
    return bad("the checksum of an HDLC header does not fit");
  }
  if (first + length + 1 > to) {
    return more;
  }
  if (bytes[first + length] !== flag) {
    return { kind: "bad", fault: fault("syntax", "no flag 7e where the HDLC frame should end") };
  }
  if (fcs >= header && !holds(bytes, first, fcs)) {
    return bad("the checksum of an HDLC frame does not fit");
  }
  return {
    kind: "frame",
    length: length + 1,
    segmented: (bytes[first] & segmented) !== 0,
    addresses: new Uint8Array(bytes.subarray(first + 2, control)),
    information: new Uint8Array(bytes.subarray(header, fcs > header ? fcs : header)),
  };
}

/** A frame of unnumbered information, with both flags; null where it is longer than a frame can be. */
export function hdlcFrame(
  addresses: Uint8Array,
  information: Uint8Array,
  isSegmented: boolean,
): Uint8Array | null {
  const control = 3 + addresses.length;
  const length = control + 4 + information.length;
  if (length > hdlcMax - 2 || information.length === 0) {
    return null;
  }
  const frame = new Uint8Array(length + 2);
  frame.set([flag, 0xa0 | (isSegmented ? segmented : 0) | (length >> 8), length & 0xff], 0);
  frame.set(addresses, 3);
  frame[control] = unnumbered;
  write(frame, control + 1);
  frame.set(information, control + 3);
  write(frame, length - 1);
  frame[length + 1] = flag;
  return frame;
}

/** Behind an address, whose last byte alone has its lowest bit set (§4.7.1); -1 where none ends. */
function addressEnd(bytes: Uint8Array, at: number, to: number): number {
  for (let i = at; i < to && i < at + addressMax; i++) {
    if ((bytes[i] & 1) === 1) {
      return i + 1;
    }
  }
  return -1;
}

function holds(bytes: Uint8Array, from: number, at: number): boolean {
  return crcX25(bytes, from, at) === (bytes[at] | (bytes[at + 1] << 8));
}

/** The checksum over all behind the flag, low byte first. */
function write(frame: Uint8Array, at: number): void {
  const crc = crcX25(frame, 1, at);
  frame[at] = crc & 0xff;
  frame[at + 1] = crc >> 8;
}

function bad(detail: string): HdlcFound {
  return { kind: "bad", fault: fault("checksum", detail) };
}
