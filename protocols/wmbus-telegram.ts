import { fromHex } from "./bytes.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { ciCompact, idText, isCompactBehindHeader, readHeader } from "./mbus-application.ts";
import { readRecords } from "./mbus-record.ts";
import { closed, ellCounter, fillByte, openData, unreadable } from "./mbus-security.ts";
import type { DataRecord, MeterKeys } from "./meter.ts";
import type { CompactFormats } from "./wmbus-compact.ts";
import { headLength } from "./wmbus-frame.ts";
import {
  type Authentication,
  ciAfl,
  type ExtendedLink,
  isEll,
  payloadCrcHolds,
  readAfl,
  readEll,
} from "./wmbus-layers.ts";
import { openRealData } from "./wmbus-makers/diehl-real-data.ts";
import { makerFormatOf } from "./wmbus-makers/index.ts";
import { type MakerFormat, recordsOf } from "./wmbus-makers/maker-format.ts";

/** What a wireless telegram says, layer by layer. */

export interface WirelessContent {
  readonly meter: string;
  /** Device type. */
  readonly medium: number;
  readonly records: readonly DataRecord[];
  /** As people know the meter, and what records of the maker's own say, which `records` keep as bytes; absent where no format of a maker's tells. */
  readonly model?: string;
  readonly own?: readonly DataRecord[];
}

interface Payload {
  readonly bytes: Uint8Array;
  readonly at: number;
  /** Whether a key opened it. */
  readonly decrypted: boolean;
}

/**
 * Reads a telegram without CRCs, from its L field on. A missing key ("no-key"), a wrong one ("wrong-key"), a right one in front of
 * content that nothing here reads ("content") and a wrong CRC ("checksum") are faults of their own. `formats` is what compact frames
 * need of earlier ones.
 */
export function readWireless(
  bytes: Uint8Array,
  keys: MeterKeys | null,
  formats: CompactFormats,
): WirelessContent | Fault {
  if (bytes.length <= headLength) {
    return fault("truncated", "the telegram has no CI field");
  }
  const format = makerFormatOf(bytes, "telegram");
  if (format !== null) {
    return readOwn(format, bytes, bytes.subarray(headLength + 1), keys);
  }
  const address = bytes.subarray(2, headLength);
  let payload: Payload | Fault = { bytes: bytes, at: headLength, decrypted: false };
  if (isEll(bytes[headLength])) {
    payload = openEll(bytes, address, keys);
    if (isFault(payload)) {
      return payload;
    }
  }
  const content = readTransport(bytes, payload, keys, formats);
  return isFault(content) && payload.decrypted && !isAboutKeys(content) ? unreadable(content) : content;
}

/** The meter's id, also where its maker has put it elsewhere. */
export function wirelessMeter(bytes: Uint8Array): string {
  const format = makerFormatOf(bytes, "telegram");
  return idText(format === null ? bytes.subarray(2) : addressIn(format, bytes), 2);
}

function addressIn(format: MakerFormat, bytes: Uint8Array): Uint8Array {
  return format.addressOf === undefined ? bytes.subarray(2, headLength) : format.addressOf(bytes);
}

/** A telegram, or all its data, in a format of the maker's. */
function readOwn(
  format: MakerFormat,
  telegram: Uint8Array,
  content: Uint8Array,
  keys: MeterKeys | null,
): WirelessContent | Fault {
  const reading = format.read({ telegram: telegram, bytes: content, keys: keys });
  if (isFault(reading)) {
    return reading;
  }
  const address = addressIn(format, telegram);
  return { meter: idText(address, 2), medium: address[7], model: format.name, records: recordsOf(reading) };
}

/** The content with what the maker's own among its records say; as it was where they are not what their format says. */
function withOwn(telegram: Uint8Array, content: WirelessContent): WirelessContent {
  for (let i = 0; i < content.records.length; i++) {
    const record = content.records[i];
    const format = makerFormatOf(telegram, "block", record.header);
    const bytes = format === null ? null : fromHex(record.raw);
    const reading =
      format === null || bytes === null
        ? null
        : format.read({ telegram: telegram, bytes: bytes, keys: null });
    if (format !== null && reading !== null && !isFault(reading)) {
      return Object.assign({ model: format.name, own: recordsOf(reading) }, content);
    }
  }
  return content;
}

