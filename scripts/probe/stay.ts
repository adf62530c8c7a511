import type { MeterKeys } from "../../protocols/meter.ts";
import { BitRate } from "./bit-rate.ts";
import { Ears, type WeakBook } from "./ears.ts";
import { byteTime, type LineSetting } from "./setting.ts";

/** What was heard at one setting, for people. */
export interface HeardAt {
  readonly setting: LineSetting;
  /** Milliseconds that were listened. */
  ms: number;
  bytes: number;
  /** Characters of text among them, bit 7 left out. */
  printable: number;
}

/** Silence between two telegrams, ms; beside it some characters' time. */
const gapLeast = 150;
/** Telegrams without a good one after which a setting that looked right is left. */
const promisingBurstsMax = 6;
const promisingMax = 8000; // ms, and the time of 2000 characters
const promisingBytes = 2000;
/** Of a stream that has no pauses: the longest telegrams of binary languages, and as much again. */
const streamMax = 2500; // ms
const streamBytes = 330;
/** Characters that are enough to believe that the sender is slower. */
const sureCount = 48;
const textLeast = 24; // characters
const textShare = 0.95;

/**
 * One listening at one setting. A setting is left when a whole burst, heard from silence to silence, gave no telegram; what looks like a
 * meter gets more patience, and no more than that.
 */
export class Stay {
  readonly setting: LineSetting;
  readonly since: number;
  readonly ears: Ears;
  readonly rate: BitRate;
  bytes = 0;
  printable = 0;
  private readonly gap: number;
  private readonly quietMax: number;
  private readonly isGuessed: boolean;
  private bursts = 0;
  private wholeBursts = 0;
  private burstFrom: number | null = null;
  private lastByteAt: number | null = null;
  private isWhole = false;

  /** `quietMax`: how long it may say nothing at all, ms. `isGuessed`: garbage elsewhere points here, so it gets more patience. */
  constructor(
    setting: LineSetting,
    now: number,
    options: {
      readonly quietMax: number;
      readonly isGuessed: boolean;
      readonly keys: MeterKeys;
      readonly weak: WeakBook;
    },
  ) {
    this.setting = setting;
    this.since = now;
    this.quietMax = options.quietMax;
    this.isGuessed = options.isGuessed;
    this.rate = new BitRate(setting.baud);
    this.ears = new Ears(setting.parity, options.keys, options.weak);
    this.gap = gapLeast + 4 * byteTime(setting);
  }

  /** When to look again, ms. */
  deadline(now: number): number {
    const burstEnd =
      this.burstFrom === null || this.lastByteAt === null ? Infinity : this.lastByteAt + this.gap;
    const ends = [burstEnd, this.since + this.quietMax, this.since + this.patience()];
    return Math.min(...ends.filter((end) => end > now), now + 1000);
  }

  push(bytes: Uint8Array, now: number): void {
    this.endBurst(now);
    if (this.burstFrom === null) {
      this.burstFrom = now;
      this.isWhole = now - (this.lastByteAt ?? this.since) >= this.gap;
    }
    this.lastByteAt = now;
    this.bytes += bytes.length;
    for (const byte of bytes) {
      this.printable += isText(byte & 0x7f) ? 1 : 0;
    }
    this.rate.push(bytes);
    this.ears.push(bytes);
  }

  /** Whether nothing more is to be expected here. */
  isOver(now: number): boolean {
    this.endBurst(now);
    const age = now - this.since;
    if (this.bytes === 0) {
      return age >= this.quietMax;
    }
    if (this.looksRight()) {
      return this.bursts >= promisingBurstsMax || age >= this.patience();
    }
    const silent = this.burstFrom === null;
    return (
      (this.rate.count >= sureCount && this.rate.guess() !== null) ||
      (silent && (this.wholeBursts > 0 || this.bursts > 1)) ||
      (silent && age >= this.quietMax && this.bursts > 0 && now - this.lastByteAt! >= this.quietMax) ||
      age >= this.patience()
    );
  }

  /** Time since the first byte of a burst under way or since the last byte. */
  private endBurst(now: number): void {
    if (this.burstFrom !== null && this.lastByteAt !== null && now - this.lastByteAt >= this.gap) {
      this.burstFrom = null;
      this.bursts++;
      this.wholeBursts += this.isWhole ? 1 : 0;
      this.ears.pause();
    }
  }

  private looksRight(): boolean {
    return (
      this.ears.isPromising ||
      this.ears.awaitsAnother ||
      (this.bytes >= textLeast && this.printable >= textShare * this.bytes)
    );
  }

  private patience(): number {
    const character = byteTime(this.setting);
    return this.looksRight()
      ? Math.max(promisingMax, 2 * this.quietMax) + promisingBytes * character
      : Math.max(streamMax, this.quietMax) + (this.isGuessed ? 2.4 : 1) * streamBytes * character;
  }
}

/** Letters, digits, signs; line ends, STX, ETX. */
function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x0a || byte === 2 || byte === 3;
}
