import { concat, toHex } from "../../protocols/bytes.ts";
import { isFault } from "../../protocols/fault.ts";
import { meterLanguage } from "../../protocols/index.ts";
import type { BadTelegram, MeterDecoder, MeterKeys, MeterLanguage, Telegram } from "../../protocols/meter.ts";
import { countParity } from "../../protocols/parity.ts";
import { crcsOfA, takeB } from "../../protocols/wmbus-frame.ts";
import { type ReceiverName, wmbusBehind } from "../../protocols/wmbus-receiver.ts";

/** Why a telegram is believed: never its looks. */
export type Proof =
  /** Its own checksum, tag or decryption. */
  | "checksum"
  /** None, but every character has its parity bit. */
  | "parity"
  /** None, but the same meter sent the same registers twice. */
  | "repetition";

/** A language that was heard for certain. */
export interface Sighting {
  readonly language: MeterLanguage;
  /** Whose frames wireless telegrams came in. */
  readonly receiver: ReceiverName;
  readonly proof: Proof;
  /** Good ones. */
  telegrams: number;
  /** Bad ones since the first good one. */
  faults: number;
  /** The last good one; null where all of them need a key. */
  telegram: Telegram | null;
  /** They hold, but nobody gave the key that opens them, or it is another one. */
  locked: "no-key" | "wrong-key" | null;
  /** Text of seven bits whose parity came as an eighth. */
  sevenBits: boolean;
}

/** Bytes of a stay that are kept to look at: longer than any telegram. */
const keptMax = 256 * 1024;
/** Characters whose parity must hold before parity counts as a checksum: noise passes once in 2^40. */
const parityLeast = 40;

/** What a language's result is worth. `bytes` begins with the telegram and may go on behind it. */
type Judge = (result: Telegram | BadTelegram, bytes: Uint8Array, weak: WeakBook) => Proof | null;

interface Listener {
  readonly name: string;
  /** Of wireless meters: whose frames the telegrams come in; absent for none. */
  readonly receiver?: ReceiverName;
  /** On lines with even parity, on those without, or on both. */
  readonly parity: "even" | "none" | "both";
  readonly judge: Judge;
}

/** The languages that are listened for, one line each. A language earlier in the list is taken where two hold. */
const listeners: readonly Listener[] = [
  { name: "sml", parity: "both", judge: goodOnly },
  { name: "dsmr", parity: "both", judge: p1 },
  { name: "d0", parity: "both", judge: d0 },
  { name: "dlms", parity: "both", judge: framed },
  { name: "mbus", parity: "even", judge: opened },
  { name: "wmbus", parity: "none", judge: withCrcs },
  { name: "wmbus", receiver: "im871a", parity: "none", judge: hciFrame },
  { name: "wmbus", receiver: "amber", parity: "none", judge: amberFrame },
  { name: "wmbus", receiver: "amber-rssi", parity: "none", judge: amberFrame },
];

/** Telegrams without a checksum, over all stays: one is none, two of one meter are. */
export class WeakBook {
  private readonly seen = new Map<string, number>();
  /** How many have come for the first time. */
  first = 0;

  /** Whether it has come before. */
  again(key: string): boolean {
    const times = this.seen.get(key) ?? 0;
    this.first += times === 0 ? 1 : 0;
    if (this.seen.size < weakMax) {
      this.seen.set(key, times + 1);
    }
    return times > 0;
  }
}

const weakMax = 1000;

/** Listens for all languages at one setting of a line. */
export class Ears {
  readonly sightings: Sighting[] = [];
  /** Something began as a telegram does whose checksum did not fit or has not come yet: the setting may be right. */
  isPromising = false;
  /** A telegram came that counts when its meter comes again. */
  awaitsAnother = false;
  private readonly mouths: readonly { readonly listener: Listener; readonly decoder: MeterDecoder }[];
  private readonly weak: WeakBook;
  private kept: Uint8Array = new Uint8Array(0);
  private dropped = 0;

  constructor(parity: "even" | "none", keys: MeterKeys, weak: WeakBook) {
    this.weak = weak;
    this.mouths = listeners
      .filter((listener) => listener.parity === "both" || listener.parity === parity)
      .map((listener) => ({ listener, decoder: languageOf(listener).decoder(keys) }));
  }

