import type { Bench } from "./bench.ts";
import { packBytes } from "./pack-bytes.ts";
import { packEncode } from "./pack-encode.ts";
import { smlDecode } from "./sml-decode.ts";

/** The benches by name, alphabetical; one line each. */
export const benches: readonly Bench[] = [packBytes, packEncode, smlDecode];
