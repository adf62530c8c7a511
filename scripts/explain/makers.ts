import { equal } from "../../protocols/bytes.ts";
import { isFault } from "../../protocols/fault.ts";
import type { DataRecord, MeterKeys } from "../../protocols/meter.ts";
import { openRealData } from "../../protocols/wmbus-makers/diehl-real-data.ts";
import { makerFormatOf } from "../../protocols/wmbus-makers/index.ts";
import type { MakerFormat, MakerReading } from "../../protocols/wmbus-makers/maker-format.ts";
import { explainRecords, recordText } from "./mbus.ts";
import { inside, type Sheet } from "./sheet.ts";

/** The bytes up to `to` are in this format of a maker's. `telegram`: the whole of it, without CRCs. */
export function explainMaker(
  sheet: Sheet,
  to: number,
  format: MakerFormat,
  telegram: Uint8Array,
  keys: MeterKeys,
): void {
  const content = sheet.until(to);
  const reading = format.read({ telegram, bytes: content, keys });
  if (isFault(reading)) {
    const isSealed = reading.fault === "no-key" || reading.fault === "wrong-key";
    sheet.mark(to, isSealed ? "seal.closed" : "maker.unknown", `${format.name}: ${reading.detail}`, {
      wrong: true,
    });
    return;
  }
  sheet.group("maker.content", () => {
    if (equal(reading.bytes, content)) {
      explainParts(sheet, to, reading);
    } else {
      const layer = inside(reading.bytes, (inner) => explainParts(inner, inner.to, reading));
      sheet.mark(to, "seal.text", null, { inside: layer });
    }
    return [format.name, ...reading.sums.map(recordText)].join("; ");
  });
}

function explainParts(sheet: Sheet, to: number, { parts }: MakerReading): void {
  const from = sheet.at;
  for (const { at, length, record } of parts) {
    sheet.mark(from + at, "maker.unknown");
    sheet.mark(from + at + length, "maker.value", recordText(record));
  }
  sheet.mark(to, "maker.unknown");
}

/** What explains the data of this record, in place of its bytes; null for those that are the standard's. */
export function blockExplainer(
  telegram: Uint8Array,
  keys: MeterKeys,
): (record: DataRecord) => ((sheet: Sheet, to: number) => void) | null {
  return ({ header }) => {
    const format = makerFormatOf(telegram, "block", header);
    return format === null ? null : (sheet, to) => explainMaker(sheet, to, format, telegram, keys);
  };
}

/** What explains all behind the header where it is a format of its maker's, or Diehl's veil is on it; null for records. */
export function dataExplainer(
  telegram: Uint8Array,
  keys: MeterKeys,
): ((sheet: Sheet, to: number) => void) | null {
  const format = makerFormatOf(telegram, "data");
  if (format !== null) {
    return (sheet, to) => explainMaker(sheet, to, format, telegram, keys);
  }
  const unveiled = openRealData(telegram, keys);
  return unveiled === null
    ? null
    : (sheet, to) => {
        const layer = inside(unveiled.clear, (inner) => explainRecords(inner, inner.to));
        sheet.mark(to, "seal.text", null, { inside: layer });
      };
}
