import { AxdrReader, type CosemData } from "./axdr.ts";
import { readingsOf } from "./dlms-layout.ts";
import { isSealed, unseal } from "./dlms-security.ts";
import { dlmsTime } from "./dlms-time.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import type { MeterKeys, MeterReading } from "./meter.ts";

/** Data-notification (IEC 62056-5-3 §7.3.8), clear or ciphered: invoke id 4, date-time or none, data. */

export const notification = 0x0f;
const invokeLength = 4;
const timeLength = 12;
const octetString = 9;

export interface DlmsContent {
  /** System title, hex, of a ciphered telegram; else null. */
  readonly meter: string | null;
  readonly readings: readonly MeterReading[];
  /** "unauthenticated" where it was ciphered and no tag was checked. */
  readonly quality: "unauthenticated" | null;
}

/** A whole APDU. Bytes behind it are a fault. */
export function readApdu(apdu: Uint8Array, keys: MeterKeys | null): DlmsContent | Fault {
  if (!isSealed(apdu)) {
    return content(apdu, null, null);
  }
  const unsealed = unseal(apdu, keys);
  if (isFault(unsealed)) {
    return unsealed;
  }
  const read = content(unsealed.apdu, unsealed.meter, unsealed.verified ? null : "unauthenticated");
  return isFault(read)
    ? fault("content", "the seal is open, but nothing here reads what is inside: " + read.detail)
    : read;
}

function content(
  apdu: Uint8Array,
  meter: string | null,
  quality: DlmsContent["quality"],
): DlmsContent | Fault {
  const note = readNotification(apdu, true);
  if (isFault(note) || note.end !== apdu.length) {
    const strict = readNotification(apdu, false);
    return isFault(strict)
      ? strict
      : strict.end !== apdu.length
        ? fault("syntax", "bytes behind the end of the data")
        : readingsIn(strict, meter, quality);
  }
  return readingsIn(note, meter, quality);
}

function readingsIn(
  note: Notification,
  meter: string | null,
  quality: DlmsContent["quality"],
): DlmsContent | Fault {
  const readings = readingsOf(note.data, note.time);
  return isFault(readings) ? readings : { meter: meter, readings: readings, quality: quality };
}

interface Notification {
  readonly time: string | null;
  readonly data: CosemData;
  /** Behind its last byte. */
  readonly end: number;
}

/** Length of the notification that begins the bytes, or why there is none; "truncated" where they stop inside one. */
export function notificationLength(bytes: Uint8Array): number | Fault {
  const note = readNotification(bytes, true);
  const chosen = isFault(note) && note.fault !== "truncated" ? readNotification(bytes, false) : note;
  return isFault(chosen) ? chosen : chosen.end;
}

/** `attributes`: structures may begin with attributes that have no type. */
function readNotification(apdu: Uint8Array, attributes: boolean): Notification | Fault {
  if (apdu.length === 0) {
    return truncated;
  }
  if (apdu[0] !== notification) {
    return fault("unsupported", "an APDU that is no data-notification, general-glo or general-ded-ciphering");
  }
  let at = 1 + invokeLength;
  if (at < apdu.length && apdu[at] === octetString) {
    at++; // Some meters give the time its type.
  }
  if (at >= apdu.length) {
    return truncated;
  }
  const length = apdu[at++];
  if (length !== 0 && length !== timeLength) {
    return fault("syntax", "a time of " + String(length) + " bytes, not 0 or 12");
  }
  if (at + length > apdu.length) {
    return truncated;
  }
  const time = length === 0 ? null : dlmsTime(apdu, at);
  const reader = new AxdrReader(apdu, at + length, attributes);
  const data = reader.read();
  return isFault(data) ? data : { time: time, data: data, end: reader.at };
}

const truncated: Fault = fault("truncated", "the bytes stop inside a data-notification");
