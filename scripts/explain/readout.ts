import { toHex } from "../../protocols/bytes.ts";
import { crcArc } from "../../protocols/crc.ts";
import { blockCheckOf } from "../../protocols/d0.ts";
import { readDataSets } from "../../protocols/data-set.ts";
import { isFault } from "../../protocols/fault.ts";
import { unverifiedGcm } from "../../protocols/gcm.ts";
import type { MeterKeys } from "../../protocols/meter.ts";
import { countParity, stripParity } from "../../protocols/parity.ts";
import { asText, byteHex, checkText, type Explainer, valueText } from "./explainer.ts";
import { inside, type Sheet } from "./sheet.ts";

const cr = 0x0d;
const lf = 0x0a;
const stx = 0x02;
const etx = 0x03;
const ack = 0x06;
const sealedHead = 0xdb;

/** D0: a readout that ends in ETX and BCC, or in nothing. */
export const explainD0: Explainer = (sheet, result) => {
  if (result !== null) {
    readout(sheet, d0Ending);
  }
};

/** P1: a readout that ends in a CRC, or in nothing; in Luxembourg behind a seal. */
export const explainDsmr: Explainer = (sheet, result, { keys }) => {
  if (result !== null && sheet.bytes[0] === sealedHead) {
    sealed(sheet, keys);
  } else if (result !== null) {
    readout(sheet, p1Ending);
  }
};

/** `text` is the telegram without parity bits; `from` where the data block begins. */
type Ending = (sheet: Sheet, text: Uint8Array, from: number) => void;

function readout(sheet: Sheet, ending: Ending): void {
  const text = withoutParity(sheet.bytes);
  sheet.group("d0.identification", () => {
    sheet.take(1, "d0.slash");
    sheet.take(3, "d0.maker", asText(text.subarray(1, 4)));
    sheet.take(1, "d0.rate", asText(text.subarray(4, 5)));
    const end = endOfLine(text, sheet.at);
    sheet.mark(end, "d0.type", asText(text.subarray(sheet.at, end)));
    lineEnd(sheet, text);
    return asText(text.subarray(1, end));
  });
  for (let more = true; more; ) {
    const start = sheet.at;
    if (text[start] === ack) {
      sheet.mark(endOfLine(text, start), "d0.echo");
    }
    lineEnd(sheet, text);
    more = sheet.at > start;
  }
  const isFramed = text[sheet.at] === stx;
  if (isFramed) {
    sheet.take(1, "d0.stx");
  }
  const from = sheet.at;
  if (dataBlock(sheet, text)) {
    sheet.take(1, "d0.exclamation");
    ending(sheet, text, isFramed ? from : -1);
  }
}

/** The whole text with bit 7 cleared where it is parity. */
function withoutParity(bytes: Uint8Array): Uint8Array {
  const text = new Uint8Array(bytes);
  const end = text.findIndex((byte) => (byte & 0x7f) === 0x21);
  const parity = { high: 0, odd: 0 };
  countParity(parity, text, 0, end < 0 ? text.length : end);
  if (parity.high > 0 && parity.odd * 20 < parity.high) {
    stripParity(text, 0, text.length);
  }
  return text;
}

/** The sets up to the `!`; false where something else comes first. */
function dataBlock(sheet: Sheet, text: Uint8Array): boolean {
  while (sheet.at < sheet.to && text[sheet.at] !== 0x21) {
    const before = sheet.at;
    lineEnd(sheet, text);
    if (text[sheet.at] === 0x28 || isName(text[sheet.at])) {
      dataSet(sheet, text);
    }
    if (sheet.at === before) {
      return false;
    }
  }
  return sheet.at < sheet.to;
}

