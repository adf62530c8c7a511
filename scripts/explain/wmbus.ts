import { toHex } from "../../protocols/bytes.ts";
import { crcEn13757 } from "../../protocols/crc.ts";
import { isFault } from "../../protocols/fault.ts";
import { ciCompact, idText, isCompactBehindHeader, makerText } from "../../protocols/mbus-application.ts";
import { ellCounter } from "../../protocols/mbus-security.ts";
import { crcsOfA, type FrameFormat, headLength, lengthOf, takeB } from "../../protocols/wmbus-frame.ts";
import {
  type Authentication,
  ciAfl,
  type ExtendedLink,
  isEll,
  payloadCrcHolds,
  readAfl,
  readEll,
} from "../../protocols/wmbus-layers.ts";
import { makerFormatOf } from "../../protocols/wmbus-makers/index.ts";
import { readWireless } from "../../protocols/wmbus-telegram.ts";
import { byteHex, checkText, type ExplainContext, type Explainer } from "./explainer.ts";
import { blockExplainer, dataExplainer, explainMaker } from "./makers.ts";
import { explainFill, explainRecords, explainTransport, mediumText } from "./mbus.ts";
import { inside, type Sheet } from "./sheet.ts";

const crcLength = 2;

/** A wireless telegram: its blocks with their CRCs where it has them, then layer by layer. */
export const explainWmbus: Explainer = (sheet, result, context) => {
  const { bytes } = sheet;
  if (result === null) {
    return;
  }
  const isSynced = bytes[0] === 0x54 && bytes[1] === 0x3d && bytes.length > 4;
  const isA = bytes[3] === 0xcd;
  if (isSynced) {
    sheet.take(4, "wmbus.sync", isA ? "format A" : "format B");
  }
  const at = sheet.at;
  const format: FrameFormat = isSynced ? (isA ? "a" : "b") : formatOf(bytes, at);
  if (bytes.length - at < lengthOf(format, bytes[at]!)) {
    explainPlain(sheet, bytes, context);
  } else if (format === "plain") {
    explainPlain(sheet, bytes.subarray(0, at + bytes[at]! + 1), context);
  } else {
    blocks(sheet, format, context);
  }
};

/** As the decoder does: where any CRC of format A holds, or the length is that of format A. */
function formatOf(bytes: Uint8Array, at: number): FrameFormat {
  const length = lengthOf("a", bytes[at]!);
  const left = bytes.length - at;
  if (left >= length && (left === length || crcsOfA(bytes, at).held > 0)) {
    return "a";
  }
  return left >= bytes[at]! + 1 && takeB(bytes, at) !== null ? "b" : "plain";
}

/** Blocks and CRCs on the wire; the telegram without them is inside. */
function blocks(sheet: Sheet, format: "a" | "b", context: ExplainContext): void {
  const { bytes } = sheet;
  const from = sheet.at;
  const end = from + lengthOf(format, bytes[from]!);
  const parts: { from: number; to: number }[] = [];
  for (let at = from; at < end; ) {
    const most = format === "b" ? 126 : at === from ? headLength : 16;
    const to = Math.min(at + most, end - crcLength);
    parts.push({ from: at, to });
    at = to + crcLength;
  }
  const plain = Uint8Array.from(parts.flatMap((part) => [...bytes.subarray(part.from, part.to)]));
  const fits = (to: number, start: number) =>
    hex16(crcEn13757(bytes, start, to)) === toHex(bytes.subarray(to, to + 2));
  const allFit = parts.every((part) => fits(part.to, part.from));
  const layer = allFit ? inside(plain, (inner) => explainPlain(inner, plain, context)) : null;
  sheet.group(
    "wmbus.blocks",
    () => {
      for (const part of parts) {
        sheet.mark(part.to, "wmbus.block");
        const found = toHex(bytes.subarray(part.to, part.to + crcLength));
        const expected = hex16(crcEn13757(bytes, part.from, part.to));
        sheet.take(crcLength, "wmbus.crc", checkText(expected, found), { wrong: expected !== found });
      }
      return null;
    },
    { inside: layer },
  );
}

function hex16(crc: number): string {
  return crc.toString(16).padStart(4, "0");
}

/** From the L field on, without CRCs. `message` ends where the telegram ends. */
function explainPlain(sheet: Sheet, message: Uint8Array, context: ExplainContext): void {
  const at = sheet.at;
  const plain = message.subarray(at);
  sheet.take(1, "mbus.length", String(plain[0]));
  sheet.take(1, "mbus.control", byteHex(plain[1] ?? 0));
  if (plain.length < headLength) {
    return;
  }
  sheet.take(2, "mbus.maker", makerText(plain[2]!, plain[3]!));
  sheet.take(4, "mbus.id", idText(plain, 4));
  sheet.take(1, "mbus.version", String(plain[8]));
  sheet.take(1, "mbus.medium", mediumText(plain[9]!));
  if (plain.length <= headLength) {
    return;
  }
  const format = makerFormatOf(plain, "telegram");
  if (format !== null) {
    sheet.take(1, "mbus.ci", `${byteHex(plain[headLength]!)}, ${format.name}`);
    explainMaker(sheet, message.length, format, plain, context.keys);
    return;
  }
  if (isEll(plain[headLength]!)) {
    explainEll(sheet, message, plain, context);
  } else {
    explainUpper(sheet, message, plain, context);
  }
  readWireless(plain, context.keys, context.formats); // compact frames need the form of full ones before them
}

