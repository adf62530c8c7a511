import {
  AxdrReader,
  type CosemData,
  typeArray,
  typeEnum,
  typeOctets,
  typeStructure,
} from "../../protocols/axdr.ts";
import { toHex } from "../../protocols/bytes.ts";
import { notification } from "../../protocols/dlms-apdu.ts";
import { isSealed, unseal } from "../../protocols/dlms-security.ts";
import {
  BlockSeries,
  blockLength,
  hasLlc,
  isBlock,
  SegmentSeries,
  withoutLlc,
} from "../../protocols/dlms-series.ts";
import { dlmsTime } from "../../protocols/dlms-time.ts";
import { isFault } from "../../protocols/fault.ts";
import { flag, hdlcAt } from "../../protocols/hdlc.ts";
import { frameAt, startLong } from "../../protocols/mbus-frame.ts";
import type { MeterKeys, MeterReading } from "../../protocols/meter.ts";
import { dlmsUnit, obisText } from "../../protocols/obis.ts";
import { byteHex, type Explainer, numberText, valueText } from "./explainer.ts";
import { frameEnd, frameStart } from "./mbus.ts";
import { inside, type Layer, type Sheet } from "./sheet.ts";

/** DLMS push: frames of HDLC or M-Bus with the APDU they carry inside, or the bare APDU. */
export const explainDlms: Explainer = (sheet, result, { keys }) => {
  if (result === null) {
    return;
  }
  const readings = isFault(result) ? [] : [...result.readings];
  const pieces = new Pieces(keys, readings);
  const first = sheet.bytes[0];
  if (first !== flag && first !== startLong) {
    explainApdu(sheet, keys, readings);
    return;
  }
  for (let more = true; more && sheet.at < sheet.to; ) {
    more = sheet.bytes[sheet.at] === flag ? hdlcFrame(sheet, pieces) : mbusFrame(sheet, pieces);
  }
};

/** Puts together what frames carry, and explains it where it is whole. */
class Pieces {
  private readonly segments = new SegmentSeries();
  private readonly blocks = new BlockSeries();
  private readonly keys: MeterKeys;
  private readonly readings: MeterReading[];

  constructor(keys: MeterKeys, readings: MeterReading[]) {
    this.keys = keys;
    this.readings = readings;
  }

  add(address: string, index: number, last: boolean, data: Uint8Array): Layer | null {
    if (index < 0 && !this.segments.waiting && isBlock(data)) {
      return this.layer(data);
    }
    const joined = this.segments.add(address, index, last, data);
    return joined === null || isFault(joined) ? null : this.layer(joined);
  }

  private layer(apdu: Uint8Array): Layer {
    if (!isBlock(apdu)) {
      return inside(apdu, (sheet) => explainApdu(sheet, this.keys, this.readings));
    }
    const whole = this.blocks.add(apdu);
    const layer =
      whole === null || isFault(whole)
        ? null
        : inside(whole, (sheet) => explainApdu(sheet, this.keys, this.readings));
    return inside(apdu, (sheet) => explainBlock(sheet, layer));
  }
}

function hdlcFrame(sheet: Sheet, pieces: Pieces): boolean {
  const { bytes } = sheet;
  const from = sheet.at;
  const found = hdlcAt(bytes, from, bytes.length);
  if (found.kind !== "frame") {
    return false;
  }
  const { information } = found;
  const begins = hasLlc(information);
  const data = begins ? withoutLlc(information) : information;
  const layer =
    information.length === 0
      ? null
      : pieces.add(toHex(found.addresses), begins ? 0 : -1, !found.segmented, data);
  const end = from + found.length;
  const infoAt = end - 2 - information.length;
  // The closing flag may open the next frame.
  const isShared = hdlcAt(bytes, end, bytes.length).kind === "frame";
  sheet.group("dlms.hdlc", () => {
    sheet.take(1, "dlms.flag");
    sheet.take(2, "dlms.format", `${found.length - 1}${found.segmented ? ", segmented" : ""}`);
    sheet.take(found.addresses.length, "dlms.addresses", toHex(found.addresses));
    sheet.take(1, "mbus.control", byteHex(bytes[sheet.at]!));
    if (information.length > 0) {
      sheet.mark(infoAt, "dlms.hcs", `${toHex(bytes.subarray(sheet.at, infoAt))} = ok`);
      sheet.take(begins ? 3 : 0, "dlms.llc", toHex(information.subarray(0, 3)));
      sheet.mark(end - 2, "dlms.information", null, { inside: layer });
    }
    sheet.mark(end, "dlms.fcs", `${toHex(bytes.subarray(end - 2, end))} = ok`);
    sheet.take(isShared ? 0 : 1, "dlms.flag");
    return null;
  });
  return true;
}

