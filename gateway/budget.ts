import { TokenBucket } from "./token-bucket.ts";

/**
 * What failed checks may cost, per link source: a bucket of tokens that refills slowly. Numbers of devices (kid) travel in
 * clear, so a forger could name any device: a device is never locked out on failures alone, its source is slowed to a trickle.
 */
export class FailureBudget {
  readonly #limit: { readonly capacity: number; readonly perSecond: number };
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limit: { readonly capacity: number; readonly perSecond: number }) {
    this.#limit = limit;
  }

  /** Whether this source may have another frame verified. `now` in ms, of a clock that never jumps. */
  allows(source: string, now: number): boolean {
    const bucket = this.#buckets.get(source);
    return bucket === undefined || bucket.allows(now);
  }

  /** A frame of this source failed verification; false when the source is slowed from here on. */
  spend(source: string, now: number): boolean {
    let bucket = this.#buckets.get(source);
    if (bucket === undefined) {
      this.#forgetFull(now);
      bucket = new TokenBucket(this.#limit);
      this.#buckets.set(source, bucket);
    }
    return bucket.spend(now);
  }

  /** Keeps the table bounded: a bucket that is full again says nothing. */
  #forgetFull(now: number): void {
    if (this.#buckets.size < sourcesMax) {
      return;
    }
    for (const [source, bucket] of this.#buckets) {
      if (bucket.full(now)) {
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
