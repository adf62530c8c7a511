import { crcKermit, crcX25 } from "./crc.ts";
import type { Integer } from "./decimal.ts";
import type { Fault } from "./fault.ts";
import type { MeterReading } from "./meter.ts";
import { dlmsUnit } from "./obis.ts";
import { hasSignFault, isPower } from "./sml-dzg.ts";
import {
  SmlFields,
  typeBool,
  typeList,
  typeOctets,
  typeSigned,
  typeUnsigned,
  widthRange,
} from "./sml-field.ts";
import { SmlTexts } from "./sml-texts.ts";
import { listedTime, readTime } from "./sml-time.ts";

/**
 * The messages inside an SML telegram (BSI TR-03109-1 annex IV: SML 1.04): open, value list, close, each with a checksum of its own.
 * Fields are read where they lie; the only objects made are the readings.
 */

export type SmlChecksum = "x25" | "kermit";

const tagValueList = 0x0701; // SML_GetList.Res

const none: readonly MeterReading[] = [];

/** A list of values whose message checksum holds. */
export interface SmlList {
  readonly meter: string | null;
  readonly readings: readonly MeterReading[];
}

/** Reads the messages of one telegram after another. What they say counts once their own checksum holds. */
export class SmlMessages {
  /** Server id as lower-case hex; null where the telegram has none. */
  meter: string | null = null;
  readings: readonly MeterReading[] = none;
  /** Whether a value list was among the messages. */
  hasList = false;

  private readonly fields = new SmlFields();
  private readonly texts = new SmlTexts();
  private readonly servers = new SmlTexts();
  private readonly correctSigns: boolean;
  private repairs = false;
  /** The list of the message that is being read. Nobody sees it before the message's checksum holds. */
  private list: SmlList | null = null;

  /** `correctSigns`: put the DZG meters' wrong sign of power right. */
  constructor(options: { readonly correctSigns: boolean }) {
    this.correctSigns = options.correctSigns;
  }

  /**
   * Reads all messages between `from` and `to`, checked with one kind of checksum. Null when every one of them holds, and then
   * `meter` and `readings` are theirs; else the Fault, and they mean nothing.
   */
  read(bytes: Uint8Array, from: number, to: number, checksum: SmlChecksum): Fault | null {
    const fields = this.fields;
    fields.open(bytes, from, to);
    this.meter = null;
    this.readings = none;
    this.hasList = false;
    let number = 1;
    while (fields.at < to && bytes[fields.at] !== 0) {
      if (!this.message(fields, checksum, number++)) {
        return fields.failure;
      }
      this.take(this.list);
    }
    for (; fields.at < to; fields.at++) {
      if (bytes[fields.at] !== 0) {
        fields.fail("syntax", "more after the fill bytes");
      }
    }
    return fields.failure;
  }

  /** The list of values in the one message that begins at `at`; null where none does, or where the message does not hold. */
  readList(bytes: Uint8Array, at: number, to: number, checksum: SmlChecksum): SmlList | null {
    this.fields.open(bytes, at, to);
    return this.message(this.fields, checksum, 1) ? this.list : null;
  }

  /** Behind the message read last. */
  get at(): number {
    return this.fields.at;
  }

  /** A second list of one telegram adds its readings; the meter is that of the first. */
  private take(list: SmlList | null): void {
    if (list === null) {
      return;
    }
    this.meter = this.hasList ? this.meter : list.meter;
    this.readings = this.hasList ? this.readings.concat(list.readings) : list.readings;
    this.hasList = true;
  }

  /** transactionId, groupNo, abortOnError, messageBody, crc16, endOfSmlMsg. */
  private message(fields: SmlFields, checksum: SmlChecksum, number: number): boolean {
    const start = fields.at;
    this.list = null;
    if (!fields.list(6) || !fields.skip(1) || !fields.skip(1) || !fields.skip(1) || !fields.list(2)) {
      return false;
    }
    if (!fields.head() || fields.type !== typeUnsigned || fields.length < 1 || fields.length > 4) {
      return fields.fail("syntax", "a message tag was expected");
    }
    const tag = fields.unsigned(fields.length);
    if (!(tag === tagValueList ? this.valueList(fields) : fields.skip(2))) {
      return false;
    }
    const end = fields.at;
    if (!fields.head() || fields.type !== typeUnsigned || fields.length < 1 || fields.length > 2) {
      return fields.fail("syntax", "a message CRC was expected");
    }
    // A leading zero byte may be cut: `62 e0` is 00e0 (ISKRA MT691).
    const sent = fields.unsigned(fields.length);
    if (!holds(checksum, fields.bytes, start, end, sent)) {
      return fields.fail("checksum", "message CRC of message " + String(number) + " does not fit");
    }
    if (fields.at >= fields.to || fields.bytes[fields.at] !== 0) {
      return fields.fail("syntax", "the end of a message was expected");
    }
    fields.at++;
    return true;
  }

