/** Records of the backlog in one delivery while new ones come, at least: packed, it still goes many times faster than they do. */
const recordsMin = 500;
/** How much longer than the fastest delivery one of the backlog may take: twice, and ms. A new record waits about as long behind it. */
const slowerMax = { times: 2, plus: 20 };
/** ms after the last new record for which more are expected. */
const liveFor = 1000;
/** By how much the fastest delivery seen is forgotten with each that follows: ways get longer, too. */
const forget = 1.01;

/**
 * How many records of a backlog go in one delivery. All that the sink takes while nothing else is to be sent; while new records come only
 * so many that these need not wait long, here, on the wire and at the platform. A platform that is far away is slow for one record too,
 * so deliveries to it stay large.
 */
export class BacklogPace {
  readonly #most: number;
  #records: number;
  #fastest = Number.POSITIVE_INFINITY;
  #lastLive = Number.NEGATIVE_INFINITY;

  /** `most`: of records that the sink takes at once. */
  constructor(most: number) {
    this.#most = most;
    this.#records = Math.min(most, recordsMin);
  }

  /** For the next delivery; `now` in ms of a clock that never jumps, as everywhere here. */
  records(now: number): number {
    return now - this.#lastLive > liveFor ? this.#most : this.#records;
  }

  /** A new record goes out. */
  live(now: number): void {
    this.#lastLive = now;
  }

  /** So many records were confirmed after so many ms. */
  delivered(lane: "live" | "backlog", records: number, took: number): void {
    this.#fastest = Math.min(this.#fastest * forget, took);
    if (lane === "live") {
      return;
    }
    if (took > slowerMax.times * this.#fastest + slowerMax.plus) {
      this.#records = Math.max(Math.min(this.#most, recordsMin), Math.floor(this.#records * 0.7));
    } else if (records >= this.#records * 0.9) {
      this.#records = Math.min(this.#most, Math.ceil(this.#records * 1.1));
    }
  }
}
