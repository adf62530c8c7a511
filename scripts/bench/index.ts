import type { Bench } from "./bench.ts";
import { smlDecode } from "./sml-decode.ts";

/** The benches by name, alphabetical; one line each. */
export const benches: readonly Bench[] = [smlDecode];
