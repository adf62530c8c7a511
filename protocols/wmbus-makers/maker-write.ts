import type { BlockCiphers } from "../block-ciphers.ts";
import { concat, fromHex } from "../bytes.ts";
import { fillByte } from "../mbus-security.ts";
import { diehlKeys, unveil, veiledAt } from "./diehl-lfsr.ts";

/** Writes telegrams in makers' formats, for simulators and tests. */

/** What a meter counts, in its format's own steps, now and at its last due date. */
export interface MakerValues {
  /** The meter's eight digits. */
  readonly id: string;
  readonly now: number;
  readonly before: number;
  readonly due: MakerDay;
  /** In the year behind the due date. */
  readonly today: MakerDay;
}

export interface MakerDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export interface MakerWriter {
  /** Name of the format. */
  readonly name: string;
  /** Most steps it can count. */
  readonly most: number;
  /** Whether the value at the due date, and that date, are sent. */
  readonly hasDue: boolean;
  /** What seals it is the key of `sealKey`. */
  readonly isSealed: boolean;
  readonly write: (values: MakerValues, ciphers: BlockCiphers) => Uint8Array;
}

/** The key of what is sealed; a public one, for nothing else. */
export const sealKey = "000102030405060708090a0b0c0d0e0f";

interface Head {
  readonly maker: string;
  readonly version: number;
  readonly type: number;
  readonly ci: number;
}

const sndNr = 0x44;

/** Seven bytes of Apator's state, which nobody can read. */
const state: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

export const makerWriters: readonly MakerWriter[] = [
  techem("Techem compact V", { version: 0x45, type: 0x43, ci: 0xa1 }, 3),
  techem("Techem vario 4 (4.5.1)", { version: 0x27, type: 0xc3, ci: 0xa2 }, 2),
  techem("Techem mk radio 3, hot water", { version: 0x74, type: 0x62, ci: 0xa2 }, 2),
  techem("Techem mk radio 3, cold water", { version: 0x74, type: 0x72, ci: 0xa2 }, 2),
  techem("Techem mk radio 4, hot water", { version: 0x95, type: 0x62, ci: 0xa2 }, 2),
  techem("Techem mk radio 4, cold water", { version: 0x70, type: 0x72, ci: 0xa2 }, 2),
  {
    name: "Techem mk radio 3 (version 50)",
    most: 0xffffff,
    hasDue: false,
    isSealed: false,
    write: (values) =>
      telegramOf(
        values,
        { maker: "TCH", version: 0x50, type: 0x72, ci: 0xa2 },
        [0x0c, 0].concat(word(dueWord(values.today)), low(values.now, 3), [0, 11, 12]),
      ),
  },
  allocator("Techem FHKV data III", 0x69, [0x11], []),
  allocator("Techem FHKV data III (version 94)", 0x94, [0x0f], [0x11]),
  {
    name: "Apator 162",
    most: 0xffffffff,
    hasDue: false,
    isSealed: false,
    write: (values) =>
      telegramOf(
        values,
        { maker: "APA", version: 0x05, type: 0x07, ci: 0x7a },
        [1, 0, 0, 0, 0x0f].concat(
          state,
          [0x71].concat(new Array(9).fill(7)), // two months
          [0xa0, 1, 2, 3, 4, 0x10],
          low(values.now, 4),
          [0xff, 0xff, 0x12, 0x34],
        ),
      ),
  },
  eitn("Apator E.ITN 30", 0xa0, []),
  {
    name: "Apator NA-1",
    most: 0xfffffff,
    hasDue: false,
    isSealed: true,
    write: writeNa1,
  },
  {
    name: "BFW 240.radio",
    most: 0xffff,
    hasDue: false,
    isSealed: false,
    write: (values) =>
      telegramOf(
        values,
        { maker: "BFW", version: 0x02, type: 0x08, ci: 0x7a },
        [1, 0, 0, 0, 0x2f, 0x2f, 0x11, 0x22].concat(
          high(values.before),
          high(values.now),
          new Array(29).fill(0),
          [bcd(values.today.day), bcd(values.today.month), bcd(values.today.year % 100)],
        ),
      ),
  },
  {
    name: "Diehl PRIOS (Izar)",
    most: 0xffffffff,
    hasDue: true,
    isSealed: false,
    write: (values) => writePrios(values),
  },
  {
    name: "Qundis walk-by",
    most: 99999999,
    hasDue: true,
    isSealed: false,
    write: (values) =>
      telegramOf(
        values,
        { maker: "QDS", version: 0x18, type: 0x07, ci: 0x78 },
        [0x0d, 0xff, 0x5f, 53].concat(
          [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x13, 0xff, 0xff],
          bcds(values.now),
          typeG(values.due),
          bcds(values.before),
          typeG(values.due),
          bcds(values.before),
          [0x00, 0x80, 0x2c, 0x01], // a month without the meter, one with 300 steps
          new Array(21).fill(0),
        ),
      ),
  },
];

