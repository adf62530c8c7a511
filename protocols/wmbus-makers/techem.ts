import type { Fault } from "../fault.ts";
import { calendarDate } from "../mbus-time.ts";
import {
  addressWithType,
  type MakerContent,
  type MakerFormat,
  type MakerPart,
  type MakerReading,
} from "./maker-format.ts";
import {
  type MakerMeaning,
  type MakerRow,
  meaningOf,
  part,
  partsOf,
  row,
  sumOf,
  tooShort,
  unsigned,
} from "./maker-parts.ts";

/**
 * Techem's older radio meters, CI fields a0 to a2: a value at the last due date and what has been used since. Which is what is found out
 * by the projects wmbusmeters, FHEM (WMBus, TechemHKV) and rtl_433; Techem publishes nothing. Newer ones speak OMS and need no file here.
 */

const ci: readonly number[] = [0xa0, 0xa1, 0xa2];

const dueDate = meaningOf("date", null, 0);
const energy = meaningOf("energy", "Wh", 3);
const joules = meaningOf("energy", "J", 6);
const volume = meaningOf("volume", "m3", -1);
const units = meaningOf("hca", null, 0);
const room = meaningOf("temperature", "degC", -2);
const radiator = meaningOf("radiator-temperature", "degC", -2);
const smoke = meaningOf("smoke", null, 0);

interface Kind {
  readonly name: string;
  readonly versions: readonly number[];
  /** As in the telegram: mostly none that the standard has. */
  readonly types: readonly number[];
  /** The standard's device type. */
  readonly medium: number;
  readonly length: number;
  readonly parts: (bytes: Uint8Array) => readonly MakerPart[];
  /** Where the value at the due date and that since then make the meter's reading. */
  readonly sum?: MakerMeaning;
}

/** What has been used since the due date is not a reading of its own: `-since` keeps both apart. */
function since(meaning: MakerMeaning): MakerMeaning {
  return meaningOf(meaning.quantity + "-since", meaning.unit, meaning.exponent);
}

/** Due date at 1, value then at 3, value since at `at`. */
function twoValues(meaning: MakerMeaning, length: number, at: number): Kind["parts"] {
  const rows = [row(3, length, "unsigned", meaning, 1), row(at, length, "unsigned", since(meaning), 0)];
  return (bytes) => [dueDateOf(bytes)].concat(partsOf(bytes, rows));
}

const allocatorRows = (more: number): readonly MakerRow[] => [
  row(3, 2, "unsigned", units, 1),
  row(7, 2, "unsigned", units, 0),
  row(9 + more, 2, "unsigned", room, 0),
  row(11 + more, 2, "unsigned", radiator, 0),
];

/** Version 94 has one byte more in front of its temperatures. */
function allocator(bytes: Uint8Array, more: number): readonly MakerPart[] {
  const parts = partsOf(bytes, allocatorRows(more));
  return [dueDateOf(bytes), parts[0], currentDateOf(bytes)].concat(parts.slice(1));
}

