import { toHex } from "../../protocols/bytes.ts";
import { isFault } from "../../protocols/fault.ts";
import {
  ciCompact,
  ciError,
  ciFixed,
  ciLongHeader,
  ciNoHeader,
  ciShortHeader,
  idText,
  isCompactBehindHeader,
  makerText,
  readHeader,
} from "../../protocols/mbus-application.ts";
import { frameAt, startLong } from "../../protocols/mbus-frame.ts";
import { readRecordsSoFar } from "../../protocols/mbus-record.ts";
import { openData, securityMode } from "../../protocols/mbus-security.ts";
import type { DataRecord, MeterKeys } from "../../protocols/meter.ts";
import type { Authentication } from "../../protocols/wmbus-layers.ts";
import { asText, byteHex, checkText, type Explainer, valueText } from "./explainer.ts";
import { inside, type Sheet } from "./sheet.ts";

const difFill = 0x2f;
const extensionBit = 0x80;
const variableLength = 13;

/** Wired M-Bus: the long frame, the header of the transport layer, records. */
export const explainMbus: Explainer = (sheet, result, { keys }) => {
  const { bytes } = sheet;
  if (result === null || bytes[0] !== startLong) {
    return;
  }
  const isFrame = frameStart(sheet);
  if (!isFrame) {
    return;
  }
  const end = 4 + bytes[1]!;
  const message = bytes.subarray(0, Math.min(end, bytes.length));
  explainTransport(sheet, message, { address: null, authentication: null, isWired: true, keys });
  if (sheet.at === end) {
    frameEnd(sheet);
  }
};

/** 68 L L 68 C A; false where the lengths differ. */
export function frameStart(sheet: Sheet): boolean {
  const { bytes } = sheet;
  const from = sheet.at;
  const fits = bytes[from + 1] === bytes[from + 2] && bytes[from + 3] === startLong;
  sheet.take(1, "mbus.start");
  sheet.take(1, "mbus.length", String(bytes[from + 1]));
  sheet.take(1, "mbus.length", String(bytes[from + 2]), { wrong: bytes[from + 1] !== bytes[from + 2] });
  sheet.take(1, "mbus.start", null, { wrong: bytes[from + 3] !== startLong });
  if (fits) {
    sheet.take(1, "mbus.control", byteHex(bytes[from + 4] ?? 0));
    sheet.take(1, "mbus.address", String(bytes[from + 5]));
  }
  return fits;
}

/** Sum and 16. */
export function frameEnd(sheet: Sheet, from = 0): void {
  const { bytes } = sheet;
  const sum = bytes.subarray(from + 4, sheet.at).reduce((all, byte) => (all + byte) & 255, 0);
  const found = bytes[sheet.at];
  if (found === undefined) {
    return;
  }
  sheet.take(1, "mbus.sum", checkText(byteHex(sum), byteHex(found)), { wrong: found !== sum });
  sheet.take(1, "mbus.stop", null, {
    wrong: frameAt(bytes, from, bytes.length).kind === "bad" && found === sum,
  });
}

export interface TransportContext {
  /** Of the link layer; null on wires. */
  readonly address: Uint8Array | null;
  readonly authentication: Authentication | null;
  readonly isWired: boolean;
  readonly keys: MeterKeys;
  /** What stands behind the header, once it is open; records, if nothing else. */
  readonly explainData?: (sheet: Sheet, to: number) => void;
}

/** From the CI field to the end of `message`: header, and records or what is encrypted. */
export function explainTransport(sheet: Sheet, message: Uint8Array, context: TransportContext): void {
  const from = sheet.at;
  const to = message.length;
  const ci = message[from];
  if (ci === undefined || from >= to) {
    return;
  }
  const isCompact = !context.isWired && isCompactBehindHeader(ci);
  sheet.take(1, "mbus.ci", isCompact ? `${byteHex(ci)}, compact frame` : (ciNames[ci] ?? byteHex(ci)));
  if (context.isWired && ci === ciFixed && to - from === 17) {
    fixedData(sheet, message);
    return;
  }
  const header = readHeader(message, from, to, !context.isWired);
  if (isFault(header)) {
    return;
  }
  if (header.address !== null) {
    sheet.take(4, "mbus.id", idText(message, from + 1));
    sheet.take(2, "mbus.maker", makerText(message[from + 5]!, message[from + 6]!));
    sheet.take(1, "mbus.version", String(message[from + 7]));
    sheet.take(1, "mbus.medium", mediumText(message[from + 8]!));
  }
  if (ci !== ciNoHeader) {
    sheet.take(1, "mbus.access", String(header.accessNumber));
    sheet.take(1, "mbus.status", byteHex(header.status));
    sheet.take(
      2,
      "mbus.config",
      `${toHex(message.subarray(sheet.at, sheet.at + 2))}, mode ${securityMode(header.config)}`,
    );
  }
  protectedData(sheet, message, from, header, context);
}

function protectedData(
  sheet: Sheet,
  message: Uint8Array,
  from: number,
  header: Exclude<ReturnType<typeof readHeader>, { fault: unknown }>,
  { address, authentication, isWired, keys, explainData = explainRecords }: TransportContext,
): void {
  const to = message.length;
  const own = header.address ?? address;
  const length = ((header.config >> 4) & 15) * 16;
  const mode = securityMode(header.config);
  // As the decoder does: on wires old meters have anything in place of the word.
  const isOld =
    isWired && (own === null || (mode !== 5 && mode !== 7) || length === 0 || header.end + length > to);
  if (isOld || own === null) {
    explainData(sheet, to);
    return;
  }
  const content = {
    header,
    address: own,
    authentication,
    message: message.subarray(from),
    data: header.end - from,
  };
  const opened = openData(content, keys);
  if (isFault(opened)) {
    sheet.mark(to, "seal.closed", opened.detail, { wrong: true });
    return;
  }
  const start = to - opened.data.length;
  sheet.mark(start, "mbus.configExtension", toHex(message.subarray(header.end, start)));
  if (!opened.decrypted) {
    explainData(sheet, to);
    return;
  }
  const layer = inside(opened.data, (inner) => explainData(inner, inner.to));
  sheet.mark(to, "seal.text", null, { inside: layer });
}

