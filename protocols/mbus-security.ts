import type { BlockCiphers } from "./block-ciphers.ts";
import { concat, equal } from "./bytes.ts";
import { aesCmac } from "./cmac.ts";
import { type Fault, fault } from "./fault.ts";
import type { TransportHeader } from "./mbus-application.ts";
import type { MeterKeys } from "./meter.ts";
import type { Authentication, ExtendedLink } from "./wmbus-layers.ts";

/**
 * What protects a telegram's content: EN 13757-7 §7.6 and OMS specification volume 2 §9. Addresses are maker 2, id 4, version, type as in
 * the link layer.
 */

/** Clear data, and whether a key opened it. */
export interface Opened {
  readonly data: Uint8Array;
  readonly decrypted: boolean;
}

export const fillByte = 0x2f;

const modeDes = 2;
const modeDesIv = 3;
export const modeCbc = 5;
const modeCtrCmac = 8;
const modeGcm = 9;
const modeCcm = 10;
const modeTls = 13;
export const modeDerived = 7;

export const constantEncryption = 0x00; // OMS volume 2 §9.6.2, from the meter
export const constantAuthentication = 0x01;
const zero8 = new Uint8Array(8);
const zero16 = new Uint8Array(16);

/** Of the communication control field: a repeater sets it, after the meter encrypted. */
const hopBit = 0x10;

/** Security mode of a configuration word. */
export function securityMode(config: number): number {
  return (config >> 8) & 31;
}

export interface Protected {
  readonly header: TransportHeader;
  /** Of the long header where there is one, else of the link layer. */
  readonly address: Uint8Array;
  readonly authentication: Authentication | null;
  /** From the CI field of the transport layer to the end; `data` is where its data begins in it. */
  readonly message: Uint8Array;
  readonly data: number;
}

/**
 * The clear data of a telegram. Modes that the table does not know are mostly no encryption but old meters' own use of the word, and
 * data that begins with two fill bytes was stored after it was decrypted.
 */
export function openData(content: Protected, keys: MeterKeys | null): Opened | Fault {
  const data = content.message.subarray(content.data);
  switch (securityMode(content.header.config)) {
    case modeDes:
      return openBlocks(data, content.header.config & 0xff, keys, 8, (ciphers, key, blocks) =>
        ciphers.desCbc.decrypt(key, zero8, blocks),
      );
    case modeCbc:
      return openBlocks(data, encryptedLength(content.header), keys, 16, (ciphers, key, blocks) =>
        ciphers.aesCbc.decrypt(key, initialVector(content), blocks),
      );
    case modeDerived:
      return openDerived(content, keys);
    case modeDesIv:
    case modeCtrCmac:
    case modeGcm:
    case modeCcm:
    case modeTls:
      return isClear(data)
        ? clear(data)
        : fault(
            "unsupported",
            "encrypted with security mode " +
              String(securityMode(content.header.config)) +
              ", which is not opened here",
          );
    default:
      return clear(data);
  }
}

type Decrypt = (ciphers: BlockCiphers, key: Uint8Array, blocks: Uint8Array) => Uint8Array;

/** The first `length` bytes of the data are encrypted, the rest is clear. With the right key the text begins with two fill bytes. */
function openBlocks(
  data: Uint8Array,
  length: number,
  keys: MeterKeys | null,
  keyLength: number,
  decrypt: Decrypt,
): Opened | Fault {
  if (length === 0) {
    return clear(data);
  }
  const key = keys === null ? null : keys.key;
  if (length > data.length) {
    return fault(
      "truncated",
      String(length) + " encrypted bytes are announced, " + String(data.length) + " came",
    );
  }
  if (keys !== null && key !== null && key.length === keyLength && length % keyLength === 0) {
    const text = decrypt(keys.ciphers, key, data.subarray(0, length));
    if (isClear(text)) {
      return { data: concat([text, data.subarray(length)]), decrypted: true };
    }
  }
  return isClear(data) ? clear(data) : closed(key, keyLength);
}

