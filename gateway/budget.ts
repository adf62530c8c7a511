/**
 * What failed checks may cost, per link source: a bucket of tokens that refills slowly. Numbers of devices (kid) travel in
 * clear, so a forger could name any device: a device is never locked out on failures alone, its source is slowed to a trickle.
 */
export class FailureBudget {
  readonly #capacity: number;
  readonly #perSecond: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(options: { readonly capacity: number; readonly perSecond: number }) {
    this.#capacity = options.capacity;
    this.#perSecond = options.perSecond;
  }

  /** Whether this source may have another frame verified. `now` in ms, of a clock that never jumps. */
  allows(source: string, now: number): boolean {
    const bucket = this.#buckets.get(source);
    return bucket === undefined || this.#refilled(bucket, now) >= 1;
  }

  /** A frame of this source failed verification. */
  spend(source: string, now: number): void {
    const bucket = this.#buckets.get(source);
    if (bucket === undefined) {
      this.#forgetFull(now);
      this.#buckets.set(source, { tokens: this.#capacity - 1, at: now });
    } else {
      bucket.tokens = Math.max(0, this.#refilled(bucket, now) - 1);
      bucket.at = now;
    }
  }

  #refilled(bucket: { tokens: number; at: number }, now: number): number {
    return Math.min(this.#capacity, bucket.tokens + ((now - bucket.at) / 1000) * this.#perSecond);
  }

  /** Keeps the table bounded: a bucket that is full again says nothing. */
  #forgetFull(now: number): void {
    if (this.#buckets.size < sourcesMax) {
      return;
    }
    for (const [source, bucket] of this.#buckets) {
      if (this.#refilled(bucket, now) >= this.#capacity) {
        this.#buckets.delete(source);
      }
    }
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size >= sourcesMax && oldest !== undefined) {
      this.#buckets.delete(oldest);
    }
  }
}

const sourcesMax = 10_000;
