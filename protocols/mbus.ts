import { fault, isFault } from "./fault.ts";
import { type LineResult, LineWindow } from "./line-window.ts";
import { readApplication, withMedium } from "./mbus-application.ts";
import { frameAt, frameMax, startLong } from "./mbus-frame.ts";
import type { MeterDecoder, MeterKeys, MeterLanguage } from "./meter.ts";

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
class MbusDecoder implements MeterDecoder {
  private readonly line = new LineWindow(2 * frameMax, (at, ended) => this.take(at, ended));
  private readonly keys: MeterKeys | null;

  constructor(keys: MeterKeys | null) {
    this.keys = keys;
  }

  push(bytes: Uint8Array): readonly LineResult[] {
    return this.line.push(bytes);
  }

  end(): readonly LineResult[] {
    return this.line.end();
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
      this.line.bad(this.line.base + at, found.fault);
    } else if (found.kind === "more" && this.line.bytes[at] === startLong && this.line.filled - at > 3) {
      this.line.bad(this.line.base + at, fault("truncated", "the bytes stop inside a frame"));
    }
    return found.kind === "long" || found.kind === "short" || found.kind === "ack" ? found.length : 1;
  }

  private answer(at: number, length: number): void {
    const offset = this.line.base + at;
    const read = readApplication(this.line.bytes, at + 6, at + length - 2, this.keys);
    if (isFault(read)) {
      this.line.bad(offset, read);
      return;
    }
    const telegram = { offset: offset, meter: read.meter, readings: [], records: read.records };
    this.line.add(withMedium(read.medium, telegram));
  }
}
