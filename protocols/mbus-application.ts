import { toHex } from "./bytes.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { readRecords } from "./mbus-record.ts";
import {
  encryptedLength,
  modeCbc,
  modeDerived,
  type Opened,
  openData,
  securityMode,
  unreadable,
} from "./mbus-security.ts";
import type { DataRecord, MeterKeys, Telegram } from "./meter.ts";

/** What stands between the CI field and the data records: EN 13757-7 §7 (transport layer), EN 13757-3 annex G (fixed data). */

export const ciFixed = 0x73;
export const ciLongHeader = 0x72;
export const ciShortHeader = 0x7a;
export const ciNoHeader = 0x78;
export const ciCompact = 0x79;
/** Compact frames behind a header. On a wire 73 is fixed data: only a radio telegram may be read so (EN 13757-7 table 3). */
const ciCompactLong = 0x73;
const ciCompactShort = 0x7b;
export const ciError = 0x70;

export interface TransportHeader {
  /** Maker 2, id 4, version 1, type 1, as on the wire. Null where the header leaves it to the link layer. */
  readonly address: Uint8Array | null;
  readonly accessNumber: number;
  readonly status: number;
  /** Configuration word: bits 8 to 12 are the security mode. 0 where there is no header. */
  readonly config: number;
  /** Where the data begins. */
  readonly end: number;
}

/** Of an error report, by its byte: EN 13757-3 table 17. */
const errors: readonly string[] = [
  "unspecified error",
  "unknown CI field",
  "buffer too long",
  "too many records",
  "premature end of record",
  "more than 10 DIFEs",
  "more than 10 VIFEs",
  "reserved",
  "application too busy",
  "too many readouts",
];

/** Whether a radio telegram's CI field says that a compact frame stands behind a header. */
export function isCompactBehindHeader(ci: number): boolean {
  return ci === ciCompactLong || ci === ciCompactShort;
}

/** The header behind the CI field at `at`, for the CI fields of variable data; those of compact frames count in a radio telegram. */
export function readHeader(
  bytes: Uint8Array,
  at: number,
  to: number,
  isRadio: boolean,
): TransportHeader | Fault {
  const ci = bytes[at];
  const compact = isRadio && isCompactBehindHeader(ci);
  const long = ci === ciLongHeader || (compact && ci === ciCompactLong);
  const length = long ? 12 : ci === ciShortHeader || compact ? 4 : 0;
  if (ci === ciError) {
    return fault("content", "the meter reports an error: " + errorText(bytes, at + 1, to));
  }
  if (ci !== ciNoHeader && length === 0) {
    return fault("unsupported", "CI field " + toHex(bytes.subarray(at, at + 1)) + " is not read here");
  }
  if (at + 1 + length > to) {
    return fault("truncated", "the telegram ends inside its header");
  }
  const rest = at + 1 + (long ? 8 : 0);
  return {
    address: long ? addressOf(bytes, at + 1) : null,
    accessNumber: length === 0 ? 0 : bytes[rest],
    status: length === 0 ? 0 : bytes[rest + 1],
    config: length === 0 ? 0 : bytes[rest + 2] | (bytes[rest + 3] << 8),
    end: at + 1 + length,
  };
}

/** The long header has the id first, the link layer the maker: this is the link layer's order. */
function addressOf(bytes: Uint8Array, at: number): Uint8Array {
  const address = new Uint8Array(8);
  address.set(bytes.subarray(at + 4, at + 6), 0);
  address.set(bytes.subarray(at, at + 4), 2);
  address.set(bytes.subarray(at + 6, at + 8), 6);
  return address;
}

/** The eight digits of an id as printed on the meter: its bytes backwards. */
export function idText(bytes: Uint8Array, at: number): string {
  return toHex(new Uint8Array([bytes[at + 3], bytes[at + 2], bytes[at + 1], bytes[at]]));
}

/** Three letters of five bits each (EN 62056-21 flag code). */
export function makerText(low: number, high: number): string {
  const code = low | (high << 8);
  return String.fromCharCode(64 + ((code >> 10) & 31), 64 + ((code >> 5) & 31), 64 + (code & 31));
}

/** What a wired meter answers. */
export interface Answer {
  readonly meter: string | null;
  /** Device type; null where no header tells it. */
  readonly medium: number | null;
  readonly records: readonly DataRecord[];
}

/** The whole of an answer, from its CI field at `at`. */
export function readApplication(
  bytes: Uint8Array,
  at: number,
  to: number,
  keys: MeterKeys | null,
): Answer | Fault {
  if (bytes[at] === ciFixed) {
    return readFixed(bytes, at, to);
  }
  const header = readHeader(bytes, at, to, false);
  if (isFault(header)) {
    return header;
  }
  const opened = openWired(bytes.subarray(at, to), header, header.end - at, keys);
  if (isFault(opened)) {
    return opened;
  }
  const records = readRecords(opened.data, 0, opened.data.length);
  if (isFault(records)) {
    return opened.decrypted ? unreadable(records) : records;
  }
  const address = header.address;
  return {
    meter: address === null ? null : idText(address, 2),
    medium: address === null ? null : address[7],
    records: records,
  };
}

/**
 * Old meters have anything where newer ones have the configuration word: only a mode of OMS whose encrypted bytes are there, behind
 * a long header, counts as one.
 */
function openWired(
  message: Uint8Array,
  header: TransportHeader,
  data: number,
  keys: MeterKeys | null,
): Opened | Fault {
  const length = encryptedLength(header);
  const mode = securityMode(header.config);
  return header.address === null ||
    (mode !== modeCbc && mode !== modeDerived) ||
    length === 0 ||
    data + length > message.length
    ? { data: message.subarray(data), decrypted: false }
    : openData(
        { header: header, address: header.address, authentication: null, message: message, data: data },
        keys,
      );
}

/** The telegram with the device type that its header told. */
export function withMedium(medium: number | null, telegram: Telegram): Telegram {
  return medium === null ? telegram : Object.assign({ medium: medium }, telegram);
}

/** Id 4, access number, status, medium and units 2, two counters of 4. The units' table is not read: the counters stay bytes. */
function readFixed(bytes: Uint8Array, at: number, to: number): Answer | Fault {
  if (to - at !== 17) {
    return fault("syntax", "fixed data of " + String(to - at - 1) + " bytes; 16 were expected");
  }
  return {
    meter: idText(bytes, at + 1),
    medium: null,
    records: [counter(bytes, at + 9), counter(bytes, at + 13)],
  };
}

function counter(bytes: Uint8Array, at: number): DataRecord {
  return {
    header: "",
    raw: toHex(bytes.subarray(at, at + 4)),
    quantity: "fixed",
    function: "instantaneous",
    storage: 0,
    tariff: 0,
    subunit: 0,
    value: null,
    unit: null,
  };
}

function errorText(bytes: Uint8Array, at: number, to: number): string {
  const code = at < to ? bytes[at] : 0;
  return code < errors.length ? errors[code] : "code " + String(code);
}
