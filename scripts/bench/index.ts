import type { Bench } from "./bench.ts";

/** The benches by name, alphabetical; one line each. */
export const benches: readonly Bench[] = [];
