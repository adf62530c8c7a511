import { bytesOf, byteText } from "./byte-text.ts";
import type { FaultCode } from "./fault.ts";

/**
 * SML for boards: finds telegrams and takes a few named registers out of them, and nothing else of what sml.ts reads. It is as strict: both
 * checksums must hold, the messages must be whole, and a meter keeps to the kind of checksum it has used. What it gives, sml.ts gives as well
 * (sml-small.test.ts). Where the two differ: a telegram behind one that was cut inside its end sequence is lost here, telegrams are
 * shorter (smallTelegramMax), and integers beyond 2^53 have no value.
 */

/** A register as a telegram names it: the six bytes of its OBIS code as a byte text, and the DLMS code of its unit. */
export interface SmallRegister {
  readonly code: string;
  readonly unit: number;
  /** Its values are counted in 10^exponent of the unit. */
  readonly exponent: number;
  /** It is a power that some meters send with a wrong sign (sml-dzg.ts). */
  readonly power?: true;
}

export interface SmallSink {
  /** By register, null for what was not sent. */
  registers(values: readonly (number | null)[]): void;
  fault(code: FaultCode): void;
}

/** Takes what came over the line. Without bytes it forgets a telegram that has begun. */
export type SmallSml = (bytes: Uint8Array, sink: SmallSink) => void;

/** Bytes; real meters send 528 at most. */
export const smallTelegramMax = 2048;

/** Nesting of lists, as in sml-field.ts. */
const depthMax = 16;
const quad = "\x1b\x1b\x1b\x1b";
const begin = "\x1b\x1b\x1b\x1b\x01\x01\x01\x01";
const safeMax = 9007199254740991; // 2^53 - 1

