import { crcX25 } from "../../protocols/crc-small.ts";
import type { EspruinoE } from "./espruino-globals.ts";

declare const E: EspruinoE;

/**
 * Frames on a board's serial line, the same bytes as protocols/framing.ts: COBS over the frame and its CRC-16/X-25, ended by a zero. There
 * bytes are taken one by one; here zeros are searched and runs copied by the interpreter, since a loop over 250 bytes takes it half a second.
 */
export const boardFrameMax = 512;

const crcLength = 2;
const blockMax = 254; // bytes behind one COBS code

/** The bytes to send for a frame of 1 to `boardFrameMax` bytes. */
export function wrapFrame(frame: Uint8Array): Uint8Array {
  const length = frame.length + crcLength;
  const plain = new Uint8Array(length);
  const crc = crcX25(frame, 0, frame.length);
  plain.set(frame);
  plain.set([crc & 255, crc >> 8], frame.length);
  const wrapped = new Uint8Array(length + Math.ceil((length + 1) / blockMax) + 1);
  let at = 0;
  let from = 0;
  while (from <= length) {
    const zero = plain.indexOf(0, from);
    const end = zero < 0 ? length : zero;
    const run = Math.min(end - from, blockMax);
    wrapped[at] = run + 1;
    wrapped.set(plain.subarray(from, from + run), at + 1);
    at += run + 1;
    from += run;
    if (run < blockMax) {
      from++; // over the zero, or over the end
    } else if (from === length) {
      break; // a full block stands for no zero, also at the end
    }
  }
  return wrapped.subarray(0, at + 1);
}

/** The frame within what stood between two zeros; null where it is none. */
export function unwrapFrame(wrapped: Uint8Array): Uint8Array | null {
  const plain = new Uint8Array(wrapped.length);
  let at = 0;
  let length = 0;
  while (at < wrapped.length) {
    const code = wrapped[at];
    plain.set(wrapped.subarray(at + 1, at + code), length);
    length += code - 1;
    at += code;
    if (code <= blockMax && at < wrapped.length) {
      length++;
    }
  }
  const body = length - crcLength;
  if (at > wrapped.length || body < 1) {
    return null;
  }
  return crcX25(plain, 0, body) === plain[body] + 256 * plain[body + 1]
    ? new Uint8Array(plain.subarray(0, body))
    : null;
}

/** Finds frames in what a line delivers as text, however it is cut, and hands over those that are whole. */
export function frameFinder(onFrame: (frame: Uint8Array) => void): (text: string) => void {
  let held = "";
  return (text) => {
    const parts = (held + text).split("\0");
    held = parts.pop() as string;
    if (held.length > 2 * boardFrameMax) {
      held = "\u0001"; // too long to be one: what is left of it will not check
    }
    parts.forEach((part) => {
      const frame = part.length > 0 ? unwrapFrame(E.toUint8Array(part)) : null;
      if (frame !== null) {
        onFrame(frame);
      }
    });
  };
}
