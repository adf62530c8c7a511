import { crcEn13757 } from "./crc.ts";
import { type Fault, fault } from "./fault.ts";

/** The two optional layers between link and transport: ELL (EN 13757-4 §12) and AFL (EN 13757-7 §6). */

export const ciAfl = 0x90;

export interface ExtendedLink {
  /** Communication control, access number. */
  readonly control: number;
  readonly accessNumber: number;
  /** Four bytes where the payload has a session and a CRC of its own; bits 29 to 31 of it say whether it is encrypted. */
  readonly session: Uint8Array | null;
  /** Where the payload begins; with a session, its CRC. */
  readonly end: number;
}

/** Length behind the CI field by CI: 8c and 8d, with the address of a second party 8e and 8f. */
const ellLengths: readonly number[] = [2, 6, 10, 14];

export function isEll(ci: number): boolean {
  return ci >= 0x8c && ci <= 0x8f;
}

/** The extended link layer whose CI field is at `at`, of a telegram that ends at `to`. Fault: "truncated". */
export function readEll(bytes: Uint8Array, at: number, to: number): ExtendedLink | Fault {
  const ci = bytes[at];
  const end = at + 1 + ellLengths[ci - 0x8c];
  const hasSession = (ci & 1) === 1;
  if (end + (hasSession ? 2 : 0) >= to) {
    return fault("truncated", "the telegram ends inside its extended link layer");
  }
  return {
    control: bytes[at + 1],
    accessNumber: bytes[at + 2],
    session: hasSession ? bytes.subarray(end - 4, end) : null,
    end: end,
  };
}

/** Whether the CRC in front of an ELL's payload fits it: low byte first, over all behind it. */
export function payloadCrcHolds(bytes: Uint8Array, at: number, to: number): boolean {
  return at + 2 < to && crcEn13757(bytes, at + 2, to) === (bytes[at] | (bytes[at + 1] << 8));
}

export interface Authentication {
  /** Message control field; 0 where there is none. */
  readonly control: number;
  /** Message counter, four bytes as sent; null where there is none. */
  readonly counter: Uint8Array | null;
  /** Two bytes as sent; null where there are none. */
  readonly messageLength: Uint8Array | null;
  /** Empty where the telegram is not authenticated. */
  readonly mac: Uint8Array;
  readonly end: number;
}

const macLengths: readonly number[] = [0, 0, 0, 2, 4, 8, 12, 16]; // by the low four bits of the message control field
const moreFragments = 0x4000;
const fragmentNumber = 0x81ff; // and the two reserved bits, which no authentication covers
const hasControl = 0x2000;
const hasLength = 0x1000;
const hasCounter = 0x0800;
const hasMac = 0x0400;
const hasKeyInformation = 0x0200;

/** AFLL, FCL, then as FCL says MCL, KI, MCR, MAC, ML. Fragments of longer messages are not put together. */
export function readAfl(bytes: Uint8Array, at: number, to: number): Authentication | Fault {
  const end = at + 2 + bytes[at + 1];
  if (at + 4 > to || end >= to) {
    return fault("truncated", "the telegram ends inside its authentication layer");
  }
  const fields = bytes[at + 2] | (bytes[at + 3] << 8);
  if ((fields & moreFragments) !== 0 || (fields & fragmentNumber) !== 0) {
    return fault("unsupported", "a fragment of a longer message; fragments are not put together here");
  }
  let next = at + 4;
  const control = (fields & hasControl) === 0 ? 0 : bytes[next++];
  next += (fields & hasKeyInformation) === 0 ? 0 : 2;
  const counterLength = (fields & hasCounter) === 0 ? 0 : 4;
  const macLength = (fields & hasMac) === 0 ? 0 : macLengths[control & 15];
  const lengthLength = (fields & hasLength) === 0 ? 0 : 2;
  if (macLength === undefined || ((fields & hasMac) !== 0 && macLength === 0)) {
    return fault("unsupported", "authentication of type " + String(control & 15) + " is not checked here");
  }
  const mac = next + counterLength;
  if (mac + macLength + lengthLength !== end) {
    return fault("syntax", "the authentication layer's fields do not fill its length");
  }
  return {
    control: control,
    counter: counterLength === 0 ? null : bytes.subarray(next, mac),
    messageLength: lengthLength === 0 ? null : bytes.subarray(end - 2, end),
    mac: bytes.subarray(mac, mac + macLength),
    end: end,
  };
}
