import type { Board } from "./board.ts";
import { puckJs } from "./puck-js.ts";

/** The boards there are, by name; one line each. */
export const boards: readonly Board[] = [puckJs];
