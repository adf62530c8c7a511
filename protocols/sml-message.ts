import { toHex } from "./bytes.ts";
import { crcKermit, crcX25 } from "./crc.ts";
import { fromWords, type Integer } from "./decimal.ts";
import { type Fault, type FaultCode, fault } from "./fault.ts";
import type { MeterReading } from "./meter.ts";
import { dlmsUnit, obisText } from "./obis.ts";
import { isoTime } from "./sml-time.ts";

/**
 * The messages inside an SML telegram (BSI TR-03109-1 annex IV: SML 1.04): open, value list, close, each with a checksum of its own.
 * Fields are read where they lie; the only objects made are the readings.
 */

export type SmlChecksum = "x25" | "kermit";

/** Nesting of lists; the deepest telegram of the corpus needs six. */
const depthMax = 16;
/** Tag-length bytes of one field. */
const headMax = 4;
/** Entries whose texts are kept from one telegram to the next. */
const slotsMax = 64;

/** An optional field that is not there: octets without content. Reading it past the end is caught by the field that follows. */
const absent = 0x01;
const typeOctets = 0;
const typeBool = 4;
const typeSigned = 5;
const typeUnsigned = 6;
const typeList = 7;

const tagValueList = 0x0701; // SML_GetList.Res

const none: readonly MeterReading[] = [];

export class SmlMessages {
  /** Server id as lower-case hex; null where the telegram has none. */
  meter: string | null = null;
  readings: readonly MeterReading[] = none;
  /** Whether a value list was among the messages. */
  hasList = false;

  private bytes: Uint8Array = new Uint8Array(0);
  private from = 0;
  private at = 0;
  private to = 0;
  private type = 0;
  private length = 0;
  private failure: Fault | null = null;
  private readonly texts = new TextCache();
  private readonly correctSigns: boolean;
  private repairs = false;

  /** `correctSigns`: put the DZG meters' wrong sign of power right. */
  constructor(correctSigns: boolean) {
    this.correctSigns = correctSigns;
  }

  /**
   * Reads all messages between `from` and `to`, checked with one kind of checksum. Null when every one of them holds, and then
   * `meter` and `readings` are theirs; else the Fault, and they mean nothing.
   */
  read(bytes: Uint8Array, from: number, to: number, checksum: SmlChecksum): Fault | null {
    this.bytes = bytes;
    this.from = from;
    this.at = from;
    this.to = to;
    this.meter = null;
    this.readings = none;
    this.hasList = false;
    this.failure = null;
    let number = 1;
    while (this.at < to && bytes[this.at] !== 0) {
      if (!this.message(checksum, number++)) {
        return this.failure;
      }
    }
    while (this.at < to) {
      if (bytes[this.at++] !== 0) {
        this.fail("syntax", "more after the fill bytes");
        return this.failure;
      }
    }
    return null;
  }

  /** transactionId, groupNo, abortOnError, messageBody, crc16, endOfSmlMsg. */
  private message(checksum: SmlChecksum, number: number): boolean {
    const start = this.at;
    if (!this.list(6) || !this.skip(1) || !this.skip(1) || !this.skip(1) || !this.list(2)) {
      return false;
    }
    if (!this.head() || this.type !== typeUnsigned || this.length < 1 || this.length > 4) {
      return this.fail("syntax", "a message tag was expected");
    }
    const tag = this.unsigned(this.length);
    if (!(tag === tagValueList ? this.valueList() : this.skip(2))) {
      return false;
    }
    const end = this.at;
    if (!this.head() || this.type !== typeUnsigned || this.length < 1 || this.length > 2) {
      return this.fail("syntax", "a message CRC was expected");
    }
    // A leading zero byte may be cut: `62 e0` is 00e0 (ISKRA MT691).
    const sent = this.unsigned(this.length);
    if (!messageHolds(checksum, this.bytes, start, end, sent)) {
      return this.fail("checksum", "message CRC of message " + String(number) + " does not fit");
    }
    if (this.at >= this.to || this.bytes[this.at] !== 0) {
      return this.fail("syntax", "the end of a message was expected");
    }
    this.at++;
    return true;
  }

