/** What somebody must look at although the gateway copes: told in the log, and counted for the monitors. */
import type { Log, LogFields } from "./log.ts";

/**
 * `source-slowed`: a source failed so often that it is heard at a trickle; `device-throttled`: a device sends more than it may;
 * `failed-tags`: a device's key has seen more failures than it is made for.
 */
export type Alarm = "source-slowed" | "device-throttled" | "failed-tags";

/** How often the same alarm about the same thing is told again, ms. */
const quiet = 600_000;
/** Things remembered, so that each is told once in a while. */
const rememberedMax = 1000;

export class Alarms {
  /** How often each was raised since the start; those not told again are not counted again. */
  readonly counts: Record<Alarm, number> = { "source-slowed": 0, "device-throttled": 0, "failed-tags": 0 };
  readonly #log: Log;
  readonly #told = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Raises an alarm about something; says nothing when that was said a short while ago. `now` in ms, of a clock that never jumps. */
  raise(alarm: Alarm, about: LogFields & { readonly who: string }, now: number, event: string): void {
    const key = `${alarm} ${about.who}`;
    const last = this.#told.get(key);
    if (last !== undefined && now - last < quiet) {
      return;
    }
    if (this.#told.size >= rememberedMax) {
      const [oldest] = this.#told.keys();
      this.#told.delete(oldest ?? key);
    }
    this.#told.delete(key);
    this.#told.set(key, now);
    this.counts[alarm]++;
    this.#log.error({ alarm, ...about }, event);
  }
}
