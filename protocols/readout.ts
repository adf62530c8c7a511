import { asciiText, isControl, isLetter, readDataSets } from "./data-set.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import type { BadTelegram, MeterDecoder, Telegram } from "./meter.ts";
import { countParity, stripParity } from "./parity.ts";

/** Longest data readout in bytes; a load profile of a month fits. */
export const readoutMax = 100 * 1024;
/** Longest line in it. */
export const lineMax = 4096;
/** Longest identification line: the standard allows 21 bytes, meters send 30. */
export const identificationMax = 128;

/** A data readout (IEC 62056-21 §6): `/` identification, data block, `!`, and what its language puts behind. */
export interface Readout {
  /** The first byte is the slash. Bit 7 may be a parity bit. */
  bytes: Uint8Array;
  /** Bytes there are so far; 0 outside a readout. */
  length: number;
  /** Behind the last byte of the identification. */
  identified: number;
  /** Where the data block begins: behind STX, or behind the identification line. */
  from: number;
  /** Whether an STX stands before the data block. */
  framed: boolean;
  /** Where the `!` is. */
  to: number;
  /** This meter's last readout was good and had neither STX nor a checksum. */
  plain: boolean;
}

/**
 * What a language makes of the bytes behind `!`: "more" while they do not tell; "checked" when a checksum fits, "unchecked" when the
 * meter sends none. `last` says that no byte will follow.
 */
export type ReadoutEnding = (readout: Readout, last: boolean) => "more" | "checked" | "unchecked" | Fault;

const nothing: readonly (Telegram | BadTelegram)[] = [];

const stx = 0x02;
const etx = 0x03;
const ack = 0x06;
const newline = 0x0a;
const carriageReturn = 0x0d;
const exclamation = 0x21;
const opening = 0x28;
const closing = 0x29;
const slash = 0x2f;

/**
 * Finds data readouts in what comes over a line; `ending` is the language's own part. A slash outside a value begins a new one.
 * Requests (`/?...!`) and acknowledgements that an optical head echoes are passed over. Data of 7E1 read as 8N1 is repaired.
 */
export class ReadoutDecoder implements MeterDecoder {
  private readonly ending: ReadoutEnding;
  private readonly readout: Readout = {
    bytes: new Uint8Array(1024),
    length: 0,
    identified: 0,
    from: 0,
    framed: false,
    to: 0,
    plain: false,
  };
  private phase: "identification" | "data" | "ending" = "identification";
  /** Bytes since the decoder's start. */
  private passed = 0;
  /** Offset of the slash. */
  private offset = 0;
  private lineLength = 0;
  private inValue = false;
  private hasValue = false;
  /** A slash inside a value: perhaps the start of a telegram, when that value was cut. -1: none. */
  private second = -1;
  /** Whose readouts were good last, and whether a checksum held. */
  private knownMeter = "";
  private knownChecked = false;
  private found: (Telegram | BadTelegram)[] | null = null;

  constructor(ending: ReadoutEnding) {
    this.ending = ending;
  }

  push(bytes: Uint8Array): readonly (Telegram | BadTelegram)[] {
    for (let i = 0; i < bytes.length; i++) {
      this.passed++;
      this.take(bytes[i]);
    }
    return this.handOver();
  }

  /** Bytes of another language have passed on the same line. */
  skip(count: number): readonly (Telegram | BadTelegram)[] {
    this.giveUpAll("another kind of telegram begins before the end of this one");
    this.passed += count;
    return this.handOver();
  }

  end(): readonly (Telegram | BadTelegram)[] {
    if (this.readout.length > 0 && this.phase === "ending") {
      this.judge(true);
    }
    this.giveUpAll("the bytes stop before the end of the telegram");
    return this.handOver();
  }

  private handOver(): readonly (Telegram | BadTelegram)[] {
    const found = this.found;
    this.found = null;
    return found === null ? nothing : found;
  }

  private take(byte: number): void {
    const readout = this.readout;
    const plain = byte & 0x7f; // bit 7 may be parity
    if (readout.length === 0) {
      if (plain === slash) {
        this.begin(byte);
      }
      return;
    }
    if (plain === slash && !this.inValue && this.phase !== "ending") {
      this.giveUpAll("a new telegram begins before the end of this one");
      this.begin(byte);
      return;
    }
    if (readout.length === readoutMax) {
      this.giveUp("limit", "no end within " + String(readoutMax) + " bytes");
      this.take(byte);
      return;
    }
    this.append(byte);
    if (this.phase === "identification") {
      this.identify(plain);
    } else if (this.phase === "data") {
      this.follow(plain);
    } else {
      this.judge(false);
    }
  }

  private begin(byte: number): void {
    this.readout.length = 0;
    this.phase = "identification";
    this.inValue = false;
    this.second = -1;
    this.offset = this.passed - 1;
    this.append(byte);
  }

  private append(byte: number): void {
    const readout = this.readout;
    if (readout.length === readout.bytes.length) {
      const larger = new Uint8Array(readout.length * 2 < readoutMax ? readout.length * 2 : readoutMax);
      larger.set(readout.bytes, 0);
      readout.bytes = larger;
    }
    readout.bytes[readout.length++] = byte;
  }

