/** So many at once, and so many a second from then on. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #at = 0;

  constructor(limit: { readonly capacity: number; readonly perSecond: number }) {
    this.#capacity = limit.capacity;
    this.#perSecond = limit.perSecond;
    this.#tokens = limit.capacity;
  }

  /** Whether one more may come. `now` in ms, of a clock that never jumps. */
  allows(now: number): boolean {
    return this.#refilled(now) >= 1;
  }

  /** One has come; false when it took the last for now. */
  spend(now: number): boolean {
    this.#tokens = Math.max(0, this.#refilled(now) - 1);
    this.#at = now;
    return this.#tokens >= 1;
  }

  /** Whether nothing was spent lately. */
  full(now: number): boolean {
    return this.#refilled(now) >= this.#capacity;
  }

  #refilled(now: number): number {
    return Math.min(this.#capacity, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
  }
}