/** `signFault`: whether the meter of an id is one whose signs of power are put right; none where they are to stand. */
export function smallSml(registers: readonly SmallRegister[], signFault: (id: string) => boolean): SmallSml {
  /** What a byte makes of a checksum of x^16 + x^12 + x^5 + 1, bit-reversed. */
  const steps = new Uint16Array(256);
  for (let i = 0; i < 256; i++) {
    const half = (i >> 4) ^ ((i & 15) * 0x1081);
    steps[i] = (half >> 4) ^ ((half & 15) * 0x1081);
  }
  let text = "";
  /** Where to look on, in a telegram that begins with the text; 0 outside one. */
  let at = 0;
  /** The meter that was read last and its kind of checksum: what X-25 begins with, or Kermit. */
  let known = "";
  let kind = 0xffff;
  // Of the telegram that is being read.
  let bytes: Uint8Array;
  let place = 0;
  let good = true;
  let type = 0;
  let length = 0;
  let server = ""; // of the first list; of the list that is read:
  let listed = "";
  let values: (number | null)[] | null = null;

  function need(what: boolean): void {
    good = good && what;
  }

  /** X-25 begins with ones and ends inverted, its low byte first; Kermit does neither, its high byte first. */
  function need16(data: Uint8Array, from: number, to: number, start: number, sent: number): void {
    let crc = start;
    for (let i = from; i < to; i++) {
      crc = steps[(crc ^ data[i]) & 255] ^ (crc >> 8);
    }
    need((crc ^ start) === (start > 0 ? (sent >> 8) | ((sent & 255) << 8) : sent));
  }

  function head(least: number, most: number): void {
    let byte = bytes[place++];
    type = (byte >> 4) & 7;
    length = byte & 15;
    let size = 1;
    for (; byte > 127 && size < 4; size++) {
      byte = bytes[place++];
      need((byte & 112) === 0);
      length = (length << 4) | (byte & 15);
    }
    length -= type === 7 ? 0 : size;
    need(byte < 128 && length >= 0 && place + length <= bytes.length && type >= least && type <= most);
  }

  function skip(depth: number): void {
    head(0, 7);
    need(type === 0 || type > 3);
    if (type < 7) {
      place += length;
      return;
    }
    need(depth < depthMax);
    for (let left = length; left > 0 && good; left--) {
      skip(depth + 1);
    }
  }

  function skips(count: number, depth: number): void {
    for (let left = count; left > 0; left--) {
      skip(depth);
    }
  }

  function list(count: number): void {
    need(bytes[place++] === 112 + count);
  }

  /** Octets, as a byte text. */
  function octets(): string {
    head(0, 0);
    place += length;
    return byteText(bytes.subarray(place - length, place));
  }

  /** The integer behind a head, of 1 to `most` bytes; NaN beyond 2^53. */
  function integer(most: number): number {
    need(length > 0 && length <= most);
    let value = type === 5 && bytes[place] > 127 ? -1 : 0;
    for (let left = length; left > 0 && good; left--) {
      value = value * 256 + bytes[place++];
    }
    return Math.abs(value) <= safeMax ? value : NaN;
  }

  /** An integer that may be absent, as 0. */
  function optional(): number {
    head(0, 6);
    if (type + length === 0) {
      return 0;
    }
    need(type > 4);
    return integer(8);
  }

  /** Entry of a list: objName, status, valTime, unit, scaler, value, valueSignature. */
  function entry(found: (number | null)[]): void {
    list(7);
    const name = octets();
    need(name.length === 6);
    optional();
    skip(4);
    const unit = optional();
    const scaler = optional();
    need(scaler > -129 && scaler < 128);
    const before = place;
    head(0, 7);
    const isNumber = type === 5 || type === 6;
    const width = length;
    const value = isNumber ? integer(8) : 0;
    if (!isNumber) {
      place = before;
      skip(4);
    }
    skip(4);
    registers.forEach((register, i) => {
      if (isNumber && found[i] === null && register.code === name && register.unit === unit) {
        const isWrong = value < 0 && width < 4 && register.power === true && signFault(listed);
        let counted = isWrong ? value + (1 << (8 * width)) : value;
        for (let more = scaler; more > register.exponent; more--) {
          counted *= 10;
        }
        found[i] = scaler < register.exponent ? NaN : counted;
      }
    });
  }

  /** clientId, serverId, listName, actSensorTime, valList, listSignature, actGatewayTime. */
  function valueList(): void {
    list(7);
    skip(2);
    listed = octets();
    skips(2, 2);
    head(7, 7);
    if (values === null) {
      server = listed;
      values = registers.map(() => null);
    }
    for (let left = length; left > 0 && good; left--) {
      entry(values);
    }
    skips(2, 2);
  }

  /** transactionId, groupNo, abortOnError, messageBody, crc16, endOfSmlMsg. */
  function message(start: number): void {
    const from = place;
    list(6);
    skips(3, 1);
    list(2);
    head(6, 6);
    if (integer(4) === 0x0701) {
      valueList();
    } else {
      skip(2);
    }
    const to = place;
    head(6, 6);
    need16(bytes, from, to, start, integer(2));
    need(bytes[place++] === 0);
  }

  /** Whether the telegram with these bytes and this content, free of escapes, holds under a kind of checksum. */
  function read(data: Uint8Array, content: Uint8Array, start: number): boolean {
    const end = data.length - 2;
    good = true;
    need16(data, 0, end, start, (data[end] << 8) | data[end + 1]);
    bytes = content;
    place = 0;
    values = null;
    while (good && place < bytes.length && bytes[place] !== 0) {
      message(start);
    }
    for (; good && place < bytes.length; place++) {
      need(bytes[place] === 0);
    }
    need(values !== null && (server !== known || start === kind));
    return good;
  }

  /** A telegram from the text's beginning to an end sequence at `to`. */
  function finish(to: number, sink: SmallSink): boolean {
    const data = bytesOf(text.substr(0, to + 8));
    const content = bytesOf(
      text
        .substring(8, to)
        .split(quad + quad)
        .join(quad),
    );
    const other = 0xffff - kind;
    if (read(data, content, kind)) {
      tell(sink);
    } else if (read(data, content, other)) {
      kind = other;
      tell(sink);
    } else {
      sink.fault("checksum");
    }
    return good;
  }

  function tell(sink: SmallSink): void {
    known = server;
    sink.registers(
      (values as (number | null)[]).map((value) => {
        if (value === null || Math.abs(value) <= safeMax) {
          return value;
        }
        sink.fault("unsupported"); // finer than its column, or more than a double holds
        return null;
      }),
    );
  }

  /** Looks at each 1b1b1b1b and at what follows it; false where more must come. */
  function scan(sink: SmallSink): boolean {
    const found = text.indexOf(at > 0 ? quad : begin, at);
    const next = text.substr(found + 4, 4);
    const reached = found < 0 ? text.length - 3 : found;
    let from = 0; // what is left of the text
    if (at === 0) {
      from = found < 0 ? Math.max(0, text.length - 7) : found;
      at = found < 0 ? 0 : 8;
    } else if (reached > smallTelegramMax) {
      sink.fault("limit");
      from = reached;
      at = 0;
    } else if (found < 0 || next.length < 4) {
      at = Math.max(at, reached);
      return false;
    } else if (next === quad) {
      at = found + 8;
    } else if (quad + next === begin) {
      sink.fault("truncated");
      from = found;
      at = 8;
    } else if (next.charCodeAt(0) === 0x1a) {
      from = finish(found, sink) ? found + 8 : found + 5;
      at = 0;
    } else {
      at = found + 1;
    }
    text = text.substr(from);
    return at > 0 || found >= 0;
  }

  return (more, sink) => {
    text = more.length > 0 ? text + byteText(more) : "";
    at = more.length > 0 ? at : 0;
    for (let goesOn = true; goesOn; ) {
      goesOn = scan(sink);
    }
  };
}