const kinds: readonly Kind[] = [
  {
    name: "Techem compact V",
    versions: [0x22, 0x39, 0x45],
    types: [0x04, 0x43, 0xc3],
    medium: 0x04,
    length: 10,
    parts: twoValues(energy, 3, 7),
    sum: energy,
  },
  {
    name: "Techem vario 4 (4.5.1)",
    versions: [0x27],
    types: [0x04, 0xc3],
    medium: 0x04,
    length: 9,
    parts: twoValues(joules, 2, 7),
    sum: joules,
  },
  {
    name: "Techem mk radio 3, hot water",
    versions: [0x74],
    types: [0x62],
    medium: 0x06,
    length: 9,
    parts: withCurrentDate(twoValues(volume, 2, 7)),
    sum: volume,
  },
  {
    name: "Techem mk radio 3, cold water",
    versions: [0x74],
    types: [0x72],
    medium: 0x07,
    length: 9,
    parts: withCurrentDate(twoValues(volume, 2, 7)),
    sum: volume,
  },
  {
    name: "Techem mk radio 4, hot water",
    versions: [0x70, 0x95],
    types: [0x62],
    medium: 0x06,
    length: 9,
    parts: twoValues(volume, 2, 7),
    sum: volume,
  },
  {
    name: "Techem mk radio 4, cold water",
    versions: [0x70, 0x95],
    types: [0x72],
    medium: 0x07,
    length: 9,
    parts: twoValues(volume, 2, 7),
    sum: volume,
  },
  {
    name: "Techem mk radio 3 (version 50)",
    versions: [0x50],
    types: [0x72],
    medium: 0x07,
    length: 7,
    parts: (bytes) =>
      [dateAt(bytes, 2, 0, unsigned(bytes, 2, 2))].concat(partsOf(bytes, [row(4, 3, "unsigned", volume, 0)])),
  },
  {
    name: "Techem FHKV data III",
    versions: [0x69],
    types: [0x80],
    medium: 0x08,
    length: 13,
    parts: (bytes) => allocator(bytes, 0),
  },
  {
    name: "Techem FHKV data III (version 94)",
    versions: [0x94],
    types: [0x80],
    medium: 0x08,
    length: 14,
    parts: (bytes) => allocator(bytes, 1),
  },
  {
    name: "Techem smoke detector TSD2",
    versions: [0x76],
    types: [0xf0],
    medium: 0x1a,
    length: 3,
    parts: (bytes) => [part(bytes, 0, 1, smoke, 0, smokeText(bytes[0])), dueDateOf(bytes)],
  },
];

/** One for each kind. */
export const techemFormats: readonly MakerFormat[] = kinds.map((kind) => ({
  name: kind.name,
  place: "telegram",
  senders: { makers: ["TCH"], versions: kind.versions, types: kind.types, ci: ci },
  addressOf: (telegram: Uint8Array) => addressWithType(telegram, kind.medium),
  read: (content: MakerContent) => readKind(kind, content.bytes),
}));

function readKind(kind: Kind, bytes: Uint8Array): MakerReading | Fault {
  if (bytes.length < kind.length) {
    return tooShort(bytes, kind.length);
  }
  const parts = kind.parts(bytes);
  const meaning = kind.sum;
  const values = parts.filter((one) => one.record.unit !== null);
  return { bytes: bytes, parts: parts, sums: meaning === undefined ? [] : [sumOf(meaning, values)] };
}

/** Day in bits 0 to 4, month in 5 to 8, year from 9. */
function dueDateOf(bytes: Uint8Array): MakerPart {
  return dateAt(bytes, 1, 1, unsigned(bytes, 1, 2));
}

function dateAt(bytes: Uint8Array, at: number, storage: number, word: number): MakerPart {
  const text = calendarDate(2000 + (word >> 9), (word >> 5) & 15, word & 31);
  return part(bytes, at, 2, dueDate, storage, text);
}

/** Day in bits 4 to 8, month in 9 to 12, no year: that in which it comes next behind the due date. */
function currentDateOf(bytes: Uint8Array): MakerPart {
  const due = unsigned(bytes, 1, 2);
  const word = unsigned(bytes, 5, 2);
  const dueMonth = (due >> 5) & 15;
  const month = (word >> 9) & 15;
  const day = (word >> 4) & 31;
  const isNext = month < dueMonth || (month === dueMonth && day <= (due & 31));
  return part(bytes, 5, 2, dueDate, 0, calendarDate(2000 + (due >> 9) + (isNext ? 1 : 0), month, day));
}

function withCurrentDate(parts: Kind["parts"]): Kind["parts"] {
  return (bytes) => {
    const found = parts(bytes);
    return found.slice(0, 2).concat([currentDateOf(bytes)], found.slice(2));
  };
}

function smokeText(status: number): string {
  return status === 0 ? "none" : status === 1 ? "smoke" : "status " + String(status);
}
