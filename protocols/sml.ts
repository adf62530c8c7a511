import { pieceOf } from "./bytes.ts";
import { crcKermit, crcX25 } from "./crc.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import type { BadTelegram, MeterChoices, MeterDecoder, MeterLanguage, Telegram } from "./meter.ts";
import { KindMemory } from "./sml-kinds.ts";
import { type SmlChecksum, SmlMessages } from "./sml-message.ts";
import { salvaged } from "./sml-salvage.ts";

/**
 * SML as German electricity meters push it once a second: `1b1b1b1b 01010101`, messages, fill bytes, `1b1b1b1b 1a`, number of fill
 * bytes, CRC. Both checksums must hold, else there is no reading; unless somebody chose to salvage what a message's own holds.
 */
export const sml: MeterLanguage = {
  name: "sml",
  title: "Smart Message Language",
  standard: "BSI TR-03109-1 annex IV (SML 1.04)",
  line: { baud: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  choices: [
    {
      name: "correctSigns",
      meaning:
        "puts the wrong sign of power of DZG DVS74 meters right (serial numbers 42 to 48 and 55 to 58 million)",
      standard: true,
    },
    {
      name: "salvage",
      meaning: "takes a message whose own checksum holds out of a telegram whose checksum does not",
      standard: false,
    },
  ],
  decoder: function (_keys, choices) {
    return new SmlDecoder(choices === undefined ? {} : choices);
  },
};

/** Longest telegram in bytes; the longest of the corpus has 528. */
export const telegramMax = 8192;

const startLength = 8;
const endLength = 8;
/** Buffer at first; it grows when a telegram needs it. A start, an end and what must be seen to tell them apart fit on top. */
const bufferLeast = 1024;
const bufferMax = telegramMax + 64;

/** A stretch of bytes. */
interface Place {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

const nothing: readonly (Telegram | BadTelegram)[] = [];

/**
 * Finds telegrams byte by byte, so that a lost byte costs one telegram and no more. A start sequence inside a telegram begins a new
 * one. Unless `correctSigns` is false, the wrong signs of DZG meters are put right. With `salvage` a telegram that is torn or whose
 * transport checksum fails is reported as that, and behind it comes what its messages hold, as a telegram of quality "salvaged".
 */
export class SmlDecoder implements MeterDecoder {
  private buffer = new Uint8Array(bufferLeast);
  /** Bytes in the buffer. */
  private filled = 0;
  /** Offset of the buffer's first byte since the decoder's start. */
  private base = 0;
  /** Next byte to look at. */
  private at = 0;
  /** Where the telegram begins; -1 outside one. */
  private start = -1;
  private hasEscapes = false;
  /** An escaped 1b1b1b1b with 01010101 behind it: perhaps a start after a telegram that was cut inside its end sequence. -1: none. */
  private secondStart = -1;
  private found: (Telegram | BadTelegram)[] | null = null;
  private readonly messages: SmlMessages;
  private readonly salvages: boolean;
  private readonly kinds = new KindMemory();

  constructor(choices: MeterChoices) {
    this.messages = new SmlMessages({ correctSigns: choices.correctSigns !== false });
    this.salvages = choices.salvage === true;
  }

  push(bytes: Uint8Array): readonly (Telegram | BadTelegram)[] {
    let taken = 0;
    while (taken < bytes.length) {
      const room = this.makeRoom(bytes.length - taken);
      const count = room < bytes.length - taken ? room : bytes.length - taken;
      this.buffer.set(count === bytes.length ? bytes : pieceOf(bytes, taken, count), this.filled);
      this.filled += count;
      taken += count;
      this.scan();
    }
    return this.handOver();
  }

  end(): readonly (Telegram | BadTelegram)[] {
    if (this.start >= 0) {
      this.lose(this.bad(this.start, truncated("the bytes stop")), this.filled);
    }
    this.base += this.filled;
    this.filled = 0;
    this.at = 0;
    this.start = -1;
    return this.handOver();
  }

  private handOver(): readonly (Telegram | BadTelegram)[] {
    const found = this.found;
    this.found = null;
    return found === null ? nothing : found;
  }

  /** Bytes that can be taken now, at least one: nobody needs what lies before the telegram. */
  private makeRoom(wanted: number): number {
    const keep = this.start >= 0 ? this.start : this.at;
    if (keep === this.filled) {
      this.forget(keep);
    } else if (this.filled + wanted > this.buffer.length && keep > 0) {
      this.buffer.set(this.buffer.subarray(keep, this.filled), 0);
      this.forget(keep);
    }
    if (this.filled === this.buffer.length) {
      const larger = new Uint8Array(this.buffer.length * 2 < bufferMax ? this.buffer.length * 2 : bufferMax);
      larger.set(this.buffer, 0);
      this.buffer = larger;
    }
    return this.buffer.length - this.filled;
  }

  private forget(count: number): void {
    this.base += count;
    this.filled -= count;
    this.at -= count;
    this.start = this.start < 0 ? -1 : this.start - count;
    this.secondStart = this.secondStart < 0 ? -1 : this.secondStart - count;
  }

  /**
   * Looks at every 1b1b1b1b and at what follows it. Stops where it would have to guess what the next bytes are, so that the same
   * bytes give the same telegrams however they are cut.
   */
  private scan(): void {
    const bytes = this.buffer;
    for (;;) {
      const quad = findQuad(bytes, this.at, this.filled);
      const reached = quad < 0 ? this.filled - 3 : quad;
      if (this.start >= 0 && reached - this.start > telegramMax - endLength) {
        const why = fault("limit", "no end within " + String(telegramMax) + " bytes");
        this.lose(this.bad(this.start, why), this.start + telegramMax - endLength);
        this.start = -1;
      }
      if (reached > this.at) {
        this.at = reached;
      }
      if (quad < 0 || quad + 8 > this.filled) {
        return;
      }
      const next = bytes[quad + 4];
      if (next === 0x01 && isRun(bytes, quad + 4, 0x01)) {
        if (this.start >= 0) {
          this.lose(this.bad(this.start, truncated("a new one begins")), quad);
        }
        this.begin(quad);
      } else if (this.start < 0) {
        this.at = quad + 1;
      } else if (next === 0x1b && isRun(bytes, quad + 4, 0x1b)) {
        if (quad + 12 > this.filled) {
          return;
        }
        this.hasEscapes = true;
        if (isRun(bytes, quad + 8, 0x01)) {
          this.secondStart = quad + 4;
        }
        this.at = quad + 8;
      } else if (next === 0x1a) {
        this.finish(quad);
      } else {
        this.at = quad + 1;
      }
    }
  }

  private begin(at: number): void {
    this.start = at;
    this.at = at + startLength;
    this.hasEscapes = false;
    this.secondStart = -1;
  }

  /** An end sequence at `quad`: the telegram is good as a whole, or bad, or cut with a good one behind the cut. */
  private finish(quad: number): void {
    const first = this.decode(this.start, quad);
    const second = isGood(first) || this.secondStart < 0 ? null : this.decode(this.secondStart, quad);
    if (isGood(second)) {
      this.lose(this.bad(this.start, truncated("a new one begins")), this.secondStart);
      this.report(second);
    } else if (first === null) {
      this.lose(this.bad(this.start, fault("checksum", "transport CRC does not fit")), quad);
    } else {
      this.report(first);
    }
    this.start = -1;
    // What looked like the CRC of a bad one may be the start of the next.
    this.at = isGood(first) || isGood(second) ? quad + endLength : quad + 5;
  }

  /** Null where the transport checksum fits neither kind. */
  private decode(start: number, quad: number): Telegram | BadTelegram | null {
    const bytes = this.buffer;
    const crcAt = quad + 6;
    const first = this.kinds.last;
    let result = holds(first, bytes, start, crcAt) ? this.read(start, quad, first) : null;
    if (result === null || isFault(result)) {
      const other = first === "x25" ? "kermit" : "x25";
      if (holds(other, bytes, start, crcAt)) {
        result = this.read(start, quad, other);
      }
    }
    return result;
  }

  /** The telegram whose transport checksum of this kind holds. Its count of fill bytes is not believed: a DZG meter sends four. */
  private read(start: number, quad: number, kind: SmlChecksum): Telegram | BadTelegram {
    const messages = this.messages;
    const place = this.content(start, quad);
    const failure = messages.read(place.bytes, place.from, place.to, kind);
    if (failure !== null) {
      return this.bad(start, failure);
    }
    if (!messages.hasList) {
      return this.bad(start, fault("unsupported", "a telegram without a list of values"));
    }
    if (!this.kinds.admits(messages.meter, kind)) {
      return this.bad(start, fault("checksum", "transport CRC is not of the kind this meter uses"));
    }
    return { offset: this.base + start, meter: messages.meter, readings: messages.readings };
  }

  /** Where the messages of the telegram lie that begins at `start` and has its end, or what took it, at `to`. */
  private content(start: number, to: number): Place {
    const from = start + startLength;
    if (!this.hasEscapes) {
      return { bytes: this.buffer, from: from, to: to };
    }
    const plain = unescaped(this.buffer, from, to);
    return { bytes: plain, from: 0, to: plain.length };
  }

  /** A telegram that ends badly before `to`: its fault and, where that is chosen, what its messages hold. Their checksums teach nothing. */
  private lose(what: BadTelegram, to: number): void {
    this.report(what);
    if (!this.salvages) {
      return;
    }
    const kind = this.kinds.last;
    const lists = salvaged(this.messages, this.content(this.start, to), kind);
    for (let i = 0; i < lists.length; i++) {
      const list = lists[i];
      if (this.kinds.allows(list.meter, kind)) {
        this.report({ offset: what.offset, meter: list.meter, readings: list.readings, quality: "salvaged" });
      }
    }
  }

  private bad(start: number, what: Fault): BadTelegram {
    return { offset: this.base + start, fault: what.fault, detail: what.detail };
  }

  private report(result: Telegram | BadTelegram): void {
    if (this.found === null) {
      this.found = [result];
    } else {
      this.found.push(result);
    }
  }
}

function isGood(result: Telegram | BadTelegram | null): result is Telegram {
  return result !== null && !isFault(result);
}

function truncated(where: string): Fault {
  return fault("truncated", where + " before the end of the telegram");
}

/** Whether the transport checksum that ends at `crcAt` fits. X-25 has its low byte first on the wire, Kermit its high byte. */
function holds(kind: SmlChecksum, bytes: Uint8Array, start: number, crcAt: number): boolean {
  return kind === "x25"
    ? crcX25(bytes, start, crcAt) === (bytes[crcAt] | (bytes[crcAt + 1] << 8))
    : crcKermit(bytes, start, crcAt) === ((bytes[crcAt] << 8) | bytes[crcAt + 1]);
}

/** First of four 1b at or behind `from`; -1 where there are none. Looks at every fourth byte: a run of four cannot hide between. */
function findQuad(bytes: Uint8Array, from: number, to: number): number {
  let probe = from + 3;
  while (probe < to) {
    if (bytes[probe] !== 0x1b) {
      probe += 4;
    } else if (bytes[probe - 1] !== 0x1b) {
      probe += 3;
    } else if (bytes[probe - 2] !== 0x1b) {
      probe += 2;
    } else if (bytes[probe - 3] !== 0x1b) {
      probe += 1;
    } else {
      return probe - 3;
    }
  }
  return -1;
}

function isRun(bytes: Uint8Array, at: number, value: number): boolean {
  return bytes[at] === value && bytes[at + 1] === value && bytes[at + 2] === value && bytes[at + 3] === value;
}

/** The bytes with every escaped 1b1b1b1b 1b1b1b1b as one 1b1b1b1b. */
function unescaped(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const plain = new Uint8Array(to - from);
  let length = 0;
  let at = from;
  while (at < to) {
    const quad = findQuad(bytes, at, to);
    const until = quad < 0 ? to : quad + 4;
    plain.set(bytes.subarray(at, until), length);
    length += until - at;
    at = quad < 0 ? to : isRun(bytes, quad + 4, 0x1b) ? quad + 8 : quad + 4;
  }
  return plain.subarray(0, length);
}
