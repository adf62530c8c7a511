import type { Driver } from "../driver.ts";
import { a02yyuw } from "./a02yyuw.ts";
import { pmsx003 } from "./pmsx003.ts";
import { sht31 } from "./sht31.ts";
import { smlMeter } from "./sml-meter.ts";

/** The sensors and meters this firmware knows, by name; one line each. */
export const drivers: readonly Driver[] = [a02yyuw, pmsx003, sht31, smlMeter];