  push(bytes: Uint8Array): void {
    this.keep(bytes);
    for (const { listener, decoder } of this.mouths) {
      for (const result of decoder.push(bytes)) {
        this.take(listener, result);
      }
    }
    this.isPromising ||= beginsLikeOne(this.kept.subarray(-bytes.length - 8));
  }

  /** The line is silent: what waited for its successor is whole. */
  pause(): void {
    for (const { listener, decoder } of this.mouths) {
      if (isReadout(listener)) {
        for (const result of decoder.end()) {
          this.take(listener, result);
        }
      }
    }
  }

  private keep(bytes: Uint8Array): void {
    this.kept = concat([this.kept, bytes]);
    if (this.kept.length > keptMax) {
      const surplus = this.kept.length - keptMax / 2;
      this.kept = this.kept.slice(surplus);
      this.dropped += surplus;
    }
  }

  private take(listener: Listener, result: Telegram | BadTelegram): void {
    const at = result.offset - this.dropped;
    const bytes = at < 0 ? new Uint8Array(0) : this.kept.subarray(at);
    const before = this.weak.first;
    const proof = listener.judge(result, bytes, this.weak);
    this.awaitsAnother ||= this.weak.first > before;
    const sighting = this.sightings.find((one) => isOf(one, listener));
    if (proof === null) {
      this.isPromising ||= isFault(result) && result.fault === "checksum" && listener.name !== "wmbus";
      if (sighting !== undefined && isFault(result)) {
        sighting.faults++;
      }
      return;
    }
    const seen = sighting ?? this.sight(listener, proof, bytes);
    seen.telegrams++;
    seen.telegram = isFault(result) ? seen.telegram : result;
    seen.locked = isFault(result) ? (result.fault === "wrong-key" ? "wrong-key" : "no-key") : null;
  }

  private sight(listener: Listener, proof: Proof, bytes: Uint8Array): Sighting {
    const sighting: Sighting = {
      language: meterLanguage(listener.name)!,
      receiver: listener.receiver ?? "plain",
      proof,
      telegrams: 0,
      faults: 0,
      telegram: null,
      locked: null,
      sevenBits: isReadout(listener) && hasParity(bytes),
    };
    this.sightings.push(sighting);
    this.sightings.sort((a, b) => rank(a) - rank(b));
    return sighting;
  }
}

function rank(sighting: Sighting): number {
  return listeners.findIndex((one) => isOf(sighting, one)) + (sighting.proof === "checksum" ? 0 : 100);
}

function isOf({ language, receiver }: Sighting, listener: Listener): boolean {
  return language.name === listener.name && receiver === (listener.receiver ?? "plain");
}

function languageOf({ name, receiver }: Listener): MeterLanguage {
  return receiver === undefined ? meterLanguage(name)! : wmbusBehind(receiver);
}

function goodOnly(result: Telegram | BadTelegram): Proof | null {
  return isFault(result) || result.quality === "unchecked" ? null : "checksum";
}

/** A frame whose sum holds, also where its content needs a key. */
function opened(result: Telegram | BadTelegram): Proof | null {
  return !isFault(result) || isLocked(result) ? "checksum" : null;
}

/** Frames of HDLC or M-Bus have checksums; a bare APDU has none. */
function framed(result: Telegram | BadTelegram, bytes: Uint8Array): Proof | null {
  const isFramed = bytes[0] === 0x7e || bytes[0] === 0x68;
  return isFault(result) ? (isLocked(result) && isFramed ? "checksum" : null) : goodOnly(result);
}

/**
 * As most receivers hand telegrams out they have no CRC; then nothing proves them. Format A has two CRCs at least; the one of format B fits
 * noise too often, so it counts behind its synchronisation word or when the same meter comes again.
 */
