import { type CborValue, isArray, isUint } from "./cbor.ts";
import { type Fault, fault } from "./fault.ts";
import type { Ranges } from "./ranges.ts";

/** What the fields of messages may hold, both ways. */

/** Ranges of PIVs in one message. */
export const rangesMax = 64;
/** Characters of a text in a message. */
export const textMax = 64;
export const epochMax = 65535;
export const pivMax = 4294967295;

/** Counts, seconds and milliseconds. */
export const countMax = 9007199254740991; // 2^53 - 1

/** Ranges as they travel, in one flat array. */
export function flat(ranges: Ranges): number[] {
  const ends: number[] = [];
  for (let i = 0; i < ranges.length; i++) {
    ends.push(ranges[i][0], ranges[i][1]);
  }
  return ends;
}

/** Ascending, disjoint, at most `rangesMax` ranges; null for anything else. */
export function readRanges(value: CborValue | undefined): Ranges | null {
  if (!isArray(value) || value.length % 2 !== 0 || value.length > 2 * rangesMax) {
    return null;
  }
  const ranges: (readonly [number, number])[] = [];
  let last = -1;
  for (let i = 0; i < value.length; i += 2) {
    const from = value[i];
    const to = value[i + 1];
    if (!isUint(from, pivMax) || !isUint(to, pivMax) || from <= last || to < from) {
      return null;
    }
    ranges.push([from, to]);
    last = to;
  }
  return ranges;
}

/** A text of at most `textMax` characters. */
export function isText(value: CborValue | undefined): value is string {
  return typeof value === "string" && value.length <= textMax;
}

/** An integer from 0 to `most`, or null for what is not known. */
export function isUintOrNull(value: CborValue | undefined, most: number): value is number | null {
  return value === null || isUint(value, most);
}

/** The Fault for CBOR that is well-formed and not a message as it is written here. */
export function refused(what: string): Fault {
  return fault("syntax", "not the form of " + what);
}
