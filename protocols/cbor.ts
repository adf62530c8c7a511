import { compare, utf8 } from "./bytes.ts";
import { floatLength, writeFloat } from "./cbor-float.ts";
import type { Words } from "./decimal.ts";

export { decodeCbor, decodeDeterministicCbor, depthMax } from "./cbor-reader.ts";

/**
 * CBOR (RFC 8949), the small strict part of it that travels here. Written deterministically (§4.2.1). Read strictly: definite
 * lengths, shortest forms, no key twice, at most `depthMax` levels, every length checked against the bytes that are there
 * before anything is allocated, the whole input used. So what is accepted has one encoding but for the order of map keys.
 */

/**
 * A number is an integer (major types 0 and 1) of at most 53 bits, Words one beyond; `high` goes down to -2^32 here, since
 * CBOR's negative integers have 65 bits. Everything else on the wire has a type of its own, so nothing is taken for another.
 */
export type CborValue =
  | number
  | Words
  | Uint8Array
  | string
  | CborArray
  | CborMap
  | CborTag
  | CborFloat
  | CborSimple
  | boolean
  | null;

export type CborArray = readonly CborValue[];

/** Keys that come from a wire are integers, texts or byte strings; no two are equal. */
export interface CborMap {
  readonly pairs: readonly (readonly [CborValue, CborValue])[];
}

export interface CborTag {
  /** At most 2^53 - 1. */
  readonly tag: number;
  readonly value: CborValue;
}

/** A floating-point number, also where it is whole: 1.0 is not 1. */
export interface CborFloat {
  readonly float: number;
}

/** 0 to 255 without 20 to 22 (false, true, null) and 24 to 31 (reserved); 23 is "undefined". */
export interface CborSimple {
  readonly simple: number;
}

const safeMax = 9007199254740991; // 2^53 - 1
const two32 = 4294967296;

/** The deterministic encoding of a value. A plain number that is no integer of 53 bits is a bug and throws. */
export function encodeCbor(value: CborValue): Uint8Array {
  const bytes = new Uint8Array(lengthOf(value));
  write(bytes, 0, value);
  return bytes;
}

/** Bytes that the head of an item takes, for an argument `n` of at most 53 bits. */
export function headLength(n: number): number {
  return n < 24 ? 1 : n < 256 ? 2 : n < 65536 ? 3 : n < two32 ? 5 : 9;
}

/** Writes the head of an item, shortest form, at `at`; returns where it ends. */
export function writeHead(target: Uint8Array, at: number, major: number, n: number): number {
  if (n < 24) {
    target[at] = (major << 5) | n;
    return at + 1;
  }
  if (n < 256) {
    target[at] = (major << 5) | 24;
    target[at + 1] = n;
    return at + 2;
  }
  if (n < 65536) {
    target[at] = (major << 5) | 25;
    target[at + 1] = n >> 8;
    target[at + 2] = n & 255;
    return at + 3;
  }
  if (n < two32) {
    target[at] = (major << 5) | 26;
    return writeWord(target, at + 1, n);
  }
  const high = Math.floor(n / two32);
  target[at] = (major << 5) | 27;
  return writeWord(target, writeWord(target, at + 1, high), n - high * two32);
}

/** These tell one kind of value from all others; undefined, a field that is not there, is none of them. */
export function isArray(value: CborValue | undefined): value is CborArray {
  return Array.isArray(value);
}

export function isMap(value: CborValue | undefined): value is CborMap {
  return isItem(value) && "pairs" in value;
}

export function isTag(value: CborValue | undefined): value is CborTag {
  return isItem(value) && "tag" in value;
}

export function isFloat(value: CborValue | undefined): value is CborFloat {
  return isItem(value) && "float" in value;
}

export function isWords(value: CborValue | undefined): value is Words {
  return isItem(value) && "high" in value;
}

export function isBytes(value: CborValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array;
}

/** An integer from 0 to `most`. */
export function isUint(value: CborValue | undefined, most: number): value is number {
  return typeof value === "number" && value >= 0 && value <= most;
}

/** The value under an integer or text key; undefined where the map has none. */
export function field(map: CborMap, key: number | string): CborValue | undefined {
  for (let i = 0; i < map.pairs.length; i++) {
    if (map.pairs[i][0] === key) {
      return map.pairs[i][1];
    }
  }
  return undefined;
}

type Item = Exclude<CborValue, number | string | boolean | null | Uint8Array>;

function isItem(value: CborValue | undefined): value is Item {
  return typeof value === "object" && value !== null;
}

