import { crcX25 } from "./crc.ts";
import { type Fault, fault } from "./fault.ts";
import { frameMax } from "./link.ts";

/**
 * Frames on a serial line: COBS (Cheshire and Baker, IEEE/ACM Transactions on Networking 7(2), 1999) over the frame followed
 * by its CRC-16/X-25, low byte first; a zero byte ends each. Zero occurs nowhere else, so a reader that lost its place finds
 * it again at the next one. The checksum finds what a line does to bytes; what an attacker does is the envelope's matter.
 */

const crcLength = 2;
const blockMax = 254; // bytes behind one COBS code

/** Longest encoded frame, in bytes, with its delimiter. */
export const encodedMax = frameMax + crcLength + Math.ceil((frameMax + crcLength) / blockMax) + 1;

/** The bytes to send for a frame of 1 to `frameMax` bytes, delimiter included. A longer or empty one is a bug and throws. */
export function encodeFrame(frame: Uint8Array): Uint8Array {
  if (frame.length === 0 || frame.length > frameMax) {
    throw new Error("no frame has " + frame.length + " bytes");
  }
  const crc = crcX25(frame, 0, frame.length);
  const plain = new Uint8Array(frame.length + crcLength);
  plain.set(frame);
  plain[frame.length] = crc & 255;
  plain[frame.length + 1] = crc >> 8;
  return stuff(plain);
}

/** COBS: each run of up to 254 bytes without a zero stands behind a byte that says its length plus one. */
function stuff(plain: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(plain.length + Math.ceil((plain.length + 1) / blockMax) + 1);
  let code = 0;
  let at = 1;
  for (let i = 0; i < plain.length; i++) {
    if (plain[i] !== 0) {
      encoded[at++] = plain[i];
    }
    const full = at - code > blockMax;
    if (plain[i] === 0 || (full && i + 1 < plain.length)) {
      encoded[code] = at - code;
      code = at++;
    }
  }
  encoded[code] = at - code;
  return encoded.subarray(0, at + 1);
}

/**
 * Finds frames in what a serial line delivers, however it is cut. Holds one buffer of `frameMax` bytes and the checksum. Faults:
 * "checksum", "truncated" (a delimiter within a block), "too-long" (once, then silence up to the next delimiter).
 */
export class FrameReader {
  private readonly plain = new Uint8Array(frameMax + crcLength);
  private length = 0;
  /** Bytes that the current block still owes. */
  private left = 0;
  /** Whether a zero stands between this block and the next: not before the first, not after a full one. */
  private zero = false;
  /** Whether anything came since the last delimiter. */
  private begun = false;
  private skipping = false;

  /** Hands over each whole frame, as bytes of its own, and each Fault, in the order of the line. */
  push(bytes: Uint8Array, onFrame: (frame: Uint8Array) => void, onFault: (fault: Fault) => void): void {
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] === 0) {
        this.end(onFrame, onFault);
      } else if (!this.skipping && !this.take(bytes[i])) {
        this.skipping = true;
        onFault(fault("too-long", "more than " + frameMax + " bytes without an end of frame"));
      }
    }
  }

  /** One byte that is not a delimiter; false when the buffer is full. */
  private take(byte: number): boolean {
    if (this.left > 0) {
      this.left--;
      return this.store(byte);
    }
    const stored = !this.zero || this.store(0);
    this.begun = true;
    this.left = byte - 1;
    this.zero = byte <= blockMax;
    return stored;
  }

  private store(byte: number): boolean {
    if (this.length === this.plain.length) {
      return false;
    }
    this.plain[this.length++] = byte;
    return true;
  }

  private end(onFrame: (frame: Uint8Array) => void, onFault: (fault: Fault) => void): void {
    const begun = this.begun && !this.skipping;
    const length = this.length;
    const left = this.left;
    this.length = 0;
    this.left = 0;
    this.zero = false;
    this.begun = false;
    this.skipping = false;
    if (!begun) {
      return;
    }
    const body = length - crcLength;
    if (left > 0 || body < 1) {
      onFault(fault("truncated", "a frame ended after " + length + " bytes"));
      return;
    }
    const got = this.plain[body] | (this.plain[body + 1] << 8);
    const expected = crcX25(this.plain, 0, body);
    if (got !== expected) {
      onFault(fault("checksum", "a frame of " + body + " bytes came with CRC " + got + ", not " + expected));
      return;
    }
    onFrame(new Uint8Array(this.plain.subarray(0, body)));
  }
}
