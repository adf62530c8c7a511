import { isLetter } from "./data-set.ts";
import { type Fault, fault } from "./fault.ts";
import type { MeterLanguage } from "./meter.ts";
import { type Readout, ReadoutDecoder } from "./readout.ts";

/**
 * IEC 62056-21 (formerly IEC 1107) as electricity and heat meters speak it through the optical head, whether asked (modes A, B, C) or
 * by themselves (mode D). A BCC must hold where there is one; a readout without STX and ETX has none and is marked unchecked.
 */
export const d0: MeterLanguage = {
  name: "d0",
  title: "D0 data readout",
  standard: "IEC 62056-21 modes A to D",
  line: { baud: 9600, dataBits: 7, parity: "even", stopBits: 1 },
  decoder: function () {
    return new ReadoutDecoder(d0Ending);
  },
};

const etx = 0x03;
const newline = 0x0a;
const carriageReturn = 0x0d;
const slash = 0x2f;

/**
 * `!` CR LF ETX BCC, or `!` CR LF alone. Whether an ETX follows is seen by the next byte only: it is waited for until this meter has
 * sent a readout without one, so that a lost STX does not pass for a meter that sends no checksum.
 */
function d0Ending(readout: Readout, last: boolean): "more" | "checked" | "unchecked" | Fault {
  const bytes = readout.bytes;
  let at = readout.to + 1;
  if (at < readout.length && (bytes[at] & 0x7f) === carriageReturn) {
    at++;
  }
  const hasNewline = at < readout.length && (bytes[at] & 0x7f) === newline;
  if (hasNewline) {
    at++;
  }
  const hasLineEnd = at > readout.to + 1;
  if (at === readout.length) {
    if (last) {
      return hasLineEnd ? "unchecked" : fault("truncated", "the bytes stop behind the !");
    }
    return hasNewline && readout.plain && !readout.framed ? "unchecked" : "more";
  }
  const next = bytes[at] & 0x7f;
  if (next === etx) {
    return blockCheck(readout, at, last);
  }
  if (!hasLineEnd) {
    return fault("syntax", "something other than a line end behind the !");
  }
  if (!readout.framed) {
    return "unchecked";
  }
  if (next === slash && at + 1 === readout.length && !last) {
    return "more";
  }
  return next === slash && at + 1 < readout.length && isLetter(bytes[at + 1] & 0x7f)
    ? "unchecked"
    : fault("checksum", "STX, but neither ETX nor BCC");
}

/** BCC: exclusive or of all bytes behind STX up to and including ETX (ISO/IEC 1155). Over parity bits it holds as well. */
function blockCheck(readout: Readout, etxAt: number, last: boolean): "more" | "checked" | Fault {
  if (!readout.framed) {
    return fault("checksum", "ETX, but no STX before the data block");
  }
  if (etxAt + 1 === readout.length) {
    return last ? fault("truncated", "the bytes stop before the BCC") : "more";
  }
  return blockCheckOf(readout.bytes, readout.from, etxAt + 1) === readout.bytes[etxAt + 1]
    ? "checked"
    : fault("checksum", "BCC does not fit");
}

/** Exclusive or of bytes[from, to). */
export function blockCheckOf(bytes: Uint8Array, from: number, to: number): number {
  let bcc = 0;
  for (let i = from; i < to; i++) {
    bcc ^= bytes[i];
  }
  return bcc;
}
