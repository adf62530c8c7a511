/**
 * A set of message numbers that grows: kept as ranges (protocols/ranges.ts), the highest one as two numbers of its own, so that
 * a message that comes in order, as nearly all do, costs one comparison and no memory.
 */
import { includes, insertRange, type Ranges } from "../protocols/ranges.ts";

export class NumberSet {
  /** All but the highest range. */
  #older: Ranges = [];
  #from = 0;
  /** Before #from in the empty set. */
  #to = -1;

  add(n: number): void {
    this.addRange(n, n);
  }

  /** All numbers from..to. */
  addRange(from: number, to: number): void {
    if (from === this.#to + 1) {
      this.#to = to;
      return;
    }
    this.#hold(insertRange(this.ranges(), from, to));
  }

  has(n: number): boolean {
    return n >= this.#from ? n <= this.#to : includes(this.#older, n);
  }

  /** Whether it holds every number from 0 to this one. */
  hasAll(last: number): boolean {
    const [first] = this.ranges();
    return first !== undefined && first[0] === 0 && first[1] >= last;
  }

  ranges(): Ranges {
    return this.#to < this.#from ? this.#older : [...this.#older, [this.#from, this.#to]];
  }

  /** Joins the two oldest ranges until at most `most` are left; returns the numbers between them, which are now in the set, too. */
  bound(most: number): Ranges {
    const excess = this.#older.length + 1 - most;
    if (excess <= 0) {
      return [];
    }
    const all = this.ranges();
    const filled = all.slice(0, excess).map(([, to], i) => [to + 1, all[i + 1][0] - 1] as const);
    this.#hold([[all[0][0], all[excess][1]], ...all.slice(excess + 1)]);
    return filled;
  }

  #hold(ranges: Ranges): void {
    const [from, to] = ranges[ranges.length - 1];
    this.#older = ranges.slice(0, -1);
    this.#from = from;
    this.#to = to;
  }
}