function lengthOf(value: CborValue): number {
  if (typeof value === "number") {
    if (value !== Math.floor(value) || value > safeMax || value < -safeMax) {
      throw new Error("not an integer of 53 bits: " + value);
    }
    return headLength(value < 0 ? -1 - value : value);
  }
  if (typeof value === "string") {
    const length = textLength(value);
    return headLength(length) + length;
  }
  if (value === null || typeof value === "boolean") {
    return 1;
  }
  if (value instanceof Uint8Array) {
    return headLength(value.length) + value.length;
  }
  if (isArray(value)) {
    let length = headLength(value.length);
    for (let i = 0; i < value.length; i++) {
      length += lengthOf(value[i]);
    }
    return length;
  }
  if ("pairs" in value) {
    let length = headLength(value.pairs.length);
    for (let i = 0; i < value.pairs.length; i++) {
      length += lengthOf(value.pairs[i][0]) + lengthOf(value.pairs[i][1]);
    }
    return length;
  }
  if ("tag" in value) {
    return headLength(value.tag) + lengthOf(value.value);
  }
  if ("float" in value) {
    return floatLength(value.float);
  }
  if ("simple" in value) {
    return value.simple < 24 ? 1 : 2;
  }
  return wordsAreShort(value) ? headLength(value.high < 0 ? two32 - 1 - value.low : value.low) : 9;
}

function write(target: Uint8Array, at: number, value: CborValue): number {
  if (typeof value === "number") {
    return value < 0 ? writeHead(target, at, 1, -1 - value) : writeHead(target, at, 0, value);
  }
  if (typeof value === "string") {
    return writeText(target, at, value);
  }
  if (value === null || typeof value === "boolean") {
    target[at] = value === null ? 0xf6 : value ? 0xf5 : 0xf4;
    return at + 1;
  }
  if (value instanceof Uint8Array) {
    const start = writeHead(target, at, 2, value.length);
    target.set(value, start);
    return start + value.length;
  }
  if (isArray(value)) {
    let end = writeHead(target, at, 4, value.length);
    for (let i = 0; i < value.length; i++) {
      end = write(target, end, value[i]);
    }
    return end;
  }
  if ("pairs" in value) {
    return writeMap(target, at, value);
  }
  if ("tag" in value) {
    return write(target, writeHead(target, at, 6, value.tag), value.value);
  }
  if ("float" in value) {
    return writeFloat(target, at, value.float);
  }
  if ("simple" in value) {
    return writeHead(target, at, 7, value.simple);
  }
  return writeWords(target, at, value);
}

/** Sorted by the bytes of the encoded keys, RFC 8949 §4.2.1. */
function writeMap(target: Uint8Array, at: number, map: CborMap): number {
  const entries: { readonly key: Uint8Array; readonly value: CborValue }[] = [];
  for (let i = 0; i < map.pairs.length; i++) {
    entries.push({ key: encodeCbor(map.pairs[i][0]), value: map.pairs[i][1] });
  }
  entries.sort((a, b) => compare(a.key, b.key));
  let end = writeHead(target, at, 5, entries.length);
  for (let i = 0; i < entries.length; i++) {
    target.set(entries[i].key, end);
    end = write(target, end + entries[i].key.length, entries[i].value);
  }
  return end;
}

/** A negative integer x is written as -1 - x, RFC 8949 §3.1. */
function writeWords(target: Uint8Array, at: number, words: Words): number {
  const major = words.high < 0 ? 1 : 0;
  const high = words.high < 0 ? -1 - words.high : words.high;
  const low = words.high < 0 ? two32 - 1 - words.low : words.low;
  if (high === 0) {
    return writeHead(target, at, major, low);
  }
  target[at] = (major << 5) | 27;
  return writeWord(target, writeWord(target, at + 1, high), low);
}

function wordsAreShort(words: Words): boolean {
  return words.high === 0 || words.high === -1;
}

function writeWord(target: Uint8Array, at: number, word: number): number {
  target[at] = word >>> 24;
  target[at + 1] = (word >>> 16) & 255;
  target[at + 2] = (word >>> 8) & 255;
  target[at + 3] = word & 255;
  return at + 4;
}

function textLength(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) {
      return utf8(text).length;
    }
  }
  return text.length;
}

function writeText(target: Uint8Array, at: number, text: string): number {
  const length = textLength(text);
  const start = writeHead(target, at, 3, length);
  if (length !== text.length) {
    target.set(utf8(text), start);
    return start + length;
  }
  for (let i = 0; i < length; i++) {
    target[start + i] = text.charCodeAt(i);
  }
  return start + length;
}
