/** How far this machine's clock can be believed: what the system says about it, and whether it has jumped. */
import type { Log } from "./log.ts";
import type { SpoolClock } from "./spool/spool.ts";

/** What the system says: "unknown" where nobody can be asked, as in most containers. */
export type ClockWord = "synchronised" | "unsynchronised" | "unknown";

export interface ClockWatchOptions {
  readonly clock: SpoolClock;
  /** Asks the system; the answer comes later, once. */
  readonly ask: (answer: (word: ClockWord) => void) => void;
  readonly log: Log;
}

/** In place of the system, where the operator gives his word for the clock. A jump still counts as one. */
export const trusted: ClockWatchOptions["ask"] = (answer) => answer("synchronised");

/** Between two looks, ms. */
export const lookEvery = 60_000;
/** Wall and monotonic time drift apart by 30 ms a minute at most while a clock is led to the right time (500 ppm, adjtimex(2)). */
const jumpMin = 1000; // ms
/** After a jump a clock must have gone steadily this long before age counts again, ms. */
export const steadyFor = 3_600_000;

export class ClockWatch {
  readonly #options: ClockWatchOptions;
  #word: ClockWord | null = null;
  /** Wall minus monotonic time, ms. */
  #offset: number;
  /** When it last jumped, ms of the monotonic clock. */
  #jumped = Number.NEGATIVE_INFINITY;
  /** Answers to earlier questions do not count. */
  #question = 0;
  #cancel = (): void => {};

  constructor(options: ClockWatchOptions) {
    this.#options = options;
    this.#offset = this.#offsetNow();
  }

  /** Looks now, and then every minute until stopped. */
  start(): void {
    this.#ask();
    this.#cancel = this.#options.clock.after(lookEvery, () => this.start());
  }

  stop(): void {
    this.#question++;
    this.#cancel();
  }

  /** Whether ages may be computed from it and something given up for them. */
  synchronised(): boolean {
    this.#look();
    const steady = this.#options.clock.monotonic() - this.#jumped >= steadyFor;
    return this.#word === "synchronised" && steady;
  }

  /** Whether devices may be told the time: not while the system says that it is wrong, or has not been heard yet. */
  tellsTime(): boolean {
    this.#look();
    return this.#word === "synchronised" || this.#word === "unknown";
  }

  #look(): void {
    const offset = this.#offsetNow();
    const jump = offset - this.#offset;
    this.#offset = offset;
    if (Math.abs(jump) < jumpMin) {
      return;
    }
    this.#jumped = this.#options.clock.monotonic();
    this.#word = null;
    this.#options.log.warn(
      { seconds: Math.round(jump / 1000) },
      `clock: jumped by ${Math.round(jump / 1000)} s; nothing is given up by its age for the next hour`,
    );
    this.#ask();
  }

  #ask(): void {
    this.#look();
    const question = ++this.#question;
    this.#options.ask((word) => {
      if (question === this.#question) {
        this.#heard(word);
      }
    });
  }

  #heard(word: ClockWord): void {
    const before = this.#word;
    this.#word = word;
    if (word !== before) {
      this.#options.log[word === "unsynchronised" ? "warn" : "info"]({ clock: word }, says[word]);
    }
  }

  #offsetNow(): number {
    const { clock } = this.#options;
    return clock.time() - clock.monotonic();
  }
}

const says: Readonly<Record<ClockWord, string>> = {
  synchronised: "clock: synchronised",
  unsynchronised:
    "clock: not synchronised; nothing is given up by its age, and no device gets the time from here. “timedatectl” shows more",
  unknown: "clock: nobody here says whether it is right; nothing is given up by its age",
};
