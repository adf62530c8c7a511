import { type Fault, fault, isFault } from "./fault.ts";
import { type LineResult, LineWindow } from "./line-window.ts";
import type { MeterDecoder, MeterKeys, MeterLanguage } from "./meter.ts";
import { CompactFormats } from "./wmbus-compact.ts";
import { crcsOfA, type FrameFormat, headLength, lengthOf, takeB, wirelessMax } from "./wmbus-frame.ts";
import { readWireless, wirelessMeter } from "./wmbus-telegram.ts";

/** Wireless M-Bus and OMS: telegrams as receivers hand them out, one behind the other, each from its L field on, with CRCs or without. */
export const wmbus: MeterLanguage = {
  name: "wmbus",
  title: "Wireless M-Bus",
  standard: "EN 13757-4, EN 13757-7 and OMS specification volume 2",
  line: { baud: 57600, dataBits: 8, parity: "none", stopBits: 1 },
  decoder: function (keys) {
    return new WmbusDecoder(keys === undefined ? null : keys);
  },
};

/** C fields of what meters send: SND-NR, SND-IR, ACC-NR, ACC-DMD, RSP-UD (EN 13757-4 table 25). */
const controls: readonly number[] = [0x44, 0x46, 0x47, 0x48, 0x08, 0x18, 0x28, 0x38];

/** The synchronisation word of mode C, which some receivers leave on: 543d54cd before format A, 543d543d before format B. */
const syncLength = 4;

const bufferMax = 2 * (wirelessMax + syncLength);

/**
 * The format is told by the CRCs themselves: where any CRC of format A holds, or the bytes are just as many as format A needs, all of
 * them must hold. Formats B and none have the same length, so a telegram of format B whose CRC is wrong is told apart only behind its
 * synchronisation word.
 */
class WmbusDecoder implements MeterDecoder {
  private readonly keys: MeterKeys | null;
  private readonly formats = new CompactFormats();
  private readonly line = new LineWindow(bufferMax, (at, ended) => this.take(at, ended));
  private inNoise = false;

  constructor(keys: MeterKeys | null) {
    this.keys = keys;
  }

  push(bytes: Uint8Array): readonly LineResult[] {
    return this.line.push(bytes);
  }

  end(): readonly LineResult[] {
    return this.line.end(() => {
      this.inNoise = false;
    });
  }

  /** Takes what begins at `at` and gives its length; 0 where more bytes are needed to tell. */
  private take(at: number, ended: boolean): number {
    if (!ended && this.line.filled - at < syncLength + 2) {
      return 0;
    }
    const sync = syncedFormat(this.line.bytes, at, this.line.filled);
    const start = at + (sync === null ? 0 : syncLength);
    const left = this.line.filled - start;
    if (left < 2 || !isStart(this.line.bytes, start)) {
      return this.noise(at, left);
    }
    if (!ended && left < lengthOf(sync === null ? "a" : sync, this.line.bytes[start])) {
      return 0;
    }
    this.inNoise = false;
    const format = sync === null ? formatAt(this.line.bytes, start, left, ended) : sync;
    const length = lengthOf(format, this.line.bytes[start]);
    if (length > left) {
      this.bad(
        at,
        fault(
          "truncated",
          "a telegram of " + String(length) + " bytes is announced, " + String(left) + " came",
        ),
      );
      return this.line.filled - at;
    }
    const plain = withoutCrcs(format, sync !== null, this.line.bytes.subarray(start, start + length));
    if (isFault(plain)) {
      this.bad(at, plain);
      return start + length - at;
    }
    const content = readWireless(plain, this.keys, this.formats);
    if (isFault(content)) {
      this.bad(at, content, wirelessMeter(plain));
    } else {
      this.line.add(Object.assign({ offset: this.line.base + at, readings: [] }, content));
    }
    return start + length - at;
  }

  /** One fault for a whole stretch of bytes where no telegram begins. */
  private noise(at: number, left: number): number {
    if (!this.inNoise) {
      this.bad(
        at,
        left < 2
          ? fault("truncated", "the bytes stop behind the L field")
          : fault("syntax", "no L field and C field of a meter's telegram"),
      );
    }
    this.inNoise = true;
    return 1;
  }

  private bad(at: number, why: Fault, meter?: string): void {
    const bad = { offset: this.line.base + at, fault: why.fault, detail: why.detail };
    this.line.add(meter === undefined ? bad : Object.assign({ meter: meter }, bad));
  }
}

function syncedFormat(bytes: Uint8Array, at: number, to: number): FrameFormat | null {
  if (to - at <= syncLength || bytes[at] !== 0x54 || bytes[at + 1] !== 0x3d) {
    return null;
  }
  if (bytes[at + 2] === 0x54 && bytes[at + 3] === 0xcd) {
    return "a";
  }
  return bytes[at + 2] === 0x54 && bytes[at + 3] === 0x3d ? "b" : null;
}

function isStart(bytes: Uint8Array, at: number): boolean {
  return bytes[at] >= headLength && controls.indexOf(bytes[at + 1]) >= 0;
}

/** Format A, or "plain" for the two others, which have one length. */
function formatAt(bytes: Uint8Array, at: number, left: number, ended: boolean): FrameFormat {
  const length = lengthOf("a", bytes[at]);
  if (left < length) {
    return "plain";
  }
  return (ended && left === length) || crcsOfA(bytes, at).held > 0 ? "a" : "plain";
}

/** The bytes of one telegram without CRCs; `surely` where the format is known and not guessed. */
function withoutCrcs(format: FrameFormat, surely: boolean, bytes: Uint8Array): Uint8Array | Fault {
  if (format === "a") {
    const checked = crcsOfA(bytes, 0);
    return checked.held === checked.count
      ? checked.plain
      : fault(
          "checksum",
          String(checked.count - checked.held) +
            " of " +
            String(checked.count) +
            " CRCs of the link layer do not fit",
        );
  }
  const plain = takeB(bytes, 0);
  return plain !== null
    ? plain
    : surely
      ? fault("checksum", "the CRC of the link layer does not fit")
      : bytes;
}
