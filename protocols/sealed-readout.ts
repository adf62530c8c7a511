import { type Fault, fault, isFault } from "./fault.ts";
import { openGcm, unverifiedGcm } from "./gcm.ts";
import type { BadTelegram, MeterDecoder, MeterKeys, Telegram } from "./meter.ts";
import { ReadoutDecoder, type ReadoutEnding } from "./readout.ts";

/**
 * Readouts as Luxembourg's P1 ports encrypt them (DLMS security suite 0; Luxmetering, Specifications of the Smarty P1 port):
 * `db 08` system title, `82` length, `30` frame counter, ciphertext, 12 bytes of tag.
 */

/** Longest sealed readout in bytes; P1 telegrams have 1500. */
export const sealedMax = 4096;
const titleAt = 2;
const lengthAt = 11;
const counterAt = 14;
const textAt = 18;
const tagLength = 12;
const slash = 0x2f;

/** What a frame begins with; -1: any byte. */
const header = [0xdb, 0x08, -1, -1, -1, -1, -1, -1, -1, -1, 0x82, -1, -1, 0x30];

/** Security byte and authentication key, which is the same for all meters and published with the specification. */
export const additional = new Uint8Array([
  0x30, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
]);

/** Reads a line on which readouts come sealed or plain. Inside a seal no plain one is looked for. */
export class SealedReadoutDecoder implements MeterDecoder {
  private readonly ending: ReadoutEnding;
  private readonly keys: MeterKeys | null;
  private readonly plain: ReadoutDecoder;
  private readonly frame = new Uint8Array(sealedMax);
  /** Bytes of the frame; 0 outside one. */
  private filled = 0;
  /** Length of the frame; 0 until its header is complete. */
  private length = 0;
  /** Bytes since the decoder's start that came before the frame. */
  private offset = 0;
  private results: (Telegram | BadTelegram)[] = [];

  constructor(ending: ReadoutEnding, keys: MeterKeys | null) {
    this.ending = ending;
    this.keys = keys;
    this.plain = new ReadoutDecoder(ending);
  }

  push(bytes: Uint8Array): readonly (Telegram | BadTelegram)[] {
    this.take(bytes);
    return this.handOver();
  }

  end(): readonly (Telegram | BadTelegram)[] {
    while (this.filled > 0) {
      this.giveUp(fault("truncated", "the bytes stop before the end of the sealed telegram"));
    }
    this.report(this.plain.end());
    return this.handOver();
  }

  private handOver(): readonly (Telegram | BadTelegram)[] {
    const results = this.results;
    this.results = [];
    return results;
  }

  private report(results: readonly (Telegram | BadTelegram)[]): void {
    for (let i = 0; i < results.length; i++) {
      this.results.push(results[i]);
    }
  }

  private take(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.filled === 0) {
        const start = bytes.indexOf(header[0], at);
        const to = start < 0 ? bytes.length : start;
        this.pass(bytes.subarray(at, to));
        at = to;
      }
      if (at < bytes.length) {
        this.frame[this.filled++] = bytes[at++];
        this.grow();
      }
    }
  }

  /** Bytes that belong to no frame. */
  private pass(bytes: Uint8Array): void {
    this.offset += bytes.length;
    this.report(this.plain.push(bytes));
  }

  private grow(): void {
    const last = this.filled - 1;
    if (last < header.length) {
      if (header[last] >= 0 && this.frame[last] !== header[last]) {
        this.release(1);
      } else if (this.filled === header.length) {
        this.length = lengthAt + 2 + this.frame[lengthAt] * 256 + this.frame[lengthAt + 1];
        if (this.length > sealedMax || this.length < textAt + tagLength) {
          this.release(1);
        }
      }
    } else if (this.filled === this.length) {
      const result = this.open();
      if (isFault(result)) {
        this.giveUp(result);
      } else {
        this.report([result]);
        this.skip(this.filled);
      }
    }
  }

  /** No frame after all: its first byte, or as many, belong to something else, and the rest is looked at again. */
  private release(count: number): void {
    const rest = new Uint8Array(this.frame.subarray(count, this.filled));
    const first = new Uint8Array(this.frame.subarray(0, count));
    this.filled = 0;
    this.length = 0;
    this.pass(first);
    this.take(rest);
  }

  /** A frame that is bad. Another may have begun inside it; of several the last, so that nothing is looked at more than twice. */
  private giveUp(why: Fault): void {
    if (this.length === 0) {
      this.release(1);
      return;
    }
    this.report([{ offset: this.offset, fault: why.fault, detail: why.detail }]);
    let second = this.filled - 1;
    while (second > 0 && !this.beginsAt(second)) {
      second--;
    }
    const rest = new Uint8Array(this.frame.subarray(second > 0 ? second : this.filled, this.filled));
    this.skip(this.filled - rest.length);
    this.take(rest);
  }

  /** Whether a frame, as far as its bytes are there, begins inside this one. */
  private beginsAt(start: number): boolean {
    for (let i = 0; i < header.length && start + i < this.filled; i++) {
      if (header[i] >= 0 && this.frame[start + i] !== header[i]) {
        return false;
      }
    }
    return true;
  }

  private skip(count: number): void {
    this.report(this.plain.skip(count));
    this.offset += count;
    this.filled = 0;
    this.length = 0;
  }

  private open(): Telegram | Fault {
    const keys = this.keys;
    if (keys === null || keys.key === null || keys.key.length !== 16) {
      return fault("no-key", "a sealed telegram: it needs the meter's key of 16 bytes");
    }
    const nonce = new Uint8Array(12);
    nonce.set(this.frame.subarray(titleAt, titleAt + 8), 0);
    nonce.set(this.frame.subarray(counterAt, counterAt + 4), 8);
    const seal = { key: keys.key, nonce: nonce, additional: additional };
    const text = new Uint8Array(this.frame.subarray(textAt, this.length - tagLength));
    const tag = new Uint8Array(this.frame.subarray(this.length - tagLength, this.length));
    const opened = openGcm(keys.ciphers, seal, text, tag);
    if (opened === null) {
      const begin = unverifiedGcm(keys.ciphers, seal, text.subarray(0, 1));
      return begin.length === 1 && begin[0] === slash
        ? fault("checksum", "the tag of the sealed telegram does not fit")
        : fault("wrong-key", "the key does not open the telegram");
    }
    return this.read(opened);
  }

  /** The one readout behind the seal, whose tag stands for a checksum. */
  private read(opened: Uint8Array): Telegram | Fault {
    const decoder = new ReadoutDecoder(this.ending);
    const found = decoder.push(opened);
    const results = found.length > 0 ? found : decoder.end();
    const result = results.length > 0 ? results[0] : fault("syntax", "no telegram behind the seal");
    return isFault(result)
      ? fault(result.fault, result.detail)
      : { offset: this.offset, meter: (result as Telegram).meter, readings: (result as Telegram).readings };
  }
}
