import { isFault } from "./fault.ts";
import { LineWindow } from "./line-window.ts";
import { readApplication, withMedium } from "./mbus-application.ts";
import { frameAt, frameMax, startLong } from "./mbus-frame.ts";
import type { BadTelegram, MeterDecoder, MeterKeys, MeterLanguage, Telegram } from "./meter.ts";

/** Wired M-Bus: what meters answer to a master, in long frames. Requests and acknowledgements on the same wire are passed over. */
export const mbus: MeterLanguage = {
  name: "mbus",
  title: "M-Bus",
  standard: "EN 13757-2 and EN 13757-3",
  line: { baud: 2400, dataBits: 8, parity: "even", stopBits: 1 },
  decoder: function (keys) {
    return new MbusDecoder(keys === undefined ? null : keys);
  },
};

/**
 * Finds frames byte by byte: behind a frame that is none, the search goes on with its second byte, so that a good frame that
 * follows a torn one, or lies within what a wrong length claims, is found.
 */
export class MbusDecoder implements MeterDecoder {
  private readonly line = new LineWindow(2 * frameMax);
  private found: (Telegram | BadTelegram)[] = [];
  private readonly keys: MeterKeys | null;

  constructor(keys: MeterKeys | null) {
    this.keys = keys;
  }

  push(bytes: Uint8Array): readonly (Telegram | BadTelegram)[] {
    this.found = [];
    this.line.push(bytes, (at, ended) => this.take(at, ended));
    return this.found;
  }

  end(): readonly (Telegram | BadTelegram)[] {
    this.found = [];
    this.line.end((at, ended) => this.take(at, ended));
    return this.found;
  }

  /** Takes what begins at `at` and gives its length; 0 where more bytes are needed to tell. That is at most one frame. */
  private take(at: number, ended: boolean): number {
    const found = frameAt(this.line.bytes, at, this.line.filled);
    if (found.kind === "more" && !ended) {
      return 0;
    }
    if (found.kind === "long") {
      this.answer(at, found.length);
    } else if (found.kind === "bad") {
      this.found.push({ offset: this.line.base + at, fault: found.fault.fault, detail: found.fault.detail });
    } else if (found.kind === "more" && this.line.bytes[at] === startLong && this.line.filled - at > 3) {
      this.found.push({
        offset: this.line.base + at,
        fault: "truncated",
        detail: "the bytes stop inside a frame",
      });
    }
    return found.kind === "long" || found.kind === "short" || found.kind === "ack" ? found.length : 1;
  }

  private answer(at: number, length: number): void {
    const offset = this.line.base + at;
    const read = readApplication(this.line.bytes, at + 6, at + length - 2, this.keys);
    this.found.push(
      isFault(read)
        ? { offset: offset, fault: read.fault, detail: read.detail }
        : withMedium(read.medium, {
            offset: offset,
            meter: read.meter,
            readings: [],
            records: read.records,
          }),
    );
  }
}