  /** clientId, serverId, listName, actSensorTime, valList, listSignature, actGatewayTime. */
  private valueList(fields: SmlFields): boolean {
    if (!fields.list(7) || !fields.skip(2) || !fields.head()) {
      return false;
    }
    if (fields.type !== typeOctets) {
      return fields.fail("syntax", "a server id was expected");
    }
    const meter = fields.length === 0 ? null : this.servers.hex(0, fields.bytes, fields.at, fields.length);
    this.repairs = this.correctSigns && hasSignFault(fields.bytes, fields.at, fields.length);
    fields.at += fields.length;
    if (!fields.skip(2) || !fields.skip(2) || !fields.head()) {
      return false;
    }
    if (fields.type !== typeList) {
      return fields.fail("syntax", "a list of values was expected");
    }
    const readings: MeterReading[] = [];
    const count = fields.length;
    for (let i = 0; i < count; i++) {
      if (!this.entry(fields, i, readings)) {
        return false;
      }
    }
    this.list = { meter: meter, readings: readings };
    return fields.skip(2) && fields.skip(2);
  }

  /** objName, status, valTime, unit, scaler, value, valueSignature. */
  private entry(fields: SmlFields, index: number, readings: MeterReading[]): boolean {
    if (!fields.list(7) || !fields.head()) {
      return false;
    }
    if (fields.type !== typeOctets || fields.length !== 6) {
      return fields.fail(
        "syntax",
        "entry " + String(index + 1) + " of the list has no OBIS code of six bytes",
      );
    }
    const name = fields.at;
    fields.at += 6;
    const status = fields.optionalInteger();
    const time = readTime(fields);
    const unit = fields.optionalInteger();
    const scaler = fields.optionalInteger();
    if (fields.failure !== null || !fields.head()) {
      return false;
    }
    const exponent = scaler === null ? 0 : scaler;
    if (typeof exponent !== "number" || exponent < -128 || exponent > 127) {
      return fields.fail("range", "entry " + String(index + 1) + " of the list has a scaler beyond 8 bits");
    }
    const type = fields.type;
    let value: MeterReading["value"] | null = null;
    let corrected = false;
    if (type === typeSigned || type === typeUnsigned) {
      const width = fields.length;
      let integer = fields.integer();
      if (this.repairs && type === typeSigned && width < 4 && isPower(fields.bytes, name)) {
        corrected = typeof integer === "number" && integer < 0;
        integer = corrected ? (integer as number) + widthRange(width) : integer;
      }
      value = integer === null ? null : { integer: integer, exponent: exponent };
    } else if (type === typeOctets) {
      if (fields.length > 0) {
        value = this.texts.hex(index, fields.bytes, fields.at, fields.length);
        fields.at += fields.length;
      }
    } else {
      const number = type === typeBool ? fields.bool() : listedTime(fields);
      value = number === null ? null : { integer: number, exponent: 0 };
    }
    if (value !== null && fields.failure === null) {
      // A bool has no unit, and the unit of a list is not that of the time in it.
      const unitText =
        typeof unit === "number" && type !== typeList && type !== typeBool ? dlmsUnit(unit) : null;
      const obis = this.texts.obis(index, fields.bytes, name);
      readings.push(
        status === null && time === null && !corrected
          ? { obis: obis, value: value, unit: unitText }
          : marked(obis, value, unitText, status, time, corrected),
      );
    }
    return fields.failure === null && fields.skip(4);
  }
}

/** Whether a checksum as sent, read as a big-endian number, fits. X-25 has its low byte first on the wire, Kermit its high byte. */
function holds(kind: SmlChecksum, bytes: Uint8Array, from: number, to: number, sent: number): boolean {
  return kind === "x25"
    ? crcX25(bytes, from, to) === (((sent & 0xff) << 8) | (sent >> 8))
    : crcKermit(bytes, from, to) === sent;
}

function marked(
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
