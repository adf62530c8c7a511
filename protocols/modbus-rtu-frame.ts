import { crcModbus } from "./crc.ts";
import { exceptionBit, pduMax } from "./modbus-pdu.ts";

/** Frames of a serial line: unit, PDU, CRC with its low byte first (Modbus over Serial Line V1.02 §2.5.1). */

/** Bytes of a frame: unit, PDU, CRC. */
export const rtuMax = pduMax + 3;
/** Units that can be asked (§2.2): 0 is everybody, 248 and above are reserved. */
export const unitLeast = 1;
export const unitMost = 247;
/** Start bit, eight data bits, parity or a second stop bit, stop bit (§2.5.1). */
export const bitsPerByte = 11;

/** Unit, PDU and CRC. */
export function rtuFrame(unit: number, pdu: Uint8Array): Uint8Array {
  const frame = new Uint8Array(pdu.length + 3);
  frame[0] = unit;
  frame.set(pdu, 1);
  const crc = crcModbus(frame, 0, pdu.length + 1);
  frame[pdu.length + 1] = crc & 255;
  frame[pdu.length + 2] = crc >> 8;
  return frame;
}

/** The silence that separates two frames, ms: 3.5 characters, and no less than 1.75 ms above 19200 baud (§2.5.1.1). */
export function silenceAt(baud: number): number {
  return baud > 19200 ? 1.75 : (3.5 * bitsPerByte * 1000) / baud;
}

/** Where a length stands: the function code and up to six bytes behind it. */
const lengthUnknown = -1;
const noFrame = 0;

/** Length of the answer whose frame begins at `at`, told by its first bytes; `noFrame` for no answer, -1 where too few are there. */
export function answerLength(bytes: Uint8Array, at: number, filled: number): number {
  if (filled - at < 3) {
    return lengthUnknown;
  }
  const code = bytes[at + 1];
  if (code >= exceptionBit) {
    return known(code & 127) ? 5 : noFrame;
  }
  const count = bytes[at + 2];
  switch (code) {
    case 1:
    case 2:
    case 12:
    case 17:
      return count > 0 && count <= pduMax - 2 ? 5 + count : noFrame;
    case 3:
    case 4:
    case 23:
      return count > 0 && count <= pduMax - 2 && count % 2 === 0 ? 5 + count : noFrame;
    case 7:
      return 5;
    case 5:
    case 6:
    case 11:
    case 15:
    case 16:
      return 8;
    case 22:
      return 10;
    default:
      return noFrame;
  }
}

/** The same for a request. */
export function requestLength(bytes: Uint8Array, at: number, filled: number): number {
  if (filled - at < 2) {
    return lengthUnknown;
  }
  const code = bytes[at + 1];
  if (code === 7 || code === 11 || code === 12 || code === 17) {
    return 4;
  }
  if (code >= 1 && code <= 6) {
    return 8;
  }
  if (code === 15 || code === 16) {
    return counted(bytes, at + 6, filled, 9);
  }
  if (code === 22) {
    return 10;
  }
  return code === 23 ? counted(bytes, at + 10, filled, 13) : noFrame;
}

function counted(bytes: Uint8Array, at: number, filled: number, fixed: number): number {
  if (at >= filled) {
    return lengthUnknown;
  }
  return bytes[at] > 0 && fixed + bytes[at] <= rtuMax ? fixed + bytes[at] : noFrame;
}

function known(code: number): boolean {
  return (code >= 1 && code <= 24) || code === 43;
}

/** Whether the checksum of a frame holds. */
export function crcHolds(bytes: Uint8Array, at: number, length: number): boolean {
  const crc = crcModbus(bytes, at, at + length - 2);
  return bytes[at + length - 2] === (crc & 255) && bytes[at + length - 1] === crc >> 8;
}

/** The first whole answer from `at` on whose checksum holds; null where there is none (yet). */
export function findAnswer(
  bytes: Uint8Array,
  from: number,
  filled: number,
): { readonly at: number; readonly length: number } | null {
  for (let at = from; at + 5 <= filled; at++) {
    const length = answerLength(bytes, at, filled);
    if (length > 0 && at + length <= filled && crcHolds(bytes, at, length)) {
      return { at: at, length: length };
    }
  }
  return null;
}
