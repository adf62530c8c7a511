import { settingText } from "../../scripts/probe/setting.ts";
import { subjectOf } from "./meters.ts";
import { noiseOf } from "./noises.ts";
import { probeSource } from "./world.ts";

/** How probes of many simulated lines went. */
export interface ProbeFigures {
  readonly runs: number;
  /** What was named otherwise than it is, one line each. */
  readonly wrong: readonly string[];
  readonly median: number; // ms
  readonly p90: number; // ms
  /** Median of the meters that push once a second or every two, ms. */
  readonly pushMedian: number;
}

/** Meters of seeds `from` on: language, line and meter id must be right. */
export function probeMeters(from: number, runs: number): ProbeFigures {
  const wrong: string[] = [];
  const times: number[] = [];
  const pushTimes: number[] = [];
  for (let seed = from; seed < from + runs; seed++) {
    const subject = subjectOf(seed);
    const { found, ms } = probeSource(subject.source, { seed });
    const said =
      found === null
        ? "nothing"
        : `${found.language} ${settingText(found.setting)} ${found.unit ?? found.telegram?.meter}`;
    const truth = `${subject.language} ${settingText(subject.setting)} ${subject.meter}`;
    if (said !== truth) {
      wrong.push(`seed ${seed}: ${truth} was called ${said}`);
    }
    times.push(ms);
    if (subject.period !== null && subject.period <= 2000) {
      pushTimes.push(ms);
    }
  }
  return { runs, wrong, median: part(times, 0.5), p90: part(times, 0.9), pushMedian: part(pushTimes, 0.5) };
}

/** Noise of seeds `from` on: nothing may be named. */
export function probeNoise(from: number, runs: number): readonly string[] {
  const named: string[] = [];
  for (let seed = from; seed < from + runs; seed++) {
    const { found } = probeSource(noiseOf(seed), { seed, duration: 30_000 });
    if (found !== null) {
      named.push(`seed ${seed}: ${found.language} ${settingText(found.setting)}`);
    }
  }
  return named;
}

function part(times: number[], share: number): number {
  times.sort((a, b) => a - b);
  return Math.round(times[Math.floor(times.length * share)] ?? 0);
}
