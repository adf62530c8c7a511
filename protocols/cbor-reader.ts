import { compare, fromUtf8 } from "./bytes.ts";
import type { CborArray, CborFloat, CborMap, CborValue } from "./cbor.ts";
import { readFloat } from "./cbor-float.ts";
import { fromWords } from "./decimal.ts";
import { type Fault, type FaultCode, fault } from "./fault.ts";

/** The reading half of cbor.ts, which says what is accepted. */

/** Levels of arrays, maps and tags inside each other. */
export const depthMax = 8;

const safeMax = 9007199254740991; // 2^53 - 1
const two32 = 4294967296;

/** The value of strict CBOR. Byte strings are views into `bytes`, not copies. */
export function decodeCbor(bytes: Uint8Array): CborValue | Fault {
  return decode(bytes, false);
}

/** As decodeCbor, and map keys must stand in the order of RFC 8949 §4.2.1: what is accepted has exactly one encoding. */
export function decodeDeterministicCbor(bytes: Uint8Array): CborValue | Fault {
  return decode(bytes, true);
}

/** Where reading stands. `fault` is the first refusal; after it nothing more is read. */
interface Reader {
  readonly bytes: Uint8Array;
  readonly ordered: boolean;
  at: number;
  /** The last 8-byte argument, exactly. */
  high: number;
  low: number;
  fault: Fault | null;
}

function decode(bytes: Uint8Array, ordered: boolean): CborValue | Fault {
  const reader: Reader = { bytes: bytes, ordered: ordered, at: 0, high: 0, low: 0, fault: null };
  const value = readValue(reader, 0);
  if (reader.fault !== null) {
    return reader.fault;
  }
  if (reader.at < bytes.length) {
    return fault("syntax", "CBOR byte " + reader.at + ": " + (bytes.length - reader.at) + " bytes too many");
  }
  return value;
}

function refuse(reader: Reader, code: FaultCode, detail: string): null {
  if (reader.fault === null) {
    reader.fault = fault(code, "CBOR byte " + reader.at + ": " + detail);
  }
  return null;
}

/** The next value; null, with `reader.fault` set, where there is none. `depth` is how many levels stand around it. */
function readValue(reader: Reader, depth: number): CborValue {
  if (reader.at >= reader.bytes.length) {
    return refuse(reader, "truncated", "the message ends where a value should be");
  }
  const head = reader.bytes[reader.at];
  const major = head >> 5;
  if (major === 7) {
    return readSimple(reader, head & 31);
  }
  const argument = readArgument(reader, head & 31);
  if (argument < 0) {
    return null;
  }
  switch (major) {
    case 0:
      return argument <= safeMax ? argument : { high: reader.high, low: reader.low };
    case 1:
      return argument < safeMax ? -1 - argument : fromWords(-1 - reader.high, two32 - 1 - reader.low);
    case 2:
      return readBytes(reader, argument);
    case 3:
      return readText(reader, argument);
  }
  if (depth >= depthMax) {
    return refuse(reader, "limit", "more than " + depthMax + " levels");
  }
  switch (major) {
    case 4:
      return readArray(reader, argument, depth + 1);
    case 5:
      return readMap(reader, argument, depth + 1);
  }
  if (argument > safeMax) {
    return refuse(reader, "unsupported", "a tag number of more than 53 bits");
  }
  return { tag: argument, value: readValue(reader, depth + 1) };
}

/** The argument of a head (RFC 8949 §3), -1 when refused. Beyond 53 bits it is rounded: see `reader.high` and `low`. */
function readArgument(reader: Reader, info: number): number {
  if (info < 24) {
    reader.at++;
    return info;
  }
  if (info > 27) {
    refuseInfo(reader, info);
    return -1;
  }
  const bytes = reader.bytes;
  const at = reader.at + 1;
  const size = 1 << (info - 24);
  if (at + size > bytes.length) {
    refuse(reader, "truncated", "the message ends within a head");
    return -1;
  }
  let argument = bytes[at];
  let least = 24;
  if (size === 2) {
    argument = (argument << 8) | bytes[at + 1];
    least = 256;
  } else if (size === 4) {
    argument = readWord(bytes, at);
    least = 65536;
  } else if (size === 8) {
    reader.high = readWord(bytes, at);
    reader.low = readWord(bytes, at + 4);
    argument = reader.high * two32 + reader.low;
    least = two32;
  }
  if (argument < least) {
    refuse(
      reader,
      "syntax",
      "an argument of " + argument + " in " + size + " bytes is not the shortest form",
    );
    return -1;
  }
  reader.at = at + size;
  return argument;
}