function mbusFrame(sheet: Sheet, pieces: Pieces): boolean {
  const { bytes } = sheet;
  const from = sheet.at;
  const found = frameAt(bytes, from, bytes.length);
  const end = from + (found.kind === "long" ? found.length : 0);
  if (found.kind !== "long" || bytes[from + 6]! > 0x1f || end - from < 12) {
    return false;
  }
  const control = bytes[from + 6]!;
  const data = new Uint8Array(bytes.subarray(from + 9, end - 2));
  const address = toHex(bytes.subarray(from + 4, from + 6)) + toHex(bytes.subarray(from + 7, from + 9));
  const layer = pieces.add(address, control & 15, (control & 0x10) !== 0, data);
  sheet.group("dlms.mbus", () => {
    frameStart(sheet);
    sheet.take(1, "dlms.segment", `${control & 15}${(control & 0x10) !== 0 ? ", last" : ""}`);
    sheet.take(2, "dlms.ports", toHex(bytes.subarray(from + 7, from + 9)));
    sheet.mark(end - 2, "dlms.information", null, { inside: layer });
    frameEnd(sheet, from);
    return null;
  });
  return true;
}

function explainBlock(sheet: Sheet, layer: Layer | null): void {
  const { bytes } = sheet;
  const end = blockLength(bytes);
  const reader = new AxdrReader(bytes, 6, false);
  if (isFault(end) || isFault(reader.length())) {
    return;
  }
  sheet.take(1, "dlms.block", byteHex(bytes[0]!));
  sheet.take(1, "dlms.blockControl", byteHex(bytes[1]!));
  sheet.take(2, "dlms.blockNumber", String(bytes[2]! * 256 + bytes[3]!));
  sheet.take(2, "dlms.blockAck", String(bytes[4]! * 256 + bytes[5]!));
  sheet.mark(reader.at, "seal.length", String(end - reader.at));
  sheet.mark(end, "dlms.information", null, { inside: layer });
}

function explainApdu(sheet: Sheet, keys: MeterKeys, readings: MeterReading[]): void {
  if (isSealed(sheet.bytes)) {
    sealed(sheet, keys, readings);
  } else if (isBlock(sheet.bytes)) {
    explainBlock(sheet, null);
  } else if (sheet.bytes[0] === notification) {
    new NotificationWalk(sheet, readings).walk();
  }
}

function sealed(sheet: Sheet, keys: MeterKeys, readings: MeterReading[]): void {
  const { bytes } = sheet;
  const reader = new AxdrReader(bytes, 10, false);
  const length = reader.length();
  if (isFault(length)) {
    return;
  }
  const end = reader.at + length;
  const control = bytes[reader.at]!;
  const tag = (control & 0x10) !== 0 ? 12 : 0;
  sheet.take(1, "seal.kind", bytes[0] === 0xdb ? "general-glo-ciphering" : "general-ded-ciphering");
  sheet.take(1, "seal.titleLength", String(bytes[1]));
  sheet.take(8, "seal.title", toHex(bytes.subarray(2, 10)));
  sheet.mark(reader.at, "seal.length", String(length));
  sheet.take(1, "seal.security", byteHex(control));
  sheet.take(4, "seal.counter", toHex(bytes.subarray(reader.at + 1, reader.at + 5)));
  const opened = unseal(bytes.subarray(0, end), keys);
  if (isFault(opened)) {
    sheet.mark(end - tag, "seal.closed", opened.detail, { wrong: true });
  } else {
    const layer = inside(new Uint8Array(opened.apdu), (inner) => explainApdu(inner, keys, readings));
    sheet.mark(end - tag, "seal.text", null, { inside: layer });
  }
  const isVerified = !isFault(opened) && opened.verified;
  sheet.mark(end, "seal.tag", `${toHex(bytes.subarray(end - tag, end))}${isVerified ? " = ok" : ""}`);
}

class NotificationWalk {
  private readonly sheet: Sheet;
  private readonly readings: MeterReading[];
  /** Structures may begin with attributes that have no type. */
  private attributes = true;

