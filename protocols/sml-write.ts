import { concat } from "./bytes.ts";
import { crcKermit, crcX25 } from "./crc.ts";
import { type Integer, toWords } from "./decimal.ts";
import type { SmlChecksum } from "./sml-message.ts";

/**
 * Writes SML telegrams, for simulated meters and tests. Each function gives the bytes of one field; a field is put together from the
 * fields it holds. Values are taken as they are given: who writes knows what is legal, and a test may want what is not.
 */

/** An optional field that is not there. */
export const smlAbsent: Uint8Array = new Uint8Array([0x01]);

/** An octet string, with a length of as many bytes as it needs. */
export function smlOctets(bytes: Uint8Array): Uint8Array {
  return concat([head(0x00, bytes.length, true), bytes]);
}

/** An integer in `width` bytes, 1 to 8; what does not fit loses its upper bytes. */
export function smlInteger(field: {
  readonly signed: boolean;
  readonly width: number;
  readonly value: Integer;
}): Uint8Array {
  const words = toWords(field.value);
  const bytes = new Uint8Array(1 + field.width);
  bytes[0] = (field.signed ? 0x50 : 0x60) + 1 + field.width;
  for (let i = 0; i < field.width; i++) {
    const word = i < 4 ? words.low : words.high;
    bytes[field.width - i] = (word >>> (8 * (i % 4))) & 0xff;
  }
  return bytes;
}

/** An unsigned number of one byte, as units, choices and groups are sent. */
export function smlByte(value: number): Uint8Array {
  return new Uint8Array([0x62, value]);
}

/** A list of fields that are written already. */
export function smlList(fields: readonly Uint8Array[]): Uint8Array {
  return concat([head(0x70, fields.length, false), concat(fields)]);
}

/** A time as seconds index: the choice 1 and a u32. */
export function smlSeconds(index: number): Uint8Array {
  return smlList([smlByte(1), smlInteger({ signed: false, width: 4, value: index })]);
}

/** One entry of a value list; a null field is absent. */
export function smlEntry(entry: {
  readonly obis: Uint8Array;
  readonly status: Uint8Array | null;
  readonly time: Uint8Array | null;
  /** DLMS unit code. */
  readonly unit: number | null;
  /** Power of ten. */
  readonly scaler: number | null;
  readonly value: Uint8Array;
}): Uint8Array {
  return smlList([
    smlOctets(entry.obis),
    entry.status === null ? smlAbsent : entry.status,
    entry.time === null ? smlAbsent : entry.time,
    entry.unit === null ? smlAbsent : smlByte(entry.unit),
    entry.scaler === null ? smlAbsent : smlInteger({ signed: true, width: 1, value: entry.scaler }),
    entry.value,
    smlAbsent,
  ]);
}

/** A message with its checksum. Tags: 0101 open, 0701 value list, 0201 close. */
export function smlMessage(message: {
  readonly transaction: Uint8Array;
  readonly tag: number;
  readonly body: Uint8Array;
  readonly checksum: SmlChecksum;
}): Uint8Array {
  const tag = smlInteger({ signed: false, width: 2, value: message.tag });
  const start = concat([
    new Uint8Array([0x76]),
    smlOctets(message.transaction),
    smlByte(0),
    smlByte(0),
    smlList([tag, message.body]),
  ]);
  return concat([start, new Uint8Array([0x63]), checksumBytes(message.checksum, start), new Uint8Array([0])]);
}

/** Start sequence, messages with escapes, fill bytes, end sequence. */
export function smlTelegram(messages: readonly Uint8Array[], checksum: SmlChecksum): Uint8Array {
  const content = concat(messages);
  const fill = (4 - (content.length % 4)) % 4;
  const start = concat([
    new Uint8Array([0x1b, 0x1b, 0x1b, 0x1b, 1, 1, 1, 1]),
    escaped(content),
    new Uint8Array(fill),
    new Uint8Array([0x1b, 0x1b, 0x1b, 0x1b, 0x1a, fill]),
  ]);
  return concat([start, checksumBytes(checksum, start)]);
}

/** A whole push as a meter sends it: open, value list, close. */
export function smlPush(push: {
  /** Counts the telegrams: transaction and file ids are made of it. */
  readonly number: number;
  readonly server: Uint8Array;
  readonly listName: Uint8Array | null;
  /** actSensorTime. */
  readonly time: Uint8Array | null;
  readonly entries: readonly Uint8Array[];
  readonly checksum: SmlChecksum;
}): Uint8Array {
  const time = push.time === null ? smlAbsent : push.time;
  const server = smlOctets(push.server);
  const file = fourBytes(push.number);
  const bodies = [
    smlList([smlAbsent, smlAbsent, smlOctets(file), server, smlAbsent, smlAbsent]),
    smlList([
      smlAbsent,
      server,
      push.listName === null ? smlAbsent : smlOctets(push.listName),
      time,
      smlList(push.entries),
      smlAbsent,
      smlAbsent,
    ]),
    smlList([smlAbsent]),
  ];
  const tags = [0x0101, 0x0701, 0x0201];
  const messages: Uint8Array[] = [];
  for (let i = 0; i < bodies.length; i++) {
    messages.push(
      smlMessage({
        transaction: fourBytes(3 * push.number + i),
        tag: tags[i],
        body: bodies[i],
        checksum: push.checksum,
      }),
    );
  }
  return smlTelegram(messages, push.checksum);
}

/** A tag-length field: the length of a list counts entries, any other its own tag-length bytes too. */
function head(type: number, length: number, countsItself: boolean): Uint8Array {
  let size = 1;
  let whole = countsItself ? length + 1 : length;
  while (whole >= Math.pow(16, size)) {
    size++;
    whole = countsItself ? length + size : length;
  }
  const bytes = new Uint8Array(size);
  for (let i = size - 1; i >= 0; i--) {
    bytes[i] = (whole & 15) | (i < size - 1 ? 0x80 : 0);
    whole >>>= 4;
  }
  bytes[0] |= type;
  return bytes;
}

/** X-25 goes with its low byte first, Kermit with its high byte, as meters send them. */
function checksumBytes(kind: SmlChecksum, bytes: Uint8Array): Uint8Array {
  if (kind === "x25") {
    const crc = crcX25(bytes, 0, bytes.length);
    return new Uint8Array([crc & 0xff, crc >> 8]);
  }
  const crc = crcKermit(bytes, 0, bytes.length);
  return new Uint8Array([crc >> 8, crc & 0xff]);
}

/** Four 1b in a row are sent twice. */
function escaped(content: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  let run = 0;
  for (let i = 0; i < content.length; i++) {
    bytes.push(content[i]);
    run = content[i] === 0x1b ? run + 1 : 0;
    if (run === 4) {
      bytes.push(0x1b, 0x1b, 0x1b, 0x1b);
      run = 0;
    }
  }
  return new Uint8Array(bytes);
}

function fourBytes(value: number): Uint8Array {
  return new Uint8Array([(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]);
}
