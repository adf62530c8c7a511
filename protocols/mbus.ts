import { pieceOf } from "./bytes.ts";
import { isFault } from "./fault.ts";
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
  private readonly buffer = new Uint8Array(2 * frameMax);
  private filled = 0;
  /** Offset of the buffer's first byte since the decoder's start. */
  private base = 0;
  private found: (Telegram | BadTelegram)[] = [];
  private readonly keys: MeterKeys | null;

  constructor(keys: MeterKeys | null) {
    this.keys = keys;
  }

  push(bytes: Uint8Array): readonly (Telegram | BadTelegram)[] {
    this.found = [];
    let taken = 0;
    while (taken < bytes.length) {
      const room = this.buffer.length - this.filled;
      const part = pieceOf(bytes, taken, room);
      this.buffer.set(part, this.filled);
      this.filled += part.length;
      taken += part.length;
      this.scan(false);
    }
    return this.found;
  }

  end(): readonly (Telegram | BadTelegram)[] {
    this.found = [];
    this.scan(true);
    return this.found;
  }

  /** Takes every frame that is whole. What waits for more bytes is at most one frame long, so there is always room. */
  private scan(ended: boolean): void {
    let at = 0;
    while (at < this.filled) {
      const found = frameAt(this.buffer, at, this.filled);
      if (found.kind === "more" && !ended) {
        break;
      }
      if (found.kind === "long") {
        this.answer(at, found.length);
      } else if (found.kind === "bad") {
        this.found.push({ offset: this.base + at, fault: found.fault.fault, detail: found.fault.detail });
      } else if (found.kind === "more" && this.buffer[at] === startLong && this.filled - at > 3) {
        this.found.push({
          offset: this.base + at,
          fault: "truncated",
          detail: "the bytes stop inside a frame",
        });
      }
      at += found.kind === "long" || found.kind === "short" || found.kind === "ack" ? found.length : 1;
    }
    this.buffer.set(this.buffer.subarray(at, this.filled), 0);
    this.filled -= at;
    this.base += at;
  }

  private answer(at: number, length: number): void {
    const offset = this.base + at;
    const read = readApplication(this.buffer, at + 6, at + length - 2, this.keys);
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
