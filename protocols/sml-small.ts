import { bytesOf, byteText } from "./byte-text.ts";
import type { FaultCode } from "./fault.ts";

/**
 * SML for boards: finds telegrams whose transport checksum holds and takes a few named registers out of them, and nothing else of what sml.ts
 * reads. The messages' own checksums are not asked: of the same polynomial, they miss what hits the inside of a message whenever the transport
 * checksum does, and would double the time. Of a telegram that sml.ts takes it gives the same values (sml-small.test.ts), but for these: a telegram
 * behind one that was cut inside its end sequence is lost, telegrams are shorter (smallTelegramMax), integers beyond 2^53 have no value, and a
 * line keeps to the kind of checksum that came first.
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
  /** The line's kind of checksum: what X-25 begins with, or Kermit; null before the first. */
  let kind: number | null = null;
  // Of the field that is being read.
  let bytes: Uint8Array;
  let place = 0;
  let good = true;
  let type = 0;
  let length = 0;

  function need(what: boolean): void {
    good = good && what;
  }

  function head(): void {
    let byte = bytes[place++];
    type = (byte >> 4) & 7;
    length = byte & 15;
    let size = 1;
    for (; byte > 127 && size < 4; size++) {
      byte = bytes[place++];
      length = (length << 4) | (byte & 15);
    }
    length -= type === 7 ? 0 : size;
    need(byte < 128 && length >= 0 && place + length <= bytes.length);
  }

  function skip(depth: number): void {
    head();
    if (type < 7) {
      place += length;
      return;
    }
    need(depth < depthMax);
    for (let left = length; left > 0 && good; left--) {
      skip(depth + 1);
    }
  }

  /** An integer; 0 where there is none, NaN beyond 2^53. */
  function integer(): number {
    head();
    if (type + length === 0) {
      return 0;
    }
    need((type === 5 || type === 6) && length > 0 && length < 9);
    let value = type === 5 && bytes[place] > 127 ? -1 : 0;
    for (let left = length; left > 0 && good; left--) {
      value = value * 256 + bytes[place++];
    }
    return Math.abs(value) <= safeMax ? value : NaN;
  }

  /** What stands in the first entry of a register that is a number in its unit: objName, status, valTime, unit, scaler, value. */
  function registerIn(register: SmallRegister, content: string): number | null {
    const name = "\x77\x07" + register.code;
    for (let from = content.indexOf(name); from >= 0; from = content.indexOf(name, from + 1)) {
      place = from + name.length;
      good = true;
      integer();
      skip(0);
      const unit = integer();
      const scaler = integer();
      let value = integer();
      if (good && length > 0 && unit === register.unit) {
        const isWrong = value < 0 && length < 4 && register.power === true && hasFault(content);
        value += isWrong ? 1 << (8 * length) : 0;
        for (let more = scaler; more > register.exponent; more--) {
          value *= 10;
        }
        return scaler < register.exponent ? NaN : value;
      }
    }
    return null;
  }

  /** By the meter's id, which is ten bytes. */
  function hasFault(content: string): boolean {
    return signFault(content.substr(content.indexOf("\x0b\x0a\x01") + 1, 10));
  }

  /** Whether the transport checksum holds, of this kind: X-25 ends inverted and has its low byte first, Kermit its high byte. */
  function holds(data: Uint8Array, start: number): boolean {
    const end = data.length - 2;
    let crc = start;
    for (let i = 0; i < end; i++) {
      crc = steps[(crc ^ data[i]) & 255] ^ (crc >> 8);
    }
    return start > 0
      ? (crc ^ start) === (data[end] | (data[end + 1] << 8))
      : crc === ((data[end] << 8) | data[end + 1]);
  }

  /** A telegram from the text's beginning to an end sequence at `to`. */
  function finish(to: number, sink: SmallSink): boolean {
    const data = bytesOf(text.substr(0, to + 8));
    if (kind !== 0 && holds(data, 0xffff)) {
      kind = 0xffff;
    } else if (kind !== 0xffff && holds(data, 0)) {
      kind = 0;
    } else {
      sink.fault("checksum");
      return false;
    }
    const content = text
      .substring(8, to)
      .split(quad + quad)
      .join(quad);
    bytes = bytesOf(content);
    sink.registers(
      registers.map((register) => {
        const value = registerIn(register, content);
        if (value === null || Math.abs(value) <= safeMax) {
          return value;
        }
        sink.fault("unsupported"); // finer than its column, or more than a double holds
        return null;
      }),
    );
    return true;
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
