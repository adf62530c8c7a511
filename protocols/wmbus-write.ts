import type { BlockCiphers } from "./block-ciphers.ts";
import { concat } from "./bytes.ts";
import { crcEn13757 } from "./crc.ts";
import { type Fault, fault } from "./fault.ts";
import { configOf, filled, sealMode5 } from "./mbus-seal.ts";
import {
  constantAuthentication,
  constantEncryption,
  deriveKey,
  ellCounter,
  messageMac,
} from "./mbus-security.ts";
import { writeAnswer } from "./mbus-write.ts";
import { ciAfl } from "./wmbus-layers.ts";

/** Writes telegrams as wireless meters send them, for simulators and tests. Crc formats: wmbus-frame.ts. */

export interface WirelessToWrite {
  /** Maker 2, id 4, version, type, as on the wire. */
  readonly address: Uint8Array;
  readonly accessNumber: number;
  /** Data records. */
  readonly data: Uint8Array;
  readonly security: "none" | "mode5" | "mode7" | "ell";
  /** 16 bytes; not used without security. */
  readonly key: Uint8Array;
  /** Four bytes: message counter of mode 7, session of the ELL. */
  readonly counter: Uint8Array;
}

const sndNr = 0x44;
const ciEll = 0x8d;
const authenticationControl = 0x25; // message counter within the CMAC, eight bytes of it
const authenticationFields = 0x2c00; // control, counter and MAC are there
const keyDerivation = 0x10; // key derivation function A
const blockLength = 16;
const fullLength = 256;

/** A telegram from its L field on, without CRCs; a Fault where it is too long. */
export function writeWireless(telegram: WirelessToWrite, ciphers: BlockCiphers): Uint8Array | Fault {
  const content = contentOf(telegram, ciphers);
  const whole = concat([new Uint8Array([0, sndNr]), telegram.address, content]);
  if (whole.length > fullLength) {
    return fault("range", "a telegram of " + String(whole.length) + " bytes is longer than 256");
  }
  whole[0] = whole.length - 1;
  return whole;
}

function contentOf(telegram: WirelessToWrite, ciphers: BlockCiphers): Uint8Array {
  switch (telegram.security) {
    case "mode5":
      return answer(telegram, 0x05, sealMode5(ciphers, telegram, telegram.data));
    case "mode7":
      return derived(telegram, ciphers);
    case "ell":
      return withSession(telegram, ciphers);
    default:
      return answer(telegram, 0, telegram.data);
  }
}

function answer(telegram: WirelessToWrite, mode: number, data: Uint8Array): Uint8Array {
  return writeAnswer(
    {
      address: null,
      accessNumber: telegram.accessNumber,
      status: 0,
      config: configOf(mode, data),
    },
    data,
  );
}

function derived(telegram: WirelessToWrite, ciphers: BlockCiphers): Uint8Array {
  const id = telegram.address.subarray(2, 6);
  const key = deriveKey(ciphers, telegram.key, constantEncryption, telegram.counter, id);
  const data = ciphers.aesCbc.encrypt(key, new Uint8Array(blockLength), filled(telegram.data));
  const head = answer(telegram, 0x07, data);
  const headLength = head.length - data.length;
  const message = concat([head.subarray(0, headLength), new Uint8Array([keyDerivation]), data]);
  const macKey = deriveKey(ciphers, telegram.key, constantAuthentication, telegram.counter, id);
  const authentication = {
    control: authenticationControl,
    counter: telegram.counter,
    messageLength: null,
    mac: new Uint8Array(0),
    end: 0,
  };
  const mac = messageMac(ciphers, macKey, authentication, message).subarray(0, 8);
  const length = 3 + telegram.counter.length + mac.length;
  const fields = [
    ciAfl,
    length,
    authenticationFields & 0xff,
    authenticationFields >> 8,
    authenticationControl,
  ];
  return concat([new Uint8Array(fields), telegram.counter, mac, message]);
}

function withSession(telegram: WirelessToWrite, ciphers: BlockCiphers): Uint8Array {
  const payload = concat([new Uint8Array(2), answer(telegram, 0, telegram.data)]);
  const crc = crcEn13757(payload, 2, payload.length);
  payload[0] = crc & 0xff;
  payload[1] = crc >> 8;
  const control = 0x20;
  const head = new Uint8Array([ciEll, control, telegram.accessNumber]);
  const counter = ellCounter(telegram.address, {
    control: control,
    accessNumber: telegram.accessNumber,
    session: telegram.counter,
    end: 0,
  });
  return concat([head, telegram.counter, ciphers.aesCtr(telegram.key, counter, payload)]);
}
