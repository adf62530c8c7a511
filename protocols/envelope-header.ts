import { bigEndian } from "./cbor-small.ts";
import { type Fault, fault } from "./fault.ts";
import { frameMax } from "./link.ts";

/**
 * The compressed header: all of a frame that is read before its tag is checked, at most 9 bytes.
 *
 *     byte 0     version 2 bits | alg 2 | epoch length - 1: 1 | PIV length - 1: 2 | reserved 1
 *     kid        2 bytes
 *     epoch      1 or 2 bytes
 *     PIV        1 to 4 bytes
 *
 * Big-endian. Every number stands in the fewest bytes that hold it, so a header has one spelling.
 */
export interface Header {
  readonly form: "compressed" | "standard";
  readonly alg: Alg;
  /** Key id of the device at this gateway, 0 to 65535. */
  readonly kid: number;
  /** Boot epoch of the sender, 0 to 65535. */
  readonly epoch: number;
  /** Partial IV: the message's number within the epoch, 0 to 2^32 - 1. */
  readonly piv: number;
  /** Bytes before the payload. */
  readonly length: number;
}

/** COSE_Encrypt0 with AES-CCM-16-64-128: COSE algorithm 10 (RFC 9053 §4.2). */
export const algCcm = 0;
/** COSE_Mac0 with HMAC 256/64: COSE algorithm 4 (RFC 9053 §3.1). The payload stays readable. */
export const algMac = 1;
export type Alg = typeof algCcm | typeof algMac;

/** The format's version, in the header and in what the tag covers. */
export const version = 0;
/** Both algorithms have this tag, in bytes. */
export const tagLength = 8;
/** Longest compressed header, in bytes. */
export const headerMax = 9;
/** Most that the compressed form adds to a payload, in bytes. */
export const overheadMax = headerMax + tagLength;
export const kidMax = 65535;
export const epochMax = 65535;
export const pivMax = 4294967295; // 2^32 - 1
export const kidLength = 2; // bytes

const headerMin = 5; // bytes
const numbersAt = 1 + kidLength;

/** The header of a compressed frame. Costs the same whatever the frame's length. Fault: `truncated`, `too-long` or `header`. */
export function parseHeader(frame: Uint8Array): Header | Fault {
  if (frame.length > frameMax) {
    return fault("too-long", "a frame of " + frame.length + " bytes, at most " + frameMax + " are read");
  }
  if (frame.length < headerMin + tagLength) {
    return fault("truncated", "a frame of " + frame.length + " bytes, the shortest has 13");
  }
  const first = frame[0];
  if (first >> 6 !== version) {
    return fault("header", "format version " + (first >> 6) + ", this reads version " + version);
  }
  const alg = (first >> 4) & 3;
  if (alg !== algCcm && alg !== algMac) {
    return fault("header", "algorithm " + alg + ", this knows 0 (AES-CCM) and 1 (HMAC)");
  }
  if ((first & 1) !== 0) {
    return fault("header", "the reserved bit is set");
  }
  const epochLength = ((first >> 3) & 1) + 1;
  const pivLength = ((first >> 1) & 3) + 1;
  const length = numbersAt + epochLength + pivLength;
  if (frame.length < length + tagLength) {
    return fault("truncated", "a frame of " + frame.length + " bytes cannot hold its header and tag");
  }
  const epoch = readUint(frame, numbersAt, epochLength);
  const piv = readUint(frame, numbersAt + epochLength, pivLength);
  if (uintLength(epoch) !== epochLength || uintLength(piv) !== pivLength) {
    return fault("header", "epoch or Partial IV with a leading zero byte");
  }
  return {
    form: "compressed",
    alg: alg,
    kid: readUint(frame, 1, kidLength),
    epoch: epoch,
    piv: piv,
    length: length,
  };
}

/** The numbers of a compressed header under one algorithm, as a device reads what is meant for it; null for anything else. */
export function readHeader(
  frame: Uint8Array,
  alg: Alg,
): Pick<Header, "kid" | "epoch" | "piv" | "length"> | null {
  const pivAt = numbersAt + 1 + ((frame[0] >> 3) & 1);
  const length = pivAt + 1 + ((frame[0] >> 1) & 3);
  const epoch = readUint(frame, numbersAt, pivAt - numbersAt);
  const piv = readUint(frame, pivAt, length - pivAt);
  return frame.length >= length + tagLength && frame[0] === firstByte(alg, epoch, piv)
    ? { kid: readUint(frame, 1, kidLength), epoch: epoch, piv: piv, length: length }
    : null;
}

/** A compressed header, as a byte text (cbor-small.ts). Its numbers are in range. */
export function headerText(
  place: { readonly alg: Alg; readonly kid: number; readonly epoch: number },
  piv: number,
): string {
  return (
    bigEndian(firstByte(place.alg, place.epoch, piv), 1) +
    bigEndian(place.kid, kidLength) +
    bigEndian(place.epoch, uintLength(place.epoch)) +
    bigEndian(piv, uintLength(piv))
  );
}

function firstByte(alg: Alg, epoch: number, piv: number): number {
  return (version << 6) | (alg << 4) | ((uintLength(epoch) - 1) << 3) | ((uintLength(piv) - 1) << 1);
}

/** The fewest bytes, 1 to 4, that hold an unsigned number below 2^32. */
export function uintLength(n: number): number {
  return n < 256 ? 1 : n < 65536 ? 2 : n < 16777216 ? 3 : 4;
}

/** The unsigned big-endian number in 1 to 4 bytes. */
export function readUint(bytes: Uint8Array, at: number, length: number): number {
  let n = bytes[at];
  for (let i = 1; i < length; i++) {
    n = n * 256 + bytes[at + i];
  }
  return n;
}

/** Writes an unsigned number big-endian in `length` bytes; returns where it ends. */
export function writeUint(target: Uint8Array, at: number, n: number, length: number): number {
  for (let i = length - 1; i >= 0; i--) {
    target[at + i] = n & 255;
    n = n >>> 8;
  }
  return at + length;
}