/** Mode 7: keys derived for each message counter; the MAC is checked before anything is decrypted. */
function openDerived(content: Protected, keys: MeterKeys | null): Opened | Fault {
  if (content.data >= content.message.length) {
    return fault("truncated", "the telegram ends inside its header");
  }
  const extension = content.message[content.data]; // third byte of the configuration field
  const data = content.message.subarray(content.data + 1);
  if (isClear(data)) {
    return clear(data);
  }
  const key = keys === null ? null : keys.key;
  if (keys === null || key === null || key.length !== 16) {
    return closed(key, 16);
  }
  const authentication = content.authentication;
  if (((extension >> 4) & 3) !== 1 || authentication === null || authentication.counter === null) {
    return fault(
      "unsupported",
      "security mode 7 without a message counter, or with a key derivation that is not known here",
    );
  }
  if (!macHolds(content, authentication, authentication.counter, keys.ciphers, key)) {
    return fault(
      "wrong-key",
      "the message authentication code does not fit: another key, or a telegram that was changed",
    );
  }
  const derived = deriveKey(
    keys.ciphers,
    key,
    constantEncryption,
    authentication.counter,
    content.address.subarray(2, 6),
  );
  return openBlocks(
    data,
    encryptedLength(content.header),
    { ciphers: keys.ciphers, key: derived },
    16,
    (ciphers, own, blocks) => ciphers.aesCbc.decrypt(own, zero16, blocks),
  );
}

function macHolds(
  content: Protected,
  authentication: Authentication,
  counter: Uint8Array,
  ciphers: BlockCiphers,
  key: Uint8Array,
): boolean {
  const own = deriveKey(ciphers, key, constantAuthentication, counter, content.address.subarray(2, 6));
  const expected = messageMac(ciphers, own, authentication, content.message);
  return (
    authentication.mac.length > 0 &&
    equal(expected.subarray(0, authentication.mac.length), authentication.mac)
  );
}

/** CMAC over message control, counter, length where it is sent, and the transport layer: OMS volume 2 §9.3. */
export function messageMac(
  ciphers: BlockCiphers,
  key: Uint8Array,
  authentication: Authentication,
  message: Uint8Array,
): Uint8Array {
  const none = new Uint8Array(0);
  return aesCmac(
    ciphers,
    key,
    concat([
      new Uint8Array([authentication.control]),
      authentication.counter === null ? none : authentication.counter,
      authentication.messageLength === null ? none : authentication.messageLength,
      message,
    ]),
  );
}

/** Key derivation function A: CMAC over constant, counter, id and seven bytes 07 (OMS volume 2 §9.6.2). */
export function deriveKey(
  ciphers: BlockCiphers,
  key: Uint8Array,
  constant: number,
  counter: Uint8Array,
  id: Uint8Array,
): Uint8Array {
  return aesCmac(
    ciphers,
    key,
    concat([new Uint8Array([constant]), counter, id, new Uint8Array([7, 7, 7, 7, 7, 7, 7])]),
  );
}

/** Maker to type, then eight times the access number: EN 13757-7 table 24. */
function initialVector(content: Protected): Uint8Array {
  const iv = new Uint8Array(16).fill(content.header.accessNumber);
  iv.set(content.address, 0);
  return iv;
}

/** Bytes, from the number of blocks in bits 4 to 7. */
export function encryptedLength(header: TransportHeader): number {
  return ((header.config >> 4) & 15) * 16;
}

/** First counter block of the ELL's AES-CTR: address, control, session, frame number and block counter 0 (EN 13757-4 §12.3). */
export function ellCounter(address: Uint8Array, ell: ExtendedLink): Uint8Array {
  const counter = new Uint8Array(16);
  counter.set(address, 0);
  counter[8] = ell.control & ~hopBit;
  if (ell.session !== null) {
    counter.set(ell.session, 9);
  }
  return counter;
}

/** The fault of a telegram that stays closed. */
export function closed(key: Uint8Array | null, keyLength: number): Fault {
  if (key === null) {
    return fault("no-key", "the telegram is encrypted and no key is given for this meter");
  }
  return key.length === keyLength
    ? fault("wrong-key", "the telegram is encrypted and the key does not open it")
    : fault(
        "wrong-key",
        "the key has " + String(key.length) + " bytes; " + String(keyLength) + " are needed",
      );
}

/** Behind a key that fits, what cannot be read is no longer a matter of keys or of the line. */
export function unreadable(found: Fault): Fault {
  return found.fault === "content"
    ? found
    : fault("content", "the key fits, but the content is not read here: " + found.detail);
}

function isClear(data: Uint8Array): boolean {
  return data.length > 1 && data[0] === fillByte && data[1] === fillByte;
}

function clear(data: Uint8Array): Opened {
  return { data: data, decrypted: false };
}
