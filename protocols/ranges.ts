/**
 * Sets of message numbers as ascending, disjoint, inclusive ranges: how received Partial IVs are kept, acknowledged and missed.
 * Numbers come almost in order, so a set of a million messages is usually one range.
 */
export type Ranges = readonly (readonly [number, number])[];

/** Whether the number is in the set. */
export function includes(ranges: Ranges, n: number): boolean {
  const at = firstEndingAtOrAfter(ranges, n);
  return at < ranges.length && ranges[at][0] <= n;
}

/** The set with one more number. */
export function insert(ranges: Ranges, n: number): Ranges {
  return insertRange(ranges, n, n);
}

/** The set with all numbers from..to. */
export function insertRange(ranges: Ranges, from: number, to: number): Ranges {
  // Ranges that overlap or touch from..to become one with it.
  const start = firstEndingAtOrAfter(ranges, from - 1);
  let low = from;
  let high = to;
  let end = start;
  while (end < ranges.length && ranges[end][0] <= to + 1) {
    low = Math.min(low, ranges[end][0]);
    high = Math.max(high, ranges[end][1]);
    end++;
  }
  const joined: (readonly [number, number])[] = ranges.slice(0, start);
  joined.push([low, high]);
  return joined.concat(ranges.slice(end));
}

/** What lies between the ranges, from 0 to the highest: the numbers never seen. */
export function missing(ranges: Ranges): Ranges {
  const gaps: (readonly [number, number])[] = [];
  let next = 0;
  ranges.forEach((range) => {
    if (range[0] > next) {
      gaps.push([next, range[0] - 1]);
    }
    next = range[1] + 1;
  });
  return gaps;
}

/** The numbers of `from` that are not in `without`. */
export function subtract(from: Ranges, without: Ranges): Ranges {
  const left: (readonly [number, number])[] = [];
  from.forEach((range) => {
    let next = range[0];
    for (let i = firstEndingAtOrAfter(without, next); i < without.length && without[i][0] <= range[1]; i++) {
      if (without[i][0] > next) {
        left.push([next, without[i][0] - 1]);
      }
      next = without[i][1] + 1;
    }
    if (next <= range[1]) {
      left.push([next, range[1]]);
    }
  });
  return left;
}

/** How many numbers the set holds. */
export function size(ranges: Ranges): number {
  return ranges.reduce((total, range) => total + (range[1] - range[0] + 1), 0);
}

/** The highest number, -1 for the empty set. */
export function highest(ranges: Ranges): number {
  return ranges.length === 0 ? -1 : ranges[ranges.length - 1][1];
}

function firstEndingAtOrAfter(ranges: Ranges, n: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle][1] < n) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
