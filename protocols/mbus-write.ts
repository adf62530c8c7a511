import { concat } from "./bytes.ts";
import { type Integer, integerText, isNegative, toWords } from "./decimal.ts";
import { ciLongHeader, ciShortHeader } from "./mbus-application.ts";
import type { DataRecord } from "./meter.ts";

/** Writes what mbus-record.ts reads, for simulators and tests. */

export interface RecordToWrite {
  readonly function: DataRecord["function"];
  readonly storage: number;
  readonly tariff: number;
  readonly subunit: number;
  /** VIF and VIFEs as they go on the wire. */
  readonly vib: readonly number[];
  readonly data: RecordData;
}

export type RecordData =
  | { readonly coding: "integer"; readonly bytes: 1 | 2 | 3 | 4 | 6 | 8; readonly value: Integer }
  /** Null writes a value that is none: all digits F. */
  | { readonly coding: "bcd"; readonly bytes: 1 | 2 | 3 | 4 | 6; readonly value: Integer | null }
  | { readonly coding: "float"; readonly value: number }
  /** Up to 191 characters of ISO 8859-1. */
  | { readonly coding: "text"; readonly value: string }
  /** Type G. */
  | { readonly coding: "date"; readonly year: number; readonly month: number; readonly day: number }
  /** Type F. */
  | {
      readonly coding: "date-time";
      readonly year: number;
      readonly month: number;
      readonly day: number;
      readonly hour: number;
      readonly minute: number;
    };

const functions: readonly DataRecord["function"][] = ["instantaneous", "maximum", "minimum", "error"];
const integerDifs: readonly number[] = [0, 1, 2, 3, 4, 0, 6, 0, 7]; // by length in bytes
const bcdDifs: readonly number[] = [0, 9, 10, 11, 12, 0, 14];

/** One data record: DIF and DIFEs, VIF and VIFEs, data. */
export function writeRecord(record: RecordToWrite): Uint8Array {
  const data = dataOf(record.data);
  return concat([dataInformation(record, data.dif), new Uint8Array(record.vib), data.bytes]);
}

/** CI field, header and records of an answer. Short without maker, version and type, long with them. */
export function writeAnswer(
  header: {
    readonly address: Uint8Array | null;
    readonly accessNumber: number;
    readonly status: number;
    readonly config: number;
  },
  data: Uint8Array,
): Uint8Array {
  const address = header.address;
  const rest = [header.accessNumber, header.status, header.config & 0xff, header.config >> 8];
  if (address === null) {
    return concat([new Uint8Array([ciShortHeader].concat(rest)), data]);
  }
  const head = new Uint8Array(13);
  head[0] = ciLongHeader;
  head.set(address.subarray(2, 6), 1);
  head.set(address.subarray(0, 2), 5);
  head.set(address.subarray(6, 8), 7);
  head.set(rest, 9);
  return concat([head, data]);
}

function dataInformation(record: RecordToWrite, dif: number): Uint8Array {
  const bytes = [dif | (functions.indexOf(record.function) << 4) | ((record.storage & 1) << 6)];
  let storage = Math.floor(record.storage / 2);
  let tariff = record.tariff;
  let subunit = record.subunit;
  while (storage > 0 || tariff > 0 || subunit > 0) {
    bytes[bytes.length - 1] |= 0x80;
    bytes.push((storage % 16) | ((tariff % 4) << 4) | ((subunit % 2) << 6));
    storage = Math.floor(storage / 16);
    tariff = Math.floor(tariff / 4);
    subunit = Math.floor(subunit / 2);
  }
  return new Uint8Array(bytes);
}

function dataOf(data: RecordData): { readonly dif: number; readonly bytes: Uint8Array } {
  switch (data.coding) {
    case "integer":
      return { dif: integerDifs[data.bytes], bytes: integerBytes(data.value, data.bytes) };
    case "bcd":
      return { dif: bcdDifs[data.bytes], bytes: bcdBytes(data.value, data.bytes) };
    case "float":
      return { dif: 5, bytes: new Uint8Array(new Float32Array([data.value]).buffer) };
    case "text":
      return { dif: 13, bytes: textBytes(data.value) };
    case "date":
      return { dif: 2, bytes: dateBytes(data.year, data.month, data.day) };
    default:
      return {
        dif: 4,
        bytes: concat([new Uint8Array([data.minute, data.hour]), dateBytes(data.year, data.month, data.day)]),
      };
  }
}

function integerBytes(value: Integer, length: number): Uint8Array {
  const words = toWords(value);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    bytes[i] = i < 4 ? words.low >>> (8 * i) : words.high >> (8 * (i - 4));
  }
  return bytes;
}

function bcdBytes(value: Integer | null, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (value === null) {
    return bytes.fill(0xff);
  }
  const negative = isNegative(value);
  const digits = negative ? integerText(value).substr(1) : integerText(value);
  for (let i = 0; i < digits.length && i < 2 * length; i++) {
    bytes[i >> 1] |= (digits.charCodeAt(digits.length - 1 - i) - 48) << (4 * (i & 1));
  }
  if (negative) {
    bytes[length - 1] |= 0xf0;
  }
  return bytes;
}

function textBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length + 1);
  bytes[0] = text.length;
  for (let i = 0; i < text.length; i++) {
    bytes[text.length - i] = text.charCodeAt(i);
  }
  return bytes;
}

function dateBytes(year: number, month: number, day: number): Uint8Array {
  const short = year % 100;
  return new Uint8Array([day | ((short & 7) << 5), month | ((short & 0x78) << 1)]);
}