function withCrcs(result: Telegram | BadTelegram, bytes: Uint8Array, weak: WeakBook): Proof | null {
  if (bytes.length < 12 || (isFault(result) && !isLocked(result) && result.fault !== "content")) {
    return null;
  }
  const isSynced = bytes[0] === 0x54 && bytes[1] === 0x3d;
  const start = isSynced ? 4 : 0;
  const a = crcsOfA(bytes, start);
  if (a.held === a.count) {
    return "checksum";
  }
  const isB = takeB(bytes, start) !== null;
  return isB && (isSynced || weak.again(`wmbus ${toHex(bytes.subarray(2, 10))}`)) ? "checksum" : null;
}

/** A frame of iM871A whose CRC is there and fits: the decoder gives nothing of one whose CRC does not. */
function hciFrame(result: Telegram | BadTelegram, bytes: Uint8Array): Proof | null {
  const isChecked = bytes[0] === 0xa5 && (bytes[1]! & 0x80) !== 0;
  return isChecked && (!isFault(result) || isLocked(result)) ? "checksum" : null;
}

/** One byte of checksum fits noise too often: the same meter must come twice. Whether field strength is there too, only what is read shows. */
function amberFrame(result: Telegram | BadTelegram, bytes: Uint8Array, weak: WeakBook): Proof | null {
  const isFrame = bytes[0] === 0xff && bytes[1] === 0x03;
  const isGood = !isFault(result) || isLocked(result);
  const meter = result.meter ?? null;
  return isFrame && isGood && meter !== null && weak.again(`amber ${isFault(result)} ${meter}`)
    ? "repetition"
    : null;
}

function isReadout({ name }: Listener): boolean {
  return name === "d0" || name === "dsmr";
}

/** A sealed P1 telegram shows its form and its meter's title only. */
function p1(result: Telegram | BadTelegram, bytes: Uint8Array, weak: WeakBook): Proof | null {
  if (isFault(result)) {
    const isSealed = isLocked(result) && bytes[0] === 0xdb;
    return isSealed && weak.again(toHex(bytes.subarray(0, 10))) ? "repetition" : null;
  }
  return result.quality !== "unchecked" ? "checksum" : isP1(result) ? unchecked(result, bytes, weak) : null;
}

function d0(result: Telegram | BadTelegram, bytes: Uint8Array, weak: WeakBook): Proof | null {
  if (isFault(result)) {
    return null;
  }
  return result.quality !== "unchecked" ? "checksum" : isP1(result) ? null : unchecked(result, bytes, weak);
}

/** Without BCC or CRC the parity of all characters, or a second readout of the same registers, must stand for it. */
function unchecked(result: Telegram, bytes: Uint8Array, weak: WeakBook): Proof | null {
  const names = result.readings.map(({ obis }) => obis).join(" ");
  return hasParity(bytes) ? "parity" : weak.again(`${result.meter} ${names}`) ? "repetition" : null;
}

/** Registers that P1 telegrams of versions 2 and 3 have and D0 readouts do not: equipment id, tariff (P1 companion standard 3.0 §6.4). */
function isP1({ readings }: Telegram): boolean {
  return readings.some(({ obis }) => obis === "0-0:96.1.1" || obis === "0-0:96.14.0");
}

function isLocked(result: Telegram | BadTelegram): boolean {
  return isFault(result) && (result.fault === "no-key" || result.fault === "wrong-key");
}

/** Whether the text up to the first `!` has even parity in bit 7. */
function hasParity(bytes: Uint8Array): boolean {
  const end = bytes.findIndex((byte) => (byte & 0x7f) === 0x21);
  const parity = { high: 0, odd: 0 };
  countParity(parity, bytes, 0, Math.max(end, 0));
  return end >= parityLeast && parity.high > 0 && parity.odd === 0;
}

/** Start of SML; opening of an M-Bus long frame; an identification line. */
function beginsLikeOne(bytes: Uint8Array): boolean {
  for (let at = 0; at + 8 <= bytes.length; at++) {
    const isSml = bytes[at] === 0x1b && toHex(bytes.subarray(at, at + 8)) === "1b1b1b1b01010101";
    const isMbus = bytes[at] === 0x68 && bytes[at + 3] === 0x68 && bytes[at + 1] === bytes[at + 2];
    if (isSml || isMbus) {
      return true;
    }
  }
  return false;
}
