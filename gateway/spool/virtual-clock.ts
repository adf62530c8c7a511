import type { SpoolClock } from "./commit-queue.ts";

/** A clock that a test moves: time of day and the monotonic clock advance together, timers fire in order. */
export class VirtualClock implements SpoolClock {
  #now = 0;
  #timers: { at: number; call: () => void }[] = [];

  time(): number {
    return 1_700_000_000_000 + this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#now + milliseconds, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets so many ms pass. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) {
        return;
      }
      this.#timers = this.#timers.filter((timer) => timer !== due);
      due.call();
    }
  }
}
