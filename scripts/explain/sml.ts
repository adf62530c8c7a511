import { toHex } from "../../protocols/bytes.ts";
import { crcKermit, crcX25 } from "../../protocols/crc.ts";
import { integerText } from "../../protocols/decimal.ts";
import { isFault } from "../../protocols/fault.ts";
import type { MeterReading } from "../../protocols/meter.ts";
import { dlmsUnit, obisText } from "../../protocols/obis.ts";
import { SmlFields, typeBool, typeList, typeOctets } from "../../protocols/sml-field.ts";
import { checkText, type Explainer, octetsText, valueText } from "./explainer.ts";
import type { Sheet } from "./sheet.ts";
import type { ExplainWord } from "./words.ts";

/** A field of a message: its name, and those of the list it may be. "each": any number of entries of one form. */
interface Field {
  readonly word: ExplainWord;
  readonly of?: readonly Field[];
  readonly each?: Field;
}

const field = (word: ExplainWord): Field => ({ word });
const time: Field = { word: "sml.time", of: [field("sml.timeChoice"), field("sml.timeValue")] };
const at = (word: ExplainWord): Field => ({ word, of: time.of! });

const entry: Field = {
  word: "sml.entry",
  of: [
    field("sml.objName"),
    field("sml.status"),
    at("sml.valTime"),
    field("sml.unit"),
    field("sml.scaler"),
    field("sml.value"),
    field("sml.valueSignature"),
  ],
};

/** Bodies by message tag (SML 1.04 §5). */
const bodies: Readonly<Record<number, Field>> = {
  257: {
    word: "sml.open",
    of: [
      field("sml.codepage"),
      field("sml.clientId"),
      field("sml.fileId"),
      field("sml.serverId"),
      at("sml.refTime"),
      field("sml.version"),
    ],
  },
  513: { word: "sml.close", of: [field("sml.globalSignature")] },
  1793: {
    word: "sml.list",
    of: [
      field("sml.clientId"),
      field("sml.serverId"),
      field("sml.listName"),
      at("sml.sensorTime"),
      { word: "sml.values", each: entry },
      field("sml.listSignature"),
      at("sml.gatewayTime"),
    ],
  },
};

const escapeLength = 8;

/** SML: start sequence, messages as tag-length trees, end sequence. The fields are read by the decoder's own reader. */
export const explainSml: Explainer = (sheet, result) => {
  if (result === null) {
    return;
  }
  const { bytes } = sheet;
  sheet.take(escapeLength, "sml.start");
  const body = unescaped(bytes, sheet.at);
  const readings = isFault(result) ? [] : [...result.readings];
  new MessageWalk(sheet, body, readings).messages();
  if (body.end < 0 || sheet.at !== body.end) {
    return;
  }
  sheet.take(4, "sml.escape");
  sheet.take(1, "sml.end");
  sheet.take(1, "sml.fillCount", String(bytes[sheet.at]));
  const sent = bytes.subarray(sheet.at, sheet.at + 2);
  const x25 = crcX25(bytes, 0, sheet.at);
  const kermit = crcKermit(bytes, 0, sheet.at);
  checksum(sheet, "sml.crc", sent, x25, kermit);
};

/** X-25 has its low byte first, Kermit its high byte; X-25 is the standard's. */
function checksum(sheet: Sheet, word: ExplainWord, sent: Uint8Array, x25: number, kermit: number): void {
  const found = toHex(sent).padStart(4, "0");
  const standard = toHex(new Uint8Array([x25 & 255, x25 >> 8]));
  const other = toHex(new Uint8Array([kermit >> 8, kermit & 255]));
  const fits = found === standard || found === other;
  const kind = found === standard ? " (X-25)" : found === other ? " (Kermit)" : "";
  sheet.take(sent.length, word, checkText(fits ? found : standard, found) + kind, { wrong: !fits });
}

/** The messages without escapes, and where each of their bytes ends in the telegram. */
interface Body {
  readonly plain: Uint8Array;
  /** By index of a byte in `plain`, its place in the telegram; one more than bytes. */
  readonly places: readonly number[];
  /** Of the end sequence; -1 where there is none. */
  readonly end: number;
}

function unescaped(bytes: Uint8Array, from: number): Body {
  const plain: number[] = [];
  const places: number[] = [];
  let at = from;
  while (at < bytes.length && !(isRun(bytes, at, 0x1b) && bytes[at + 4] === 0x1a)) {
    const isEscaped = isRun(bytes, at, 0x1b) && isRun(bytes, at + 4, 0x1b);
    for (let i = 0; i < (isEscaped ? 4 : 1); i++) {
      plain.push(bytes[at]!);
      places.push(at);
      at += isEscaped ? 2 : 1;
    }
  }
  places.push(at);
  return { plain: Uint8Array.from(plain), places, end: at < bytes.length ? at : -1 };
}

