import type { Bench, BenchResult, Unmeasured } from "./bench.ts";

/** Fewer rounds than this say little on a machine that others use, too. */
export const roundsMin = 7;

/**
 * Runs one bench: a round of each side to warm up, then `rounds` rounds of both in turns, each side first in every other round,
 * so that whatever else the machine does meets both alike. The figures are medians.
 */
export async function runBench(bench: Bench, asked: number): Promise<BenchResult | Unmeasured> {
  const prepared = await bench.prepare();
  if ("unmeasured" in prepared) {
    return prepared;
  }
  const rounds = bench.rounds ?? asked;
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    await prepared.ours();
    await prepared.theirs?.();
    for (let round = 0; round < rounds; round++) {
      if (round % 2 === 0) {
        ours.push(await prepared.ours());
      }
      if (prepared.theirs !== null) {
        theirs.push(await prepared.theirs());
      }
      if (round % 2 !== 0) {
        ours.push(await prepared.ours());
      }
    }
    const extra = prepared.extra?.();
    return {
      ...compare(bench, median(ours), theirs.length === 0 ? null : median(theirs), rounds),
      ...(extra && { extra }),
    };
  } finally {
    await prepared.close?.();
  }
}

function compare(bench: Bench, ours: number, theirs: number | null, runs: number): BenchResult {
  const ratio = theirs === null ? null : bench.lessIsBetter === true ? theirs / ours : ours / theirs;
  return {
    name: bench.name,
    unit: bench.unit,
    ours: rounded(ours),
    peer: theirs === null ? null : bench.peer,
    theirs: theirs === null ? null : rounded(theirs),
    ratio: ratio === null ? null : Math.round(ratio * 100) / 100,
    runs,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `share` is 0.99 for the value that 99 of 100 do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)];
}

/** Four digits are more than any of these measurements is worth; whole numbers stay whole. */
function rounded(value: number): number {
  return Number.isInteger(value) || value >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
}

/** One line for a person: `sml-decode   410000 frames/s   open-sml 74000   5.54x`. */
export function resultLine(result: BenchResult): string {
  const peer = result.peer === null ? "" : `   ${result.peer} ${result.theirs}   ${result.ratio}x`;
  const extra = Object.entries(result.extra ?? {}).map(([name, value]) => `\n    ${name} ${value}`);
  return `${result.name.padEnd(12)} ${result.ours} ${result.unit}${peer}${extra.join("")}`;
}
