/** Something that can be told to do something later: the machine's own timers, or virtual time. Durations in ms. */
export interface Timers {
  /** ms that never run backwards. */
  monotonic(): number;
  /** Calls `run` once after `delay`; the result takes it back. */
  after(delay: number, run: () => void): () => void;
}

/** This machine's. They do not keep the process alive. */
export const realTimers: Timers = {
  monotonic: () => Math.floor(performance.now()),
  after: (delay, run) => {
    const timer = setTimeout(run, delay);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * Time that passes when it is told to, in whole ms. What is due at the same time runs in the order it was asked for, so a run is
 * the same each time.
 */
export class VirtualTime implements Timers {
  #now = 0;
  #order = 0;
  #due: Due[] = [];

  monotonic(): number {
    return this.#now;
  }

  after(delay: number, run: () => void): () => void {
    const entry = { at: this.#now + Math.max(0, Math.ceil(delay)), order: this.#order++, run };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  }

  /** Lets `duration` pass, with everything that becomes due meanwhile. */
  advance(duration: number): void {
    const end = this.#now + duration;
    while (this.step(end)) {
      // Each step may make more due.
    }
    this.#now = end;
  }

  /** Runs the one thing that is due next, and lets the time until then pass; false when nothing is due by `end`, ms. */
  step(end: number): boolean {
    const next = this.#next();
    if (next === null || next.at > end) {
      return false;
    }
    this.#now = next.at;
    this.#due.splice(this.#due.indexOf(next), 1);
    next.run();
    return true;
  }

  #next(): Due | null {
    let first: Due | null = null;
    for (const due of this.#due) {
      if (first === null || due.at < first.at || (due.at === first.at && due.order < first.order)) {
        first = due;
      }
    }
    return first;
  }
}
