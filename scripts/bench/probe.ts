import { probeMeters, probeNoise } from "../../hil-tests/probe/probe-run.ts";
import type { Bench } from "./bench.ts";

const metersRuns = 600;
const noiseRuns = 1000;

/** How surely and how soon `hasen probe` names simulated meters, on lines simulated bit by bit in virtual time; what it makes of noise. */
export const probe: Bench = {
  name: "probe",
  unit: "ms to the answer, median",
  peer: null,
  lessIsBetter: true,
  rounds: 1,
  prepare: async () => {
    const meters = probeMeters(1, metersRuns);
    return {
      ours: async () => meters.median,
      theirs: null,
      extra: () => ({
        right: meters.runs - meters.wrong.length,
        meters: meters.runs,
        frequentPushesMedianMs: meters.pushMedian,
        p90Ms: meters.p90,
        falseNames: probeNoise(1, noiseRuns).length,
        noises: noiseRuns,
      }),
    };
  },
};