/** Due date at 1, what was then at 3, in `width` bytes; what came since is what `now` is more. */
function techem(name: string, head: Omit<Head, "maker">, width: 2 | 3): MakerWriter {
  return {
    name: name,
    most: width === 3 ? 0xffffff : 0xffff,
    hasDue: true,
    isSealed: false,
    write: (values) =>
      telegramOf(
        values,
        Object.assign({ maker: "TCH" }, head),
        [0].concat(
          word(dueWord(values.due)),
          low(values.before, width),
          width === 3 ? [0x60] : word(todayWord(values.today)),
          low(values.now - values.before, width),
          [0, 10, 0, 0],
        ),
      ),
  };
}

/** Heat cost allocators begin at 0 with each due date. Rooms have 21.50 and 32.25 degrees. */
function allocator(
  name: string,
  version: number,
  first: readonly number[],
  more: readonly number[],
): MakerWriter {
  return {
    name: name,
    most: 0xffff,
    hasDue: true,
    isSealed: false,
    write: (values) =>
      telegramOf(
        values,
        { maker: "TCH", version: version, type: 0x80, ci: 0xa0 },
        first.concat(
          word(dueWord(values.due)),
          low(values.before, 2),
          word(todayWord(values.today)),
          low(values.now, 2),
          more,
          low(2150, 2),
          low(3225, 2),
          [0, 0],
        ),
      ),
  };
}

function eitn(name: string, ci: number, before: readonly number[]): MakerWriter {
  return {
    name: name,
    most: 0xffff,
    hasDue: false,
    isSealed: false,
    write: (values) =>
      telegramOf(
        values,
        { maker: "APA", version: 0x04, type: 0x08, ci: ci },
        before.concat(
          [0xa1, 0, 0],
          low(values.before, 2),
          [0, 0],
          low(values.now, 2),
          word(dueWord(values.today)),
          [0x40, 0x14, 0x80, 0x15],
        ),
      ),
  };
}

function writeNa1(values: MakerValues, ciphers: BlockCiphers): Uint8Array {
  const clear = [fillByte, values.now & 15].concat(
    low(Math.floor(values.now / 16), 3),
    [0x00, 0x00, 0x00, 0x31],
    new Array(7).fill(0),
  );
  const telegram = telegramOf(
    values,
    { maker: "APA", version: 0x14, type: 0x07, ci: 0xa0 },
    [0x5a, 0].concat(clear),
  );
  const vector = new Uint8Array(16).fill(telegram[11]);
  vector.set(telegram.subarray(2, 10), 0);
  const sealed = ciphers.aesCbc.encrypt(fromHex(sealKey) as Uint8Array, vector, telegram.subarray(13));
  telegram.set(sealed, 13);
  return telegram;
}

/** Every 8 s, a battery for 12 years, no alarms; under a key of the factory's. */
function writePrios(values: MakerValues): Uint8Array {
  const content = [0x01, 0x18, 0x00, 0x13, 0x4b].concat(
    low(values.now, 4),
    low(values.before, 4),
    typeG(values.due),
  );
  // Version and type stand in front of the id: what `telegramOf` has as id and version, type goes out in another order.
  const telegram = telegramOf(values, { maker: "HYD", version: 0, type: 0, ci: 0xa2 }, content);
  telegram.set(new Uint8Array([0x86, 0x07].concat(idBytes(values.id))), 4);
  return concat([telegram.subarray(0, veiledAt), unveil(telegram, diehlKeys(null)[0])]);
}

function telegramOf(values: MakerValues, head: Head, content: readonly number[]): Uint8Array {
  const code = makerCode(head.maker);
  const bytes = [0, sndNr, code & 0xff, code >> 8].concat(
    idBytes(values.id),
    [head.version, head.type, head.ci],
    content,
  );
  bytes[0] = bytes.length - 1;
  return new Uint8Array(bytes);
}

/** Three letters of five bits each (EN 62056-21 flag code). */
function makerCode(letters: string): number {
  const bits = (at: number): number => letters.charCodeAt(at) - 64;
  return (bits(0) << 10) | (bits(1) << 5) | bits(2);
}

/** As on the wire: last digits first. */
function idBytes(id: string): number[] {
  const bytes: number[] = [];
  for (let at = 6; at >= 0; at -= 2) {
    bytes.push(Number.parseInt(id.substr(at, 2), 16));
  }
  return bytes;
}

function low(value: number, length: number): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < length; i++) {
    bytes.push(Math.floor(value / 256 ** i) % 256);
  }
  return bytes;
}

function high(value: number): number[] {
  return [value >> 8, value & 0xff];
}

function word(value: number): number[] {
  return low(value, 2);
}

function dueWord(day: MakerDay): number {
  return day.day | (day.month << 5) | ((day.year % 100) << 9);
}

function todayWord(day: MakerDay): number {
  return (day.day << 4) | (day.month << 9);
}

function typeG(day: MakerDay): number[] {
  const short = day.year % 100;
  return [day.day | ((short & 7) << 5), day.month | ((short & 0x78) << 1)];
}

function bcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10);
}

function bcds(value: number): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < 4; i++) {
    bytes.push(bcd(Math.floor(value / 100 ** i) % 100));
  }
  return bytes;
}