function explainEll(sheet: Sheet, message: Uint8Array, plain: Uint8Array, context: ExplainContext): void {
  const from = sheet.at;
  const ell = readEll(message, from, message.length);
  if (isFault(ell)) {
    return;
  }
  const { session } = ell;
  sheet.take(1, "wmbus.ell", byteHex(message[from]!));
  sheet.take(1, "wmbus.ellControl", byteHex(ell.control));
  sheet.take(1, "mbus.access", String(ell.accessNumber));
  sheet.mark(
    ell.end - (session === null ? 0 : 4),
    "wmbus.ellAddress",
    toHex(message.subarray(sheet.at, ell.end)),
  );
  if (session === null) {
    explainUpper(sheet, message, plain, context);
    return;
  }
  sheet.take(4, "wmbus.session", toHex(session));
  if (payloadCrcHolds(message, ell.end, message.length)) {
    sheet.take(crcLength, "wmbus.payloadCrc", `${toHex(message.subarray(ell.end, ell.end + 2))} = ok`);
    explainUpper(sheet, message, plain, context);
    return;
  }
  encryptedEll(sheet, message, plain, ell, context);
}

function encryptedEll(
  sheet: Sheet,
  message: Uint8Array,
  plain: Uint8Array,
  ell: ExtendedLink,
  context: ExplainContext,
): void {
  const { key, ciphers } = context.keys;
  const clear =
    key?.length === 16
      ? ciphers.aesCtr(key, ellCounter(plain.subarray(2, headLength), ell), message.subarray(ell.end))
      : null;
  if (clear === null || !payloadCrcHolds(clear, 0, clear.length)) {
    sheet.mark(message.length, "seal.closed", null, { wrong: true });
    return;
  }
  const layer = inside(clear, (inner) => {
    inner.take(crcLength, "wmbus.payloadCrc", `${toHex(clear.subarray(0, 2))} = ok`);
    explainUpper(inner, clear, plain, context);
  });
  sheet.mark(message.length, "seal.text", null, { inside: layer });
}

/** Authentication layer where there is one; transport layer. */
function explainUpper(sheet: Sheet, message: Uint8Array, plain: Uint8Array, context: ExplainContext): void {
  let authentication: Authentication | null = null;
  if (message[sheet.at] === ciAfl) {
    const afl = readAfl(message, sheet.at, message.length);
    if (isFault(afl)) {
      return;
    }
    authentication = afl;
    sheet.group("wmbus.afl", () => {
      explainAfl(sheet, message, afl);
      return null;
    });
  }
  const ci = message[sheet.at]!;
  if (ci === ciCompact) {
    sheet.take(1, "mbus.ci", "79, compact frame");
    explainCompact(sheet, message.length, context);
    return;
  }
  explainTransport(sheet, message, {
    address: plain.subarray(2, headLength),
    authentication,
    isWired: false,
    keys: context.keys,
    explainData: isCompactBehindHeader(ci)
      ? (data, to) => explainCompact(data, to, context)
      : (dataExplainer(plain, context.keys) ??
        ((data, to) => explainRecords(data, to, blockExplainer(plain, context.keys)))),
  });
}

function explainAfl(sheet: Sheet, message: Uint8Array, afl: Authentication): void {
  const at = sheet.at;
  sheet.take(1, "mbus.ci", byteHex(message[at]!));
  sheet.take(1, "mbus.length", String(message[at + 1]));
  sheet.take(2, "wmbus.aflFields", toHex(message.subarray(at + 2, at + 4)));
  const macAt = afl.end - (afl.messageLength?.length ?? 0) - afl.mac.length;
  const counterAt = macAt - (afl.counter?.length ?? 0);
  sheet.mark(counterAt, "wmbus.aflControl", toHex(message.subarray(sheet.at, counterAt)));
  sheet.mark(macAt, "seal.counter", toHex(message.subarray(counterAt, macAt)));
  sheet.take(afl.mac.length, "seal.tag", toHex(afl.mac));
  sheet.mark(afl.end, "mbus.length", toHex(message.subarray(sheet.at, afl.end)));
}

/** Behind fill bytes, where it was encrypted: two CRCs, and the data of records whose headers an earlier frame told. */
function explainCompact(sheet: Sheet, to: number, { formats }: ExplainContext): void {
  explainFill(sheet, to);
  const { at, bytes } = sheet;
  sheet.take(2, "wmbus.signature", toHex(bytes.subarray(at, at + 2)));
  sheet.take(2, "wmbus.fullCrc", toHex(bytes.subarray(at + 2, at + 4)));
  const full = formats.expand(bytes.subarray(0, to), at);
  const layer = isFault(full) ? null : inside(full, (inner) => explainRecords(inner, inner.to));
  sheet.mark(to, "wmbus.compactData", isFault(full) ? full.detail : null, { inside: layer });
}
