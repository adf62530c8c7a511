/** Messages that were refused, counted by reason and told in a journal that nobody can flood. */
import type { Fault, FaultCode } from "../protocols/fault.ts";
import type { Log } from "./log.ts";

export class Refusals {
  readonly counts: Partial<Record<FaultCode, number>> = {};
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Counts a refusal, and logs the first of a kind, then each power of two: a forger does not fill the journal. */
  add(refusal: Fault, source: string): void {
    const count = this.count(refusal.fault);
    if ((count & (count - 1)) === 0) {
      this.#log.warn({ source, code: refusal.fault, count }, `message refused: ${refusal.detail}`);
    }
  }

  /** Counts what is too usual for the journal; returns how many there were. */
  count(code: FaultCode): number {
    const count = (this.counts[code] ?? 0) + 1;
    this.counts[code] = count;
    return count;
  }
}
