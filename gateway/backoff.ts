/** How long to wait before trying again: exponential with full jitter, so that a city's gateways do not all knock at once. */

export interface BackoffOptions {
  /** Upper end of the first wait, in ms. */
  readonly first: number;
  /** Upper end that later waits grow to, in ms. */
  readonly max: number;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** No wait is shorter, in ms: full jitter alone may draw 0 again and again. */
export const waitMin = 50;

export class Backoff {
  private readonly options: BackoffOptions;
  private attempts = 0;
  private since: number | null = null;

  constructor(options: BackoffOptions) {
    this.options = options;
  }

  /** The wait before the next try, in ms; each call without success in between doubles its upper end. */
  next(): number {
    this.forgetAfterGoodTime();
    const { first, max, random } = this.options;
    const upper = Math.min(max, first * 2 ** Math.min(this.attempts, 30));
    this.attempts += 1;
    return Math.max(waitMin, Math.floor(random() * upper));
  }

  /**
   * It worked. The count starts again only after it has worked for as long as the longest wait: a broker that
   * takes the connection and drops it at once is still a broker to be left alone.
   */
  succeeded(): void {
    this.since = this.options.now();
  }

  private forgetAfterGoodTime(): void {
    if (this.since !== null && this.options.now() - this.since >= this.options.max) {
      this.attempts = 0;
    }
    this.since = null;
  }
}