  constructor(sheet: Sheet, readings: MeterReading[]) {
    this.sheet = sheet;
    this.readings = readings;
  }

  walk(): void {
    const { sheet } = this;
    const { bytes } = sheet;
    sheet.take(1, "dlms.notification", byteHex(bytes[0]!));
    sheet.take(4, "dlms.invoke", toHex(bytes.subarray(1, 5)));
    if (bytes[sheet.at] === typeOctets) {
      sheet.take(1, "dlms.type", typeName(typeOctets));
    }
    const length = bytes[sheet.at];
    sheet.take(1, "seal.length", String(length));
    if (length === 12 && sheet.at + 12 <= sheet.to) {
      sheet.take(12, "dlms.time", dlmsTime(bytes, sheet.at) ?? "-");
    } else if (length !== 0) {
      return;
    }
    const loose = new AxdrReader(bytes, sheet.at, true);
    this.attributes = !isFault(loose.read()) && loose.at === bytes.length;
    this.item();
  }

  /** False where the data cannot be read on. */
  private item(): boolean {
    const { sheet, attributes } = this;
    const { bytes } = sheet;
    const type = bytes[sheet.at];
    if (type === typeArray || type === typeStructure) {
      return this.list(type);
    }
    const reader = new AxdrReader(bytes, sheet.at, attributes);
    const data = reader.read();
    if (isFault(data)) {
      return false;
    }
    sheet.mark(reader.at, "dlms.data", this.dataText(data));
    return true;
  }

  private list(type: number): boolean {
    const { sheet } = this;
    const reader = new AxdrReader(sheet.bytes, sheet.at + 1, false);
    const count = reader.length();
    if (isFault(count)) {
      return false;
    }
    let done = true;
    sheet.group(type === typeArray ? "dlms.array" : "dlms.structure", () => {
      sheet.mark(reader.at, "dlms.type", `${typeName(type)}, ${count}`);
      for (let i = 0; i < count && done; i++) {
        done = (i === 0 && count === 2 && type === typeStructure && this.attribute()) || this.item();
      }
      return null;
    });
    return done;
  }

  /** Class 2, logical name 6, attribute 1, as the decoder takes them. */
  private attribute(): boolean {
    const { sheet } = this;
    const { bytes, at } = sheet;
    const number = bytes[at + 8] ?? 0;
    const is = this.attributes && bytes[at] === 0 && bytes[at + 1] !== 0 && bytes[at + 7] === 255;
    if (!is || number < 1 || number > 32) {
      return false;
    }
    sheet.take(2, "dlms.class", String(bytes[at + 1]));
    sheet.take(6, "dlms.name", this.named(obisText(bytes, at + 2)));
    sheet.take(1, "dlms.attribute", String(number));
    return true;
  }

  private dataText({ type, octets, value }: CosemData): string {
    const name = typeName(type);
    const byPlace = this.readings[0];
    if (value !== null && byPlace?.obis.startsWith("#")) {
      this.readings.shift();
      return `${name} ${byPlace.obis} = ${valueText(byPlace.value, byPlace.unit)}`;
    }
    if (type === typeOctets && octets.length === 6) {
      return `${name} ${this.named(obisText(octets, 0))}`;
    }
    const text = numberText(value);
    const unit = type === typeEnum ? dlmsUnit(Number(text)) : null;
    return `${name} ${text}${unit === null ? "" : ` ${unit}`}`;
  }

  /** A logical name with what the decoder read under it. */
  private named(obis: string): string {
    const at = this.readings.findIndex((reading) => reading.obis === obis);
    const reading = this.readings[at];
    if (reading === undefined) {
      return obis;
    }
    this.readings.splice(at, 1);
    return `${obis} = ${valueText(reading.value, reading.unit)}`;
  }
}

/** IEC 62056-6-2 §4.1.5. */
const typeNames: Readonly<Record<number, string>> = {
  0: "null-data",
  1: "array",
  2: "structure",
  3: "boolean",
  4: "bit-string",
  5: "double-long",
  6: "double-long-unsigned",
  9: "octet-string",
  10: "visible-string",
  12: "utf8-string",
  13: "bcd",
  15: "integer",
  16: "long",
  17: "unsigned",
  18: "long-unsigned",
  20: "long64",
  21: "long64-unsigned",
  22: "enum",
  23: "float32",
  24: "float64",
  25: "date-time",
  26: "date",
  27: "time",
};

function typeName(type: number): string {
  return typeNames[type] ?? byteHex(type);
}