/** An address and its groups, on the next lines as well; read by the decoder's own reader. */
function dataSet(sheet: Sheet, text: Uint8Array): void {
  const from = sheet.at;
  sheet.group("d0.set", () => {
    while (isName(text[sheet.at]) && sheet.at < sheet.to) {
      const open = text.indexOf(0x28, sheet.at);
      const end = endOfLine(text, sheet.at);
      if (open < 0 || open >= end) {
        return null;
      }
      sheet.mark(open, "d0.address", asText(text.subarray(sheet.at, open)));
      break;
    }
    let to = sheet.at;
    while (text[sheet.at] === 0x28) {
      const close = text.indexOf(0x29, sheet.at);
      if (close < 0 || close >= endOfLine(text, sheet.at)) {
        return null;
      }
      sheet.mark(close + 1, "d0.value", asText(text.subarray(sheet.at + 1, close)));
      to = sheet.at;
      if (nextLineContinues(text, sheet.at)) {
        lineEnd(sheet, text);
      }
    }
    const readings = readDataSets(text, from, to);
    return isFault(readings)
      ? null
      : readings.map(({ obis, value, unit }) => `${obis} = ${valueText(value, unit)}`).join("; ");
  });
}

function nextLineContinues(text: Uint8Array, at: number): boolean {
  let next = at;
  while (text[next] === cr || text[next] === lf) {
    next++;
  }
  return next > at && text[next] === 0x28;
}

function isName(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x20 && byte < 0x7f && byte !== 0x21 && byte !== 0x28 && byte !== 0x29;
}

function endOfLine(text: Uint8Array, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== cr && text[at] !== lf && text[at] !== etx) {
    at++;
  }
  return at;
}

function lineEnd(sheet: Sheet, text: Uint8Array): void {
  let to = sheet.at;
  while (text[to] === cr || text[to] === lf) {
    to++;
  }
  sheet.mark(to, "d0.lineEnd");
}

function d0Ending(sheet: Sheet, text: Uint8Array, from: number): void {
  lineEnd(sheet, text);
  if (text[sheet.at] !== etx) {
    return;
  }
  sheet.take(1, "d0.etx");
  if (sheet.at < sheet.to) {
    const found = byteHex(sheet.bytes[sheet.at]!);
    const expected = from < 0 ? "STX" : byteHex(blockCheckOf(sheet.bytes, from, sheet.at));
    sheet.take(1, "d0.bcc", checkText(expected, found), { wrong: expected !== found });
  }
}

function p1Ending(sheet: Sheet, text: Uint8Array): void {
  let to = sheet.at;
  while (to < sheet.at + 4 && /[0-9a-f]/i.test(asText(text.subarray(to, to + 1)))) {
    to++;
  }
  const found = asText(text.subarray(sheet.at, to)).toLowerCase().padStart(4, "0");
  const hex = (crc: number) => crc.toString(16).padStart(4, "0");
  const expected = [crcArc(sheet.bytes, 0, sheet.at), crcArc(text, 0, sheet.at)].map(hex);
  const fits = expected.includes(found);
  sheet.mark(to, "d0.crc", checkText(fits ? found : expected[0]!, found), { wrong: !fits });
  lineEnd(sheet, text);
}

/** db, system title, 82, length, 30, frame counter, ciphertext, tag (Specifications of the Smarty P1 port). */
function sealed(sheet: Sheet, { ciphers, key }: MeterKeys): void {
  const { bytes } = sheet;
  const length = 13 + bytes[11]! * 256 + bytes[12]!;
  sheet.take(1, "seal.kind", "general-glo-ciphering");
  sheet.take(1, "seal.titleLength", String(bytes[1]));
  sheet.take(8, "seal.title", toHex(bytes.subarray(2, 10)));
  sheet.take(3, "seal.length", String(length - 13));
  sheet.take(1, "seal.security", byteHex(bytes[13]!));
  sheet.take(4, "seal.counter", toHex(bytes.subarray(14, 18)));
  const text = new Uint8Array(bytes.subarray(18, length - 12));
  const nonce = new Uint8Array([...bytes.subarray(2, 10), ...bytes.subarray(14, 18)]);
  const opened = key?.length === 16 ? unverifiedGcm(ciphers, { key, nonce }, text) : null;
  const isReadout = opened !== null && opened[0] === 0x2f;
  const layer = isReadout ? inside(opened, (inner) => readout(inner, p1Ending)) : null;
  sheet.mark(length - 12, layer === null ? "seal.closed" : "seal.text", null, { inside: layer });
  sheet.take(12, "seal.tag", toHex(bytes.subarray(length - 12, length)));
}
