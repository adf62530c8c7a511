import { type Fault, fault } from "./fault.ts";

/** Frames of the wired link layer (EN 13757-2 §5.7, format class FT1.2 of IEC 60870-5-1), both directions. */

export const ack = 0xe5;
export const startLong = 0x68;
export const startShort = 0x10;
const stop = 0x16;
/** Of a long frame: 255 bytes from C to the last data byte, and six around them. */
export const frameMax = 261;
const userDataLeast = 3; // C, A, CI

/** `10 C A CS 16`. */
export function shortFrame(control: number, address: number): Uint8Array {
  return new Uint8Array([startShort, control, address, (control + address) & 0xff, stop]);
}

/** `68 L L 68 C A CI ... CS 16`. `user`: from the CI field on, 1 to 253 bytes, else null. */
export function longFrame(control: number, address: number, user: Uint8Array): Uint8Array | null {
  if (user.length < 1 || user.length > 253) {
    return null;
  }
  const length = user.length + 2;
  const frame = new Uint8Array(length + 6);
  frame.set([startLong, length, length, startLong, control, address], 0);
  frame.set(user, 6);
  frame[length + 4] = checksum(frame, 4, length + 4);
  frame[length + 5] = stop;
  return frame;
}

/** What begins at one place of a line. */
export type Found =
  | { readonly kind: "long" | "short" | "ack"; readonly length: number }
  /** Too few bytes to tell. */
  | { readonly kind: "more" }
  /** No frame begins here. */
  | { readonly kind: "none" }
  /** A long frame begins here, but it is none. */
  | { readonly kind: "bad"; readonly fault: Fault };

const more: Found = { kind: "more" };
const none: Found = { kind: "none" };
const foundAck: Found = { kind: "ack", length: 1 };
const foundShort: Found = { kind: "short", length: 5 };

/** The frame that begins at `at`, as far as bytes[at, to) tells: "more" where too few are there, "bad" where its sum or end does not fit. */
export function frameAt(bytes: Uint8Array, at: number, to: number): Found {
  const first = bytes[at];
  if (first === ack) {
    return foundAck;
  }
  return first === startLong ? longAt(bytes, at, to) : first === startShort ? shortAt(bytes, at, to) : none;
}

function shortAt(bytes: Uint8Array, at: number, to: number): Found {
  if (at + 5 > to) {
    return more;
  }
  const good = bytes[at + 4] === stop && bytes[at + 3] === ((bytes[at + 1] + bytes[at + 2]) & 0xff);
  return good ? foundShort : none;
}

function longAt(bytes: Uint8Array, at: number, to: number): Found {
  if (at + 4 > to) {
    return more;
  }
  if (bytes[at + 3] !== startLong) {
    return none;
  }
  const length = bytes[at + 1];
  if (bytes[at + 2] !== length) {
    return bad("the two lengths differ: " + String(length) + " and " + String(bytes[at + 2]));
  }
  if (length < userDataLeast) {
    return bad("a length of " + String(length) + " is too short for C, A and CI field");
  }
  if (at + length + 6 > to) {
    return more;
  }
  if (bytes[at + length + 5] !== stop) {
    return bad("no stop byte 16 where the frame should end");
  }
  const sum = checksum(bytes, at + 4, at + length + 4);
  return sum === bytes[at + length + 4]
    ? { kind: "long", length: length + 6 }
    : { kind: "bad", fault: fault("checksum", "the sum over C field to data does not fit") };
}

function bad(detail: string): Found {
  return { kind: "bad", fault: fault("syntax", detail) };
}

function checksum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    sum += bytes[i];
  }
  return sum & 0xff;
}