function isAboutKeys(found: Fault): boolean {
  return found.fault === "no-key" || found.fault === "wrong-key";
}

/** The payload of the extended link layer; with a session, only if its CRC holds, as it came or decrypted. */
function openEll(bytes: Uint8Array, address: Uint8Array, keys: MeterKeys | null): Payload | Fault {
  const ell = readEll(bytes, headLength, bytes.length);
  if (isFault(ell)) {
    return ell;
  }
  if (ell.session === null) {
    return { bytes: bytes, at: ell.end, decrypted: false };
  }
  if (payloadCrcHolds(bytes, ell.end, bytes.length)) {
    return { bytes: bytes, at: ell.end + 2, decrypted: false };
  }
  return isEncrypted(ell)
    ? decryptEll(bytes, address, ell, keys)
    : fault("checksum", "the CRC of the extended link layer does not fit");
}

/** Session number, bits 29 to 31: 0 says that nothing is encrypted. */
function isEncrypted(ell: ExtendedLink): boolean {
  return ell.session !== null && ell.session[3] >> 5 !== 0;
}

function decryptEll(
  bytes: Uint8Array,
  address: Uint8Array,
  ell: ExtendedLink,
  keys: MeterKeys | null,
): Payload | Fault {
  const key = keys === null ? null : keys.key;
  if (keys === null || key === null || key.length !== 16) {
    return closed(key, 16);
  }
  const clear = keys.ciphers.aesCtr(key, ellCounter(address, ell), bytes.subarray(ell.end));
  return payloadCrcHolds(clear, 0, clear.length) ? { bytes: clear, at: 2, decrypted: true } : closed(key, 16);
}

function readTransport(
  telegram: Uint8Array,
  payload: Payload,
  keys: MeterKeys | null,
  formats: CompactFormats,
): WirelessContent | Fault {
  const address = telegram.subarray(2, headLength);
  const bytes = payload.bytes;
  let at = payload.at;
  let authentication: Authentication | null = null;
  if (bytes[at] === ciAfl) {
    const afl = readAfl(bytes, at, bytes.length);
    if (isFault(afl)) {
      return afl;
    }
    authentication = afl;
    at = afl.end;
  }
  if (bytes[at] === ciCompact) {
    return readCompact(bytes, at + 1, address, formats);
  }
  const header = readHeader(bytes, at, bytes.length, true);
  if (isFault(header)) {
    return header;
  }
  const unveiled = openRealData(telegram, keys);
  if (unveiled !== null) {
    return {
      meter: idText(unveiled.address, 2),
      medium: unveiled.address[7],
      records: unveiled.records,
    };
  }
  const meterAddress = header.address === null ? address : header.address;
  const opened = openData(
    {
      header: header,
      address: meterAddress,
      authentication: authentication,
      message: bytes.subarray(at),
      data: header.end - at,
    },
    keys,
  );
  if (isFault(opened)) {
    return opened;
  }
  if (isCompactBehindHeader(bytes[at])) {
    const found = readCompact(opened.data, fillEnd(opened.data), meterAddress, formats);
    return isFault(found) && opened.decrypted ? unreadable(found) : found;
  }
  const format = makerFormatOf(telegram, "data");
  if (format !== null) {
    return readOwn(format, telegram, opened.data, keys);
  }
  const records = readRecords(opened.data, 0, opened.data.length);
  if (isFault(records)) {
    return opened.decrypted ? unreadable(records) : records;
  }
  formats.remember(records);
  return withOwn(telegram, {
    meter: idText(meterAddress, 2),
    medium: meterAddress[7],
    records: records,
  });
}

/** Behind the fill bytes that encrypted data begins with. */
function fillEnd(data: Uint8Array): number {
  let at = 0;
  while (at < data.length && data[at] === fillByte) {
    at++;
  }
  return at;
}

function readCompact(
  bytes: Uint8Array,
  at: number,
  address: Uint8Array,
  formats: CompactFormats,
): WirelessContent | Fault {
  const full = formats.expand(bytes, at);
  if (isFault(full)) {
    return full;
  }
  const records = readRecords(full, 0, full.length);
  return isFault(records) ? records : { meter: idText(address, 2), medium: address[7], records: records };
}