  /** Slash, three letters of the maker, baud rate, text (IEC 62056-21 §6.3.2). What begins otherwise is no telegram at all. */
  private identify(byte: number): void {
    const readout = this.readout;
    if (readout.length <= 4) {
      if (!isLetter(byte)) {
        readout.length = 0;
      }
    } else if (byte === carriageReturn || byte === newline) {
      readout.identified = readout.length - 1;
      readout.from = readout.length;
      readout.framed = false;
      this.phase = "data";
      this.lineLength = 0;
      this.hasValue = false;
      this.inValue = false;
    } else if (isControl(byte) || byte === exclamation || (byte === closing && !this.inValue)) {
      readout.length = 0; // a request, noise, or the unit of a value that was cut: .../h)
    } else if (byte === opening || byte === closing) {
      this.inValue = byte === opening;
    } else if (readout.length > identificationMax) {
      this.giveUp("limit", "an identification of more than " + String(identificationMax) + " bytes");
    }
  }

  private follow(byte: number): void {
    const readout = this.readout;
    this.lineLength++;
    if (byte === newline || byte === carriageReturn) {
      this.endLine();
    } else if (this.lineLength > lineMax) {
      this.giveUp("limit", "a line of more than " + String(lineMax) + " bytes");
    } else if (byte === opening) {
      this.inValue = true;
      this.hasValue = true;
    } else if (byte === closing) {
      this.inValue = false;
    } else if (byte === slash) {
      this.second = readout.length - 1;
    } else if (byte === exclamation && !this.inValue) {
      readout.to = readout.length - 1;
      readout.plain = this.knownMeter === this.identification() && !this.knownChecked;
      this.phase = "ending";
    } else if (byte === stx && !this.hasValue && !readout.framed) {
      readout.framed = true;
      readout.from = readout.length;
    } else if (byte === etx || byte === stx) {
      this.giveUp("syntax", "a " + (byte === etx ? "ETX" : "STX") + " inside the data block");
    }
  }

  /** Before STX there may be the host's own acknowledgement, ACK and up to three characters, sent back by the optical head. */
  private endLine(): void {
    const readout = this.readout;
    const start = readout.length - this.lineLength;
    if (!this.hasValue && (readout.bytes[start] & 0x7f) === ack && this.lineLength <= 5) {
      readout.from = readout.length;
    }
    this.lineLength = 0;
    this.inValue = false;
  }

  private judge(last: boolean): void {
    const verdict = this.ending(this.readout, last);
    if (verdict === "more") {
      return;
    }
    if (isFault(verdict)) {
      this.giveUp(verdict.fault, verdict.detail);
    } else {
      this.finish(verdict === "checked");
    }
  }

  /** Looks once more at what may belong to another telegram: from bytes[at] on. */
  private replay(at: number): void {
    const readout = this.readout;
    const again = new Uint8Array(readout.bytes.subarray(at, readout.length));
    readout.length = 0;
    this.passed -= again.length;
    for (let i = 0; i < again.length; i++) {
      this.passed++;
      this.take(again[i]);
    }
  }

  /** The first slash behind the `!`. */
  private nextStart(): number {
    const readout = this.readout;
    let at = readout.to + 1;
    while (at < readout.length && (readout.bytes[at] & 0x7f) !== slash) {
      at++;
    }
    return at;
  }

  private finish(checked: boolean): void {
    const meter = this.identification();
    if (!checked && this.knownChecked && this.knownMeter === meter) {
      this.giveUp("checksum", "no checksum, from a meter that has sent one before");
      return;
    }
    const readings = this.readings(checked);
    if (isFault(readings)) {
      this.giveUp(readings.fault, readings.detail);
      return;
    }
    this.knownMeter = meter;
    this.knownChecked = checked;
    const offset = this.offset;
    this.report(
      checked
        ? { offset: offset, meter: meter, readings: readings }
        : { offset: offset, meter: meter, readings: readings, quality: "unchecked" },
    );
    this.replay(checked ? this.readout.length : this.nextStart());
  }

  private readings(checked: boolean): Telegram["readings"] | Fault {
    const readout = this.readout;
    const bytes = readout.bytes;
    const parity = { high: 0, odd: 0 };
    countParity(parity, bytes, 0, readout.identified);
    countParity(parity, bytes, readout.framed ? readout.from - 1 : readout.identified, readout.to + 1);
    if (parity.high > 0 && parity.odd === 0) {
      stripParity(bytes, readout.from, readout.to);
    } else if (parity.high > 0 && !checked) {
      return fault("checksum", "a byte of wrong parity, or 8-bit text without a checksum");
    }
    const readings = readDataSets(bytes, readout.from, readout.to);
    return !isFault(readings) && readings.length === 0
      ? fault("unsupported", "a telegram without values")
      : readings;
  }

  private identification(): string {
    const bytes = new Uint8Array(this.readout.bytes.subarray(1, this.readout.identified));
    stripParity(bytes, 0, bytes.length);
    return asciiText(bytes, 0, bytes.length);
  }

  /** Ends a telegram as bad, if there is one, and looks for another one inside it. That has no third: its last slash is its first byte. */
  private giveUp(code: Fault["fault"], detail: string): void {
    const readout = this.readout;
    if (readout.length > 4) {
      this.report({ offset: this.offset, fault: code, detail: detail });
    }
    const inside = this.second;
    this.second = -1;
    this.replay(inside >= 0 ? inside : this.phase === "ending" ? this.nextStart() : readout.length);
  }

  private giveUpAll(why: string): void {
    while (this.readout.length > 0) {
      this.giveUp("truncated", why);
    }
  }

  private report(result: Telegram | BadTelegram): void {
    if (this.found === null) {
      this.found = [result];
    } else {
      this.found.push(result);
    }
  }
}
