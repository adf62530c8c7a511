import type { Fault } from "../fault.ts";
import { makerText } from "../mbus-application.ts";
import type { DataRecord, MeterKeys } from "../meter.ts";

/**
 * Formats that a maker of wireless meters uses instead of data records, or inside one: places of values in bytes. Their makers publish
 * little; each file names who found out what it says. Nothing in them checks itself unless its file says so: what stands behind the link
 * layer's CRCs is believed.
 */
export interface MakerFormat {
  /** As people know the meter. */
  readonly name: string;
  /** All behind a CI field of the maker's own; all behind a header; or the data of one record whose header is `block`. */
  readonly place: "telegram" | "data" | "block";
  readonly block?: string;
  readonly senders: Senders;
  /** Maker 2, id 4, version, type in the order and meaning of the standard, which some makers have their own ideas of. Absent where it is the link layer's as it stands. */
  readonly addressOf?: (telegram: Uint8Array) => Uint8Array;
  /** A Fault where the bytes are not what the format says; "no-key" and "wrong-key" where it seals. */
  readonly read: (content: MakerContent) => MakerReading | Fault;
}

/** Whose telegrams have a format: by what the link layer says of them. What is absent is not asked. */
export interface Senders {
  /** Three letters each. */
  readonly makers: readonly string[];
  readonly versions?: readonly number[];
  /** Device types as they are sent, which some makers have their own ideas of. */
  readonly types?: readonly number[];
  readonly ci?: readonly number[];
}

export interface MakerContent {
  /** Without CRCs, from its L field on. */
  readonly telegram: Uint8Array;
  /** What is to be read: behind the CI field, behind the header, or the record's data. */
  readonly bytes: Uint8Array;
  readonly keys: MeterKeys | null;
}

export interface MakerReading {
  /** As many bytes as the content, opened where they were sealed. */
  readonly bytes: Uint8Array;
  /** In the order of their places, which do not overlap. */
  readonly parts: readonly MakerPart[];
  /** What only several parts together tell. */
  readonly sums: readonly DataRecord[];
}

/** One value, and the bytes that say it. */
export interface MakerPart {
  readonly at: number;
  readonly length: number;
  readonly record: DataRecord;
}

/** All of a telegram's records: sums first, because of two values of one kind the first counts. */
export function recordsOf(reading: MakerReading): readonly DataRecord[] {
  return reading.sums.concat(reading.parts.map((one) => one.record));
}

/** The link layer's address, with this device type. */
export function addressWithType(telegram: Uint8Array, type: number): Uint8Array {
  const address = new Uint8Array(telegram.subarray(2, 10));
  address[7] = type;
  return address;
}

/** Three letters. Bit 15, which says that an id is unique in its installation only, does not count. */
export function makerOf(telegram: Uint8Array): string {
  return makerText(telegram[2], telegram[3]);
}

export function isFrom(telegram: Uint8Array, senders: Senders): boolean {
  return (
    has(senders.makers, makerOf(telegram)) &&
    has(senders.versions, telegram[8]) &&
    has(senders.types, telegram[9]) &&
    has(senders.ci, telegram[10])
  );
}

function has<Item>(allowed: readonly Item[] | undefined, item: Item): boolean {
  return allowed === undefined || allowed.indexOf(item) >= 0;
}
