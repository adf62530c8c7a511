import { AxdrReader } from "./axdr.ts";
import { concat, toHex } from "./bytes.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { openGcm, unverifiedGcm } from "./gcm.ts";
import type { MeterKeys } from "./meter.ts";

/** Ciphered APDUs (IEC 62056-5-3 §5.3.6): tag, system title, length, security byte, frame counter 4, content, authentication tag 12. */

export const glo = 0xdb; // general-glo-ciphering: under the meter's global key
const ded = 0xdc; // general-ded-ciphering: under a key of the session
const notification = 0x0f;
const titleLength = 8;
const headLength = 5; // security byte and frame counter
const tagLength = 12;
const authenticated = 0x10;
const encrypted = 0x20;
const compressed = 0x80;

export interface Unsealed {
  readonly apdu: Uint8Array;
  /** The system title, hex: who sealed it. */
  readonly meter: string;
  /** Whether the tag was checked and held. */
  readonly verified: boolean;
}

/** Whether an APDU is ciphered; whether it can be opened is for `unseal` to say. */
export function isSealed(apdu: Uint8Array): boolean {
  return apdu.length > 0 && (apdu[0] === glo || apdu[0] === ded);
}

/** Length of a sealed APDU as its head tells it; a Fault ("truncated") where the head is not there yet. */
export function sealedLength(apdu: Uint8Array): number | Fault {
  const place = contentOf(apdu);
  return isFault(place) ? place : place.to;
}

/**
 * Without the authentication key what is encrypted can be read but not verified. Of a wrong key and a damaged telegram the first byte
 * tells, which is always the same: a damaged one shows as "checksum" then.
 */
export function unseal(apdu: Uint8Array, keys: MeterKeys | null): Unsealed | Fault {
  const place = contentOf(apdu);
  if (isFault(place)) {
    return place;
  }
  if (place.to !== apdu.length) {
    return fault("syntax", "the length of the sealed content does not fit");
  }
  const control = apdu[place.at];
  if ((control & 0x0f) > 1 || (control & compressed) !== 0) {
    return fault("unsupported", "sealed with security byte " + toHex(apdu.subarray(place.at, place.at + 1)));
  }
  const isAuthenticated = (control & authenticated) !== 0;
  const end = place.to - (isAuthenticated ? tagLength : 0);
  const start = place.at + headLength;
  if (start >= end) {
    return fault("syntax", "a sealed telegram without content");
  }
  const title = apdu.subarray(2, 2 + titleLength);
  const content = new Uint8Array(apdu.subarray(start, end));
  const opened = open(apdu, place.at, content, keys, control);
  return isFault(opened) ? opened : { apdu: opened.apdu, meter: toHex(title), verified: opened.verified };
}

function open(
  apdu: Uint8Array,
  at: number,
  content: Uint8Array,
  keys: MeterKeys | null,
  control: number,
): { readonly apdu: Uint8Array; readonly verified: boolean } | Fault {
  const isEncrypted = (control & encrypted) !== 0;
  const isAuthenticated = (control & authenticated) !== 0;
  const auth = keys === null || keys.auth === undefined ? null : keys.auth;
  if (!isEncrypted && (!isAuthenticated || auth === null)) {
    return { apdu: content, verified: false };
  }
  if (keys === null || keys.key === null || keys.key.length !== 16) {
    return fault("no-key", "a sealed telegram: it needs the meter's key of 16 bytes");
  }
  const nonce = concat([apdu.subarray(2, 2 + titleLength), apdu.subarray(at + 1, at + headLength)]);
  const head = new Uint8Array([control]);
  if (isAuthenticated && auth !== null) {
    const tag = new Uint8Array(apdu.subarray(apdu.length - tagLength));
    const additional = concat(isEncrypted ? [head, auth] : [head, auth, content]);
    const seal = { key: keys.key, nonce: nonce, additional: additional };
    const opened = openGcm(keys.ciphers, seal, isEncrypted ? content : new Uint8Array(0), tag);
    if (opened !== null) {
      return { apdu: isEncrypted ? opened : content, verified: true };
    }
  }
  const plain = isEncrypted ? unverifiedGcm(keys.ciphers, { key: keys.key, nonce: nonce }, content) : content;
  if (plain[0] !== notification) {
    return fault("wrong-key", "the key does not open the telegram");
  }
  return isAuthenticated && auth !== null
    ? fault("checksum", "the tag does not fit: a damaged telegram, or another authentication key")
    : { apdu: plain, verified: false };
}

/** Where the security byte is, and where the APDU ends. */
function contentOf(apdu: Uint8Array): { readonly at: number; readonly to: number } | Fault {
  if (apdu.length > 1 && apdu[1] !== titleLength) {
    return fault("syntax", "a system title of " + String(apdu[1]) + " bytes, not 8");
  }
  const reader = new AxdrReader(apdu, 2 + titleLength, false);
  const length = reader.length();
  return isFault(length) ? length : { at: reader.at, to: reader.at + length };
}
