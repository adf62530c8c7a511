import { typeArray, typeAttribute, typeStructure } from "./axdr.ts";
import { concat, pieceOf } from "./bytes.ts";
import { glo } from "./dlms-security.ts";
import { sealGcm } from "./gcm.ts";
import { hdlcFrame } from "./hdlc.ts";
import { longFrame } from "./mbus-frame.ts";
import type { MeterKeys } from "./meter.ts";

/** What a meter pushes, for simulators and tests: data, its notification, the seal, and the three ways to cut it in pieces. */

/** A length as BER has it, in the fewest bytes. */
export function writeLength(length: number): Uint8Array {
  return new Uint8Array(
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255],
  );
}

/** Data to be written. */
export interface DataForm {
  readonly type: number;
  readonly octets: Uint8Array;
  readonly items: readonly DataForm[];
}

/** Data of `octets` (any type, as they stand behind the type) and lists; strings (4, 9, 10, 12) get their length. */
export function writeData(data: DataForm): Uint8Array {
  if (data.type === typeAttribute) {
    return data.octets;
  }
  const type = new Uint8Array([data.type]);
  if (data.type === typeArray || data.type === typeStructure) {
    return concat([type, writeLength(data.items.length), concat(data.items.map(writeData))]);
  }
  const hasLength = data.type === 9 || data.type === 10 || data.type === 12;
  return hasLength
    ? concat([type, writeLength(data.octets.length), data.octets])
    : concat([type, data.octets]);
}

/** A data-notification; `time`: 12 bytes, or none. */
export function writeNotification(invoke: number, time: Uint8Array, data: Uint8Array): Uint8Array {
  const head = [0x0f, invoke >>> 24, (invoke >> 16) & 255, (invoke >> 8) & 255, invoke & 255, time.length];
  return concat([new Uint8Array(head), time, data]);
}

export interface SealOrder {
  /** 8 bytes. */
  readonly title: Uint8Array;
  readonly counter: number;
  /** 10: authenticated, 20: encrypted, 30: both (hexadecimal). */
  readonly control: number;
}

/** General-glo-ciphering under the keys, both of which must be there. */
export function sealApdu(keys: MeterKeys, order: SealOrder, apdu: Uint8Array): Uint8Array {
  const counter = order.counter;
  const counterBytes = new Uint8Array([
    counter >>> 24,
    (counter >> 16) & 255,
    (counter >> 8) & 255,
    counter & 255,
  ]);
  const control = new Uint8Array([order.control]);
  const key = keys.key as Uint8Array;
  const nonce = concat([order.title, counterBytes]);
  const isEncrypted = (order.control & 0x20) !== 0;
  const auth = keys.auth as Uint8Array;
  const additional = concat(isEncrypted ? [control, auth] : [control, auth, apdu]);
  const sealed = sealGcm(
    keys.ciphers,
    { key: key, nonce: nonce, additional: additional },
    isEncrypted ? apdu : new Uint8Array(0),
    12,
  );
  const whole = isEncrypted ? sealed : concat([apdu, sealed]);
  const content = (order.control & 0x10) !== 0 ? whole : whole.subarray(0, apdu.length);
  return concat([
    new Uint8Array([glo, 8]),
    order.title,
    writeLength(5 + content.length),
    control,
    counterBytes,
    content,
  ]);
}

/** HDLC frames with at most `most` bytes of the APDU each. */
export function hdlcSegments(addresses: Uint8Array, apdu: Uint8Array, most: number): Uint8Array[] {
  const parts = pieces(concat([new Uint8Array([0xe6, 0xe7, 0x00]), apdu]), most);
  return parts.map(
    (part, i) => hdlcFrame(addresses, new Uint8Array(part), i < parts.length - 1) as Uint8Array,
  );
}

/** M-Bus long frames with at most `most` bytes of the APDU each, 250 at the highest. */
export function mbusSegments(apdu: Uint8Array, most: number): Uint8Array[] {
  const parts = pieces(apdu, most);
  return parts.map(function (part, i) {
    const last = i === parts.length - 1 ? 0x10 : 0;
    return longFrame(0x53, 0xff, concat([new Uint8Array([last | (i & 15), 0x01, 0x67]), part])) as Uint8Array;
  });
}

/** APDUs of general block transfer with at most `most` bytes each. */
export function blockApdus(apdu: Uint8Array, most: number): Uint8Array[] {
  const parts = pieces(apdu, most);
  return parts.map(function (part, i) {
    const last = i === parts.length - 1 ? 0x80 : 0;
    const head = [0xe0, last | 0x40, (i + 1) >> 8, (i + 1) & 255, 0, 0];
    return concat([new Uint8Array(head), writeLength(part.length), part]);
  });
}

function pieces(bytes: Uint8Array, most: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += most) {
    parts.push(pieceOf(bytes, at, most));
  }
  return parts;
}
