import type { Bench } from "./bench.ts";
import { ingest } from "./ingest.ts";
import { packBytes } from "./pack-bytes.ts";
import { packEncode } from "./pack-encode.ts";
import { smlDecode } from "./sml-decode.ts";
import { start } from "./start.ts";
import { verifyDecode } from "./verify-decode.ts";

/** The benches by name, alphabetical; one line each. */
export const benches: readonly Bench[] = [ingest, packBytes, packEncode, smlDecode, start, verifyDecode];