function isRun(bytes: Uint8Array, at: number, value: number): boolean {
  return [0, 1, 2, 3].every((i) => bytes[at + i] === value);
}

class MessageWalk {
  private readonly sheet: Sheet;
  private readonly body: Body;
  private readonly fields = new SmlFields();
  private readonly readings: MeterReading[];

  constructor(sheet: Sheet, body: Body, readings: MeterReading[]) {
    this.sheet = sheet;
    this.body = body;
    this.readings = readings;
    this.fields.open(body.plain, 0, body.plain.length);
  }

  messages(): void {
    const { fields } = this;
    while (fields.failure === null && fields.at < fields.to && fields.bytes[fields.at] !== 0) {
      this.message();
    }
    if (fields.failure === null) {
      while (fields.at < fields.to && fields.bytes[fields.at] === 0) {
        fields.at++;
      }
      this.noted("sml.fill");
    }
  }

  private noted(word: ExplainWord, value: string | null = null): void {
    this.sheet.mark(this.body.places[this.fields.at]!, word, value);
  }

  private message(): void {
    const { fields, sheet } = this;
    const start = fields.at;
    sheet.group("sml.message", () => {
      if (!fields.list(6)) {
        return null;
      }
      this.noted("sml.listHead", "6");
      const whole =
        this.item(field("sml.transactionId")) &&
        this.item(field("sml.groupNo")) &&
        this.item(field("sml.abortOnError")) &&
        this.messageBody();
      if (!whole) {
        return null;
      }
      this.messageCrc(start);
      if (fields.failure === null && fields.bytes[fields.at] === 0 && fields.at < fields.to) {
        fields.at++;
        this.noted("sml.endOfMessage");
      }
      return null;
    });
  }

  private messageBody(): boolean {
    const { fields } = this;
    if (!fields.list(2)) {
      return false;
    }
    this.noted("sml.listHead", "2");
    const before = fields.at;
    if (!fields.head() || fields.length > 4) {
      return false;
    }
    const tag = fields.unsigned(fields.length);
    fields.at = before;
    return this.item(field("sml.messageTag")) && this.item(bodies[tag] ?? field("sml.otherBody"));
  }

  private messageCrc(start: number): void {
    const { fields, sheet } = this;
    const end = fields.at;
    if (!fields.head() || fields.length < 1 || fields.length > 2) {
      return;
    }
    this.noted("sml.head");
    const sent = fields.bytes.subarray(fields.at, fields.at + fields.length);
    fields.at += fields.length;
    checksum(
      sheet,
      "sml.messageCrc",
      sent,
      crcX25(fields.bytes, start, end),
      crcKermit(fields.bytes, start, end),
    );
  }

  /** One field with its content; false where it cannot be read. */
  private item(form: Field): boolean {
    const { fields } = this;
    if (fields.bytes[fields.at] === 1 && fields.at < fields.to) {
      fields.at++;
      this.noted(form.word, "-");
      return true;
    }
    const before = fields.at;
    if (!fields.head()) {
      return false;
    }
    if (fields.type !== typeList) {
      return this.scalar(form, before);
    }
    const { length } = fields;
    let done = true;
    this.sheet.group(form.word, () => {
      const from = fields.at;
      this.noted("sml.listHead", String(length));
      for (let i = 0; i < length && done; i++) {
        done = this.item(form.each ?? form.of?.[i] ?? field("sml.part"));
      }
      return done && form === entry ? this.readingAt(from) : null;
    });
    return done;
  }

  private scalar({ word }: Field, before: number): boolean {
    const { fields } = this;
    const { type, length } = fields;
    const content = fields.bytes.subarray(fields.at, fields.at + length);
    let value: string | null;
    if (type === typeOctets) {
      fields.at += length;
      value = word === "sml.objName" && length === 6 ? obisText(content, 0) : octetsText(content);
    } else if (type === typeBool) {
      const bool = fields.bool();
      value = bool === null ? null : String(bool);
    } else {
      const integer = fields.integer();
      value = integer === null ? null : integerText(integer);
      value =
        word === "sml.unit" && typeof integer === "number" ? `${value} ${dlmsUnit(integer) ?? ""}` : value;
    }
    if (fields.failure !== null || fields.at < before) {
      return false;
    }
    this.noted(word, value);
    return true;
  }

  /** What the decoder read of the entry whose fields begin here, if anything. */
  private readingAt(from: number): string | null {
    const name = obisText(this.fields.bytes, from + 1);
    const reading = this.readings[0];
    if (reading === undefined || reading.obis !== name) {
      return null;
    }
    this.readings.shift();
    return `${reading.obis} = ${valueText(reading.value, reading.unit)}`;
  }
}
