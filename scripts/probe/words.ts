import { sayer } from "../sayer.ts";
import { de } from "./words-de.ts";
import { en } from "./words-en.ts";

export type ProbeWord = keyof typeof en;

/** A sentence of `hasen probe` with its gaps filled in. */
export const say = sayer<ProbeWord>({ de, en });
