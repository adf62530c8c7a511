import { toHex } from "../../protocols/bytes.ts";
import { crcModbus } from "../../protocols/crc.ts";
import { isFault } from "../../protocols/fault.ts";
import type { RegisterReading } from "../../protocols/meter.ts";
import { exceptionBit } from "../../protocols/modbus-pdu.ts";
import { answerLength, crcHolds, requestLength } from "../../protocols/modbus-rtu-frame.ts";
import { byteHex, checkText, type Explainer } from "./explainer.ts";
import type { Sheet } from "./sheet.ts";

/** Modbus RTU: requests and answers, frame by frame. An answer's registers have the addresses that the decoder gave them. */
export const explainModbus: Explainer = (sheet, result) => {
  let registers = result === null || isFault(result) ? [] : (result.registers ?? []);
  for (let more = true; more && sheet.at < sheet.to; ) {
    const { bytes, at } = sheet;
    const answer = answerLength(bytes, at, bytes.length);
    const request = requestLength(bytes, at, bytes.length);
    const fits = (length: number) => length > 0 && at + length <= bytes.length && crcHolds(bytes, at, length);
    const isAnswer = fits(answer) && (registers.length > 0 || !fits(request));
    more = isAnswer || fits(request);
    if (isAnswer) {
      answerFrame(sheet, answer, registers);
      registers = [];
    } else if (more) {
      requestFrame(sheet, request);
    }
  }
};

function head(sheet: Sheet): void {
  sheet.take(1, "modbus.unit", String(sheet.bytes[sheet.at]));
  sheet.take(1, "modbus.function", byteHex(sheet.bytes[sheet.at]!));
}

function requestFrame(sheet: Sheet, length: number): void {
  const { bytes, at } = sheet;
  sheet.group("modbus.request", () => {
    head(sheet);
    sheet.take(2, "modbus.address", String(bytes[at + 2]! * 256 + bytes[at + 3]!));
    sheet.take(2, "modbus.count", String(bytes[at + 4]! * 256 + bytes[at + 5]!));
    sheet.mark(at + length - 2, "record.data", toHex(bytes.subarray(sheet.at, at + length - 2)));
    crc(sheet, at);
    return null;
  });
}

function answerFrame(sheet: Sheet, length: number, registers: readonly RegisterReading[]): void {
  const { bytes, at } = sheet;
  const end = at + length - 2;
  sheet.group("modbus.answer", () => {
    head(sheet);
    if ((bytes[at + 1]! & exceptionBit) !== 0) {
      sheet.mark(end, "modbus.exception", String(bytes[at + 2]), { wrong: true });
    } else {
      sheet.take(1, "seal.length", String(bytes[at + 2]));
      for (const { table, address, raw } of registers) {
        sheet.take(2, "modbus.register", `${table} ${address} = ${raw}`);
      }
      sheet.mark(end, "record.data", toHex(bytes.subarray(sheet.at, end)));
    }
    crc(sheet, at);
    return null;
  });
}

/** Low byte first. */
function crc(sheet: Sheet, from: number): void {
  const value = crcModbus(sheet.bytes, from, sheet.at);
  const expected = toHex(new Uint8Array([value & 255, value >> 8]));
  const found = toHex(sheet.bytes.subarray(sheet.at, sheet.at + 2));
  sheet.take(2, "modbus.crc", checkText(expected, found), { wrong: expected !== found });
}