/** Records up to `to`, as the decoder reads them. `block`: what explains the data of some record in place of its bytes. */
export function explainRecords(sheet: Sheet, to: number, block: BlockExplainer = () => null): void {
  const { records } = readRecordsSoFar(sheet.bytes, sheet.at, to);
  for (const record of records) {
    explainFill(sheet, to);
    sheet.group("record", () => explainRecord(sheet, record, to, block));
  }
  explainFill(sheet, to);
}

/** Explains the data of a record up to `to`; null where this record's are the standard's. */
type BlockExplainer = (record: DataRecord) => ((sheet: Sheet, to: number) => void) | null;

export function explainFill(sheet: Sheet, to: number): void {
  let end = sheet.at;
  while (end < to && sheet.bytes[end] === difFill) {
    end++;
  }
  sheet.mark(end, "record.fill");
}

/** The header byte by byte, then the data: where each ends, the decoder has said. */
function explainRecord(sheet: Sheet, record: DataRecord, to: number, block: BlockExplainer): string {
  const { bytes } = sheet;
  const header = record.header.length / 2;
  const end = sheet.at + header;
  const dif = bytes[sheet.at]!;
  sheet.take(1, "record.dif", `${record.function}, ${codings[dif & 15]}`);
  if ((dif & 15) !== 15) {
    while ((bytes[sheet.at - 1]! & extensionBit) !== 0) {
      sheet.take(1, "record.dife", byteHex(bytes[sheet.at]!));
    }
    const vif = bytes[sheet.at]!;
    sheet.take(1, "record.vif", byteHex(vif));
    if ((vif & 0x7f) === 0x7c) {
      const length = bytes[sheet.at]!;
      sheet.take(1, "record.textLength", String(length));
      sheet.take(length, "record.unitText", asText(bytes.slice(sheet.at, sheet.at + length).reverse()));
    }
    while (sheet.at < end) {
      sheet.take(1, "record.vife", byteHex(bytes[sheet.at]!));
    }
    if ((dif & 15) === variableLength) {
      sheet.take(1, "record.lvar", String(bytes[sheet.at]));
    }
  }
  const dataEnd = Math.min(to, sheet.at + record.raw.length / 2);
  const explainBlock = block(record);
  if (explainBlock === null) {
    sheet.mark(dataEnd, "record.data", record.raw);
  } else {
    explainBlock(sheet, dataEnd);
  }
  return recordText(record);
}

/** "volume = 2.5 m3", with storage, tariff and subunit where they are not 0. */
export function recordText({
  quantity,
  value,
  unit,
  function: kind,
  storage,
  tariff,
  subunit,
}: DataRecord): string {
  const places = { storage, tariff, subunit };
  const marks = [
    ...(kind === "instantaneous" ? [] : [kind]),
    ...Object.entries(places).flatMap(([name, number]) => (number > 0 ? [`${name} ${number}`] : [])),
  ];
  const text = `${quantity} = ${valueText(value, unit)}`;
  return marks.length > 0 ? `${text} (${marks.join(", ")})` : text;
}

function fixedData(sheet: Sheet, message: Uint8Array): void {
  const { at } = sheet;
  sheet.take(4, "mbus.id", idText(message, at));
  sheet.take(1, "mbus.access", String(message[at + 4]));
  sheet.take(1, "mbus.status", byteHex(message[at + 5]!));
  sheet.take(2, "mbus.units", toHex(message.subarray(at + 6, at + 8)));
  sheet.take(4, "mbus.counter", `fixed = -, ${toHex(message.subarray(at + 8, at + 12))}`);
  sheet.take(4, "mbus.counter", `fixed = -, ${toHex(message.subarray(at + 12, at + 16))}`);
}

const ciNames: Readonly<Record<number, string>> = {
  [ciFixed]: "73, fixed data",
  [ciLongHeader]: "72, long header",
  [ciShortHeader]: "7a, short header",
  [ciNoHeader]: "78, no header",
  [ciCompact]: "79, compact frame",
  [ciError]: "70, error report",
};

/** EN 13757-3 table 4. */
const codings = [
  "no data",
  "int8",
  "int16",
  "int24",
  "int32",
  "float32",
  "int48",
  "int64",
  "selection",
  "BCD 2",
  "BCD 4",
  "BCD 6",
  "BCD 8",
  "variable",
  "BCD 12",
  "special",
] as const;

/** EN 13757-7 table 13, the common ones. */
const media: Readonly<Record<number, string>> = {
  2: "electricity",
  3: "gas",
  4: "heat",
  6: "warm water",
  7: "water",
  8: "heat cost allocator",
  10: "cooling",
  12: "heat (flow)",
  13: "heat/cooling",
  21: "hot water",
  22: "cold water",
  26: "smoke detector",
  27: "room sensor",
};

export function mediumText(medium: number): string {
  const name = media[medium];
  return name === undefined ? byteHex(medium) : `${byteHex(medium)}, ${name}`;
}