  /** clientId, serverId, listName, actSensorTime, valList, listSignature, actGatewayTime. */
  private valueList(): boolean {
    if (!this.list(7) || !this.skip(2) || !this.head()) {
      return false;
    }
    if (!this.isA(typeOctets)) {
      return this.fail("syntax", "a server id was expected");
    }
    if (!this.hasList) {
      this.meter = this.length === 0 ? null : this.texts.hex(slotsMax, this.bytes, this.at, this.length);
      this.repairs = this.correctSigns && hasSignFault(this.bytes, this.at, this.length);
    }
    this.at += this.length;
    if (!this.skip(2) || !this.skip(2) || !this.head()) {
      return false;
    }
    if (!this.isA(typeList)) {
      return this.fail("syntax", "a list of values was expected");
    }
    const readings: MeterReading[] = this.hasList ? this.readings.concat([]) : [];
    const count = this.length;
    for (let i = 0; i < count; i++) {
      if (!this.entry(i, readings)) {
        return false;
      }
    }
    this.hasList = true;
    this.readings = readings;
    return this.skip(2) && this.skip(2);
  }

  /** objName, status, valTime, unit, scaler, value, valueSignature. */
  private entry(index: number, readings: MeterReading[]): boolean {
    if (!this.list(7) || !this.head()) {
      return false;
    }
    if (!this.isA(typeOctets) || this.length !== 6) {
      return this.fail("syntax", "entry " + String(index + 1) + " of the list has no OBIS code of six bytes");
    }
    const name = this.at;
    this.at += 6;
    const status = this.optionalInteger();
    const time = this.time();
    const unit = this.optionalInteger();
    const scaler = this.optionalInteger();
    if (this.failure !== null) {
      return false;
    }
    if (scaler !== null && (typeof scaler !== "number" || scaler < -128 || scaler > 127)) {
      return this.fail("range", "entry " + String(index + 1) + " of the list has a scaler beyond 8 bits");
    }
    if (!this.head()) {
      return false;
    }
    const exponent = scaler === null ? 0 : scaler;
    const unitText = typeof unit === "number" ? dlmsUnit(unit) : null;
    if (this.type === typeSigned || this.type === typeUnsigned) {
      const width = this.length;
      const repairable = this.repairs && this.type === typeSigned && width < 4 && isPower(this.bytes, name);
      const raw = this.integer();
      if (raw === null) {
        return false;
      }
      const corrected = repairable && (raw as number) < 0;
      const integer = corrected ? (raw as number) + widthRange(width) : raw;
      const obis = this.texts.obis(index, this.bytes, name);
      readings.push(
        status === null && time === null && !corrected
          ? { obis: obis, value: { integer: integer, exponent: exponent }, unit: unitText }
          : reading(obis, { integer: integer, exponent: exponent }, unitText, status, time, corrected),
      );
    } else if (this.type === typeOctets) {
      if (this.length > 0) {
        const text = this.texts.hex(index, this.bytes, this.at, this.length);
        this.at += this.length;
        readings.push(reading(this.texts.obis(index, this.bytes, name), text, unitText, status, time, false));
      }
    } else {
      const value = this.type === typeBool ? this.bool() : this.listedTime();
      if (this.failure !== null) {
        return false;
      }
      if (value !== null) {
        const number = { integer: value, exponent: 0 };
        readings.push(reading(this.texts.obis(index, this.bytes, name), number, null, status, time, false));
      }
    }
    return this.skip(4);
  }

  /** A bool value as 0 or 1. */
  private bool(): number | null {
    if (this.length !== 1) {
      this.fail("syntax", "a bool of one byte was expected");
      return null;
    }
    return this.bytes[this.at++] === 0 ? 0 : 1;
  }

  /**
   * A value that is a list, behind its head: (1, time) gives the number of the time (SmlLib issue 26), any other list nothing.
   * Never costs the telegram.
   */
  private listedTime(): Integer | null {
    let number: Integer | null = null;
    let left = this.length;
    if (left === 2 && this.bytes[this.at] === 0x62 && this.bytes[this.at + 1] === 1) {
      this.at += 2;
      left = 1;
      // The time follows with its own choice (1 index, 2 timestamp, 3 local timestamp), or bare.
      const choice =
        this.bytes[this.at] === 0x72 && this.bytes[this.at + 1] === 0x62 ? this.bytes[this.at + 2] : 0;
      if (choice >= 1 && choice <= 3) {
        this.at += 3;
        if (choice === 3 && this.bytes[this.at] === 0x73) {
          this.at++;
          left = 3;
        }
      }
      const isNumber = (this.bytes[this.at] & 0xf0) === 0x60;
      if (isNumber) {
        number = this.optionalInteger();
        left--;
      }
    }
    for (; left > 0 && this.failure === null; left--) {
      this.skip(5);
    }
    return number;
  }

