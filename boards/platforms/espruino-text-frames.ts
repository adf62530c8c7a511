import { bigEndian, bytesOf } from "../../protocols/cbor-small.ts";
import { crcX25 } from "../../protocols/crc-small.ts";

/** What framing.ts and espruino-frames.ts do, on byte texts: COBS over a frame and its CRC-16/X-25, ended by a zero. */

const blockMax = 254; // bytes behind one COBS code

/** What goes over the line for a frame. */
export function wrapText(frame: string): string {
  let wrapped = "";
  let full = false;
  (frame + crcText(frame)).split("\0").forEach((run) => {
    let left = run;
    wrapped += full ? "\x01" : "";
    for (full = false; left.length >= blockMax; full = true) {
      wrapped += "\xff" + left.substr(0, blockMax);
      left = left.substr(blockMax);
    }
    if (left.length > 0 || !full) {
      full = false;
      wrapped += bigEndian(left.length + 1, 1) + left;
    }
  });
  return wrapped + "\0";
}

/** The frame in what stood between two zeros; empty where there is none. */
export function unwrapText(wrapped: string): string {
  let plain = "";
  let at = 0;
  while (at < wrapped.length) {
    const code = wrapped.charCodeAt(at) || wrapped.length + 1; // a zero cannot be there: no frame
    plain += wrapped.substr(at + 1, code - 1);
    at += code;
    if (code <= blockMax && at < wrapped.length) {
      plain += "\0";
    }
  }
  const frame = plain.slice(0, -2);
  return at === wrapped.length && plain === frame + crcText(frame) ? frame : "";
}

/** Low byte first. */
function crcText(frame: string): string {
  const crc = crcX25(bytesOf(frame), 0, frame.length);
  return bigEndian(((crc & 255) << 8) | (crc >> 8), 2);
}
