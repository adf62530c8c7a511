import type { Clock } from "../boards/platform.ts";
import type { TimeQuality } from "../protocols/pack.ts";

/** An answer later than this after the question, ms, says too little: somebody may have held it back. */
const answerMax = 30000;
/** A gateway that says it is earlier than this does not know the time itself: 2025-01-01, Unix ms. */
const unixLeast = 1735689600000;
/** How often a device without a clock of its own asks anew, ms: a quartz drifts a fifth of a second meanwhile. */
const askEvery = 3600000;
/** How soon after a question without answer the next may be asked, ms: twice as long each time, since a gateway may not know the time for days. */
const askAgain = 15000;
const askAgainMax = 900000;

export interface DeviceTime {
  /** Unix ms minus monotonic ms at `now`; zero, and "relative", where only the time since boot is known. */
  base(now: number): { readonly offset: number; readonly quality: TimeQuality };
  /** Whether it is time to ask the gateway. */
  wants(now: number): boolean;
  /** The message with this number asks for the time. */
  ask(piv: number, now: number): void;
  /** Takes an answer in Unix ms; false where it answers nothing that was asked, comes too late, or cannot be right. */
  answer(answers: number, unix: number, now: number): boolean;
}

/**
 * What the device knows about the time of day: its platform's clock where that is right, else what the gateway answered to a question of
 * this device, else nothing. An answer to no question, or to another one, is not taken.
 */
export function createDeviceTime(clock: Clock): DeviceTime {
  /** Unix ms minus monotonic ms, from the gateway; null before its first answer. */
  let offset: number | null = null;
  let answeredAt = 0;
  /** Number of the message that asked, -1 for no open question. */
  let asked = -1;
  let askedAt = 0;
  let patience = askAgain;
  return {
    base(now) {
      const unix = clock.unix();
      const known = unix === null ? offset : Math.floor(unix - now);
      return known === null ? { offset: 0, quality: "relative" } : { offset: known, quality: "synced" };
    },
    wants: (now) =>
      clock.unix() === null &&
      (asked < 0 || now - askedAt >= patience) &&
      (offset === null || now - answeredAt >= askEvery),
    ask(piv, now) {
      patience = asked < 0 ? askAgain : Math.min(2 * patience, askAgainMax);
      asked = piv;
      askedAt = now;
    },
    answer(answers, unix, now) {
      if (asked < 0 || answers !== asked || now - askedAt > answerMax || !(unix >= unixLeast)) {
        return false;
      }
      asked = -1;
      offset = Math.floor(unix - now);
      answeredAt = now;
      return true;
    },
  };
}
