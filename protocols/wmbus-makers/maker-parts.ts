import { toHex } from "../bytes.ts";
import { type Fault, fault } from "../fault.ts";
import { readValue } from "../mbus-value.ts";
import type { DataRecord, MeterNumber } from "../meter.ts";
import type { MakerPart } from "./maker-format.ts";

/** What makers' formats are written with: where a value stands, how its bytes count, what it is. */

/** What a value is. */
export interface MakerMeaning {
  readonly quantity: string;
  readonly unit: string | null;
  /** Power of ten of the unit that is counted. */
  readonly exponent: number;
}

/** A value that is where it always is. */
export interface MakerRow {
  readonly at: number;
  readonly length: number;
  /** "high-first": unsigned with its high byte first; the others low byte first. */
  readonly coding: "unsigned" | "high-first" | "bcd";
  readonly meaning: MakerMeaning;
  readonly storage: number;
}

export function row(
  at: number,
  length: number,
  coding: MakerRow["coding"],
  meaning: MakerMeaning,
  storage: number,
): MakerRow {
  return { at: at, length: length, coding: coding, meaning: meaning, storage: storage };
}

export function meaningOf(quantity: string, unit: string | null, exponent: number): MakerMeaning {
  return { quantity: quantity, unit: unit, exponent: exponent };
}

/** A part whose value its format has worked out. */
export function part(
  bytes: Uint8Array,
  at: number,
  length: number,
  meaning: MakerMeaning,
  storage: number,
  value: DataRecord["value"],
): MakerPart {
  return {
    at: at,
    length: length,
    record: recordOf(toHex(bytes.subarray(at, at + length)), meaning, storage, value),
  };
}

/** The parts of rows; all of their bytes must be there (see `tooShort`). */
export function partsOf(bytes: Uint8Array, rows: readonly MakerRow[]): readonly MakerPart[] {
  return rows.map((one) => part(bytes, one.at, one.length, one.meaning, one.storage, readRow(bytes, one)));
}

/** A record of the sum of parts, all of one unit; null as soon as one has no number. */
export function sumOf(meaning: MakerMeaning, parts: readonly MakerPart[]): DataRecord {
  let sum: number | null = 0;
  let raw = "";
  for (let i = 0; i < parts.length; i++) {
    const value = parts[i].record.value;
    const integer: unknown = value === null || typeof value === "string" ? null : value.integer;
    sum = sum === null || typeof integer !== "number" ? null : sum + integer;
    raw += parts[i].record.raw;
  }
  return recordOf(raw, meaning, 0, sum === null ? null : { integer: sum, exponent: meaning.exponent });
}

/** The fault of content that ends before its format does. */
export function tooShort(bytes: Uint8Array, length: number): Fault {
  return fault(
    "truncated",
    "the maker's own content has " + String(bytes.length) + " bytes; " + String(length) + " are needed",
  );
}

/** Of up to six bytes, low byte first. */
export function unsigned(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) {
    value = value * 256 + bytes[at + i];
  }
  return value;
}

function readRow(bytes: Uint8Array, one: MakerRow): DataRecord["value"] {
  const to = one.at + one.length;
  if (one.coding === "bcd") {
    return readValue(bytes, one.at, to, "bcd", {
      quantity: one.meaning.quantity,
      unit: one.meaning.unit,
      exponent: one.meaning.exponent,
      factor: 1,
      kind: "number",
    });
  }
  const integer =
    one.coding === "unsigned"
      ? unsigned(bytes, one.at, one.length)
      : unsigned(backwards(bytes.subarray(one.at, to)), 0, one.length);
  const number: MeterNumber = { integer: integer, exponent: one.meaning.exponent };
  return number;
}

function backwards(bytes: Uint8Array): Uint8Array {
  const turned = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    turned[i] = bytes[bytes.length - 1 - i];
  }
  return turned;
}

function recordOf(
  raw: string,
  meaning: MakerMeaning,
  storage: number,
  value: DataRecord["value"],
): DataRecord {
  return {
    header: "",
    raw: raw,
    quantity: meaning.quantity,
    function: "instantaneous",
    storage: storage,
    tariff: 0,
    subunit: 0,
    value: value,
    unit: meaning.unit,
  };
}
