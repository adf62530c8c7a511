import { sayer } from "../sayer.ts";
import { de } from "./words-de.ts";
import { en } from "./words-en.ts";

export type ExplainWord = keyof typeof en;

/** A sentence of an explanation with its gaps filled in. */
export const say = sayer<ExplainWord>({ de, en });