  /**
   * A time, skipped or read: absent, seconds index (with its choice, or bare as Holley sends it), timestamp, local timestamp.
   * Text where it is a time of day; the meter's own count of seconds tells nobody when.
   */
  private time(): string | null {
    const bytes = this.bytes;
    const at = this.at;
    if (bytes[at] !== 0x72 || bytes[at + 1] !== 0x62 || bytes[at + 2] === 1) {
      this.skip(4);
      return null;
    }
    const choice = bytes[at + 2];
    if (choice === 2 && bytes[at + 3] === 0x65) {
      this.at += 4;
      const seconds = this.need(4) ? this.unsigned(4) : 0;
      return this.failure === null ? isoTime(seconds, null) : null;
    }
    if (choice === 3 && bytes[at + 3] === 0x73) {
      this.at += 4;
      const seconds = this.optionalInteger();
      const offset = this.optionalInteger(); // minutes
      const season = this.optionalInteger(); // minutes
      return typeof seconds === "number" && typeof offset === "number" && typeof season === "number"
        ? isoTime(seconds, offset + season)
        : null;
    }
    this.skip(4);
    return null;
  }

  /** An integer or an absent field; anything else is a failure and null. */
  private optionalInteger(): Integer | null {
    if (this.bytes[this.at] === absent) {
      this.at++;
      return null;
    }
    if (this.failure !== null || !this.head()) {
      return null;
    }
    if (this.type === typeOctets && this.length === 0) {
      return null;
    }
    if (this.type !== typeSigned && this.type !== typeUnsigned) {
      this.fail("syntax", "an integer was expected");
      return null;
    }
    return this.integer();
  }

  /** The integer behind the head just read: any width from 1 to 8 bytes, the sign of its first bit. */
  private integer(): Integer | null {
    const width = this.length;
    if (width < 1 || width > 8) {
      this.fail("syntax", "an integer of " + String(width) + " bytes");
      return null;
    }
    const negative = this.type === typeSigned && this.bytes[this.at] > 127;
    if (width <= 4) {
      const value = this.unsigned(width);
      return negative ? value - widthRange(width) : value;
    }
    const high = this.unsigned(width - 4);
    const low = this.unsigned(4);
    return fromWords(negative ? high - widthRange(width - 4) : high, low);
  }

  /** `width` bytes as an unsigned number, 1 to 4. The caller knows that they are there. */
  private unsigned(width: number): number {
    const bytes = this.bytes;
    let value = 0;
    for (let end = this.at + width; this.at < end; this.at++) {
      value = (value << 8) | bytes[this.at];
    }
    return value >>> 0;
  }

  private list(count: number): boolean {
    if (this.at < this.to && this.bytes[this.at] === 0x70 + count) {
      this.at++;
      return true;
    }
    return this.fail("syntax", "a list of " + String(count) + " was expected");
  }

  /** Passes over one field whatever it holds. */
  private skip(depth: number): boolean {
    if (this.bytes[this.at] === absent) {
      this.at++;
      return true;
    }
    if (!this.head()) {
      return false;
    }
    if (this.type !== typeList) {
      this.at += this.length;
      return true;
    }
    if (depth >= depthMax) {
      return this.fail("limit", "lists nested deeper than " + String(depthMax));
    }
    for (let left = this.length; left > 0; left--) {
      if (!this.skip(depth + 1)) {
        return false;
      }
    }
    return true;
  }

  /** Reads a tag-length field: `type`, and `length` as bytes of content or as entries of a list; both fit what is left. */
  private head(): boolean {
    if (this.at >= this.to) {
      return this.fail("syntax", "the telegram ends inside a message");
    }
    let byte = this.bytes[this.at++];
    this.type = (byte >> 4) & 7;
    let length = byte & 15;
    let size = 1;
    while (byte > 127) {
      if (size === headMax) {
        return this.fail("limit", "a tag-length field of more than " + String(headMax) + " bytes");
      }
      if (this.at >= this.to) {
        return this.fail("syntax", "the telegram ends inside a tag-length field");
      }
      byte = this.bytes[this.at++];
      if ((byte & 0x70) !== 0) {
        return this.fail("syntax", "a tag-length field changes its type");
      }
      length = (length << 4) | (byte & 15);
      size++;
    }
    // The length of a list counts its entries, every other length its own tag-length bytes too.
    this.length = this.type === typeList ? length : length - size;
    if (this.length < 0 || (this.type > typeOctets && this.type < typeBool)) {
      return this.fail("syntax", "no such tag-length field");
    }
    return this.need(this.length);
  }

  private isA(type: number): boolean {
    return this.type === type;
  }

  private need(count: number): boolean {
    return (
      this.at + count <= this.to ||
      this.fail("limit", "a length of " + String(count) + " is more than is left")
    );
  }

