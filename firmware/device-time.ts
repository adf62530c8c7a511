import type { Clock } from "../boards/platform.ts";
import type { TimeQuality } from "../protocols/pack.ts";

/** An answer later than this after the question, ms, says too little: somebody may have held it back. */
const answerMax = 30000;
/** A gateway that says it is earlier than this does not know the time itself: 2025-01-01, Unix ms. */
const unixLeast = 1735689600000;
/** How often a device without a clock of its own asks anew, ms: a quartz drifts a fifth of a second meanwhile. */
const askEvery = 3600000;
/** How soon after a question without answer the next may be asked, ms. */
const askAgain = 15000;

/**
 * What the device knows about the time of day: its platform's clock where that is right, else what the gateway answered to a question of
 * this device, else nothing. An answer to no question, or to another one, is not taken.
 */
export class DeviceTime {
  readonly clock: Clock;
  /** Unix ms minus monotonic ms, from the gateway; null before its first answer. */
  offset: number | null = null;
  answeredAt = 0;
  /** Number of the message that asked, -1 for no open question. */
  asked = -1;
  askedAt = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Unix ms minus monotonic ms at `now`; zero, and "relative", where only the time since boot is known. */
  base(now: number): { readonly offset: number; readonly quality: TimeQuality } {
    const unix = this.clock.unix();
    if (unix !== null) {
      return { offset: Math.floor(unix - now), quality: "synced" };
    }
    return this.offset === null
      ? { offset: 0, quality: "relative" }
      : { offset: this.offset, quality: "synced" };
  }

  /** Whether it is time to ask the gateway. */
  wants(now: number): boolean {
    if (this.clock.unix() !== null) {
      return false;
    }
    const waited = this.asked < 0 || now - this.askedAt >= askAgain;
    return waited && (this.offset === null || now - this.answeredAt >= askEvery);
  }

  /** The message with this number asks for the time. */
  ask(piv: number, now: number): void {
    this.asked = piv;
    this.askedAt = now;
  }

  /** Takes an answer in Unix ms; false where it answers nothing that was asked, comes too late, or cannot be right. */
  answer(answers: number, unix: number, now: number): boolean {
    if (this.asked < 0 || answers !== this.asked) {
      return false;
    }
    this.asked = -1;
    if (now - this.askedAt > answerMax || unix < unixLeast) {
      return false;
    }
    this.offset = Math.floor(unix - now);
    this.answeredAt = now;
    return true;
  }
}