function refuseInfo(reader: Reader, info: number): null {
  return info === 31
    ? refuse(reader, "unsupported", "indefinite length or break")
    : refuse(reader, "syntax", "additional information " + info + " is reserved");
}

function readWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** Whether `count` more bytes are there; refuses otherwise. */
function has(reader: Reader, count: number): boolean {
  const left = reader.bytes.length - reader.at;
  if (count > left) {
    refuse(reader, "truncated", count + " bytes or items announced, " + left + " bytes left");
    return false;
  }
  return true;
}

function readBytes(reader: Reader, length: number): Uint8Array | null {
  if (!has(reader, length)) {
    return null;
  }
  const start = reader.at;
  reader.at = start + length;
  return reader.bytes.subarray(start, reader.at);
}

function readText(reader: Reader, length: number): string | null {
  if (!has(reader, length)) {
    return null;
  }
  const text = fromUtf8(reader.bytes.subarray(reader.at, reader.at + length));
  if (text === null) {
    return refuse(reader, "syntax", "text that is not UTF-8");
  }
  reader.at += length;
  return text;
}

function readArray(reader: Reader, count: number, depth: number): CborArray | null {
  if (!has(reader, count)) {
    return null;
  }
  const items: CborValue[] = new Array(count); // no more than there are bytes
  for (let i = 0; i < count && reader.fault === null; i++) {
    items[i] = readValue(reader, depth);
  }
  return items;
}

function readMap(reader: Reader, count: number, depth: number): CborMap | null {
  if (!has(reader, 2 * count)) {
    return null;
  }
  const pairs: (readonly [CborValue, CborValue])[] = [];
  const keys: Uint8Array[] = [];
  let ascending = true;
  for (let i = 0; i < count; i++) {
    const start = reader.at;
    if (start < reader.bytes.length && reader.bytes[start] >> 5 > 3) {
      return refuse(reader, "unsupported", "a map key that is no integer, text or byte string");
    }
    const key = readValue(reader, depth);
    keys.push(reader.bytes.subarray(start, reader.at));
    ascending = ascending && (i === 0 || compare(keys[i - 1], keys[i]) < 0);
    if (reader.ordered && !ascending) {
      return refuse(reader, "syntax", "a map key out of order");
    }
    const value = readValue(reader, depth);
    if (reader.fault !== null) {
      return null;
    }
    pairs.push([key, value]);
  }
  if (!ascending && hasTwins(keys)) {
    return refuse(reader, "syntax", "a map with the same key twice");
  }
  return { pairs: pairs };
}

/** Whether two keys are equal. Sorted first, so that a map of n keys costs n log n, whatever they are. */
function hasTwins(keys: Uint8Array[]): boolean {
  keys.sort(compare);
  for (let i = 1; i < keys.length; i++) {
    if (compare(keys[i - 1], keys[i]) === 0) {
      return true;
    }
  }
  return false;
}

/** Major type 7, RFC 8949 §3.3. */
function readSimple(reader: Reader, info: number): CborValue {
  if (info >= 25 && info <= 27) {
    return readFloatItem(reader, 1 << (info - 24));
  }
  if (info > 27) {
    return refuseInfo(reader, info);
  }
  if (info === 24) {
    return readExtendedSimple(reader);
  }
  reader.at++;
  switch (info) {
    case 20:
      return false;
    case 21:
      return true;
    case 22:
      return null;
  }
  return { simple: info };
}

function readExtendedSimple(reader: Reader): CborValue {
  if (!has(reader, 2)) {
    return null;
  }
  const simple = reader.bytes[reader.at + 1];
  if (simple < 32) {
    return refuse(reader, "syntax", "simple value " + simple + " in two bytes");
  }
  reader.at += 2;
  return { simple: simple };
}

function readFloatItem(reader: Reader, size: number): CborFloat | null {
  if (!has(reader, 1 + size)) {
    return null;
  }
  const value = readFloat(reader.bytes, reader.at + 1, size);
  if (value === null) {
    return refuse(reader, "syntax", "a floating-point number that is not in its shortest form");
  }
  reader.at += 1 + size;
  return { float: value };
}