  /** Keeps the first failure. Always false, so that a reader can return it. */
  private fail(code: FaultCode, detail: string): false {
    if (this.failure === null) {
      this.failure = fault(code, detail + " (byte " + String(this.at - this.from + 8) + " of the telegram)");
    }
    return false;
  }
}

/** Whether a checksum as sent, read as a big-endian number, fits. X-25 has its low byte first on the wire, Kermit its high byte. */
function messageHolds(kind: SmlChecksum, bytes: Uint8Array, from: number, to: number, sent: number): boolean {
  return kind === "x25"
    ? crcX25(bytes, from, to) === (((sent & 0xff) << 8) | (sent >> 8))
    : crcKermit(bytes, from, to) === sent;
}

function widthRange(width: number): number {
  return width === 4 ? 4294967296 : 1 << (8 * width);
}

/** Total or per-phase active power: 1-0:16.7.0, 36.7.0, 56.7.0, 76.7.0. */
function isPower(bytes: Uint8Array, at: number): boolean {
  const group = bytes[at + 2];
  return (
    bytes[at] === 1 &&
    bytes[at + 1] === 0 &&
    (group === 16 || group === 36 || group === 56 || group === 76) &&
    bytes[at + 3] === 7 &&
    bytes[at + 4] === 0
  );
}

/**
 * DZG DVS74 meters send positive power as a signed number that is too narrow: 356.24 W reads -299.12 W (libsml issues 59, 105, 125).
 * Only ids 0a 01 44 5a 47 with a serial number in the two faulty ranges; from 60,000,000 on it is repaired. Real negative values
 * come with four bytes.
 */
function hasSignFault(bytes: Uint8Array, at: number, length: number): boolean {
  if (
    length !== 10 ||
    bytes[at] !== 0x0a ||
    bytes[at + 1] !== 1 ||
    bytes[at + 2] !== 0x44 ||
    bytes[at + 3] !== 0x5a ||
    bytes[at + 4] !== 0x47 ||
    bytes[at + 5] !== 0
  ) {
    return false;
  }
  const serial = ((bytes[at + 6] << 24) | (bytes[at + 7] << 16) | (bytes[at + 8] << 8) | bytes[at + 9]) >>> 0;
  return (serial >= 42000000 && serial <= 48999999) || (serial >= 55000000 && serial <= 58999999);
}

function reading(
  obis: string,
  value: MeterReading["value"],
  unit: string | null,
  status: Integer | null,
  time: string | null,
  corrected: boolean,
): MeterReading {
  const whole: { -readonly [key in keyof MeterReading]: MeterReading[key] } = {
    obis: obis,
    value: value,
    unit: unit,
  };
  if (corrected) {
    whole.quality = "corrected";
  }
  if (status !== null) {
    whole.status = status;
  }
  if (time !== null) {
    whole.time = time;
  }
  return whole;
}

/**
 * A meter sends the same codes and ids in every telegram. Their texts are kept by place in the list and made again only where the
 * bytes differ.
 */
class TextCache {
  private readonly codes = new Uint8Array(6 * slotsMax);
  private readonly codeTexts: string[] = [];
  private readonly octets: Uint8Array[] = [];
  private readonly octetTexts: string[] = [];

  constructor() {
    const nothing = new Uint8Array(0);
    for (let i = 0; i <= slotsMax; i++) {
      this.codeTexts.push("0-0:0.0.0*0");
      this.octets.push(nothing);
      this.octetTexts.push("");
    }
  }

  obis(slot: number, bytes: Uint8Array, at: number): string {
    if (slot >= slotsMax) {
      return obisText(bytes, at);
    }
    const codes = this.codes;
    const from = 6 * slot;
    for (let i = 0; i < 6; i++) {
      if (codes[from + i] !== bytes[at + i]) {
        codes.set(bytes.subarray(at, at + 6), from);
        this.codeTexts[slot] = obisText(bytes, at);
        break;
      }
    }
    return this.codeTexts[slot];
  }

  hex(slot: number, bytes: Uint8Array, at: number, length: number): string {
    if (slot > slotsMax) {
      return toHex(bytes.subarray(at, at + length));
    }
    const kept = this.octets[slot];
    let same = kept.length === length;
    for (let i = 0; same && i < length; i++) {
      same = kept[i] === bytes[at + i];
    }
    if (!same) {
      const copy = new Uint8Array(bytes.subarray(at, at + length));
      this.octets[slot] = copy;
      this.octetTexts[slot] = toHex(copy);
    }
    return this.octetTexts[slot];
  }
}
