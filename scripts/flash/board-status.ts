import { readTrailer, type Slot, slotNames, trailerLength } from "../../firmware/slot.ts";
import type { Repl } from "./repl.ts";

/** What a board with our firmware says of itself. */
export interface BoardStatus {
  /** By slot; null where nothing holds. */
  readonly slots: readonly (Slot | null)[];
  /** Name of the slot that runs; null where none does. */
  readonly running: string | null;
  /** What the firmware says; null where it does not run. */
  readonly device: Readonly<Record<string, unknown>> | null;
}

const tails = `[${slotNames.map((name) => `'${name}'`)}].map(function(n){var r=require('Storage').read(n)||'';return[r.length].concat(r.substr(-${trailerLength}).split('').map(function(c){return c.charCodeAt(0)}))})`;

/** Asks while the firmware runs, and changes nothing. */
export async function askStatus(repl: Repl): Promise<BoardStatus> {
  const files = await repl.ask(tails);
  const running = await repl.ask("global.slot?slot.name:null");
  const device = await repl.ask("global.dreihasen?dreihasen.status():null");
  return {
    slots: Array.isArray(files) ? files.map(slotIn) : [],
    running: typeof running === "string" ? running : null,
    device: Array.isArray(device) ? named(device) : null,
  };
}

function slotIn(file: unknown): Slot | null {
  if (!Array.isArray(file) || !file.every((part) => Number.isInteger(part))) {
    return null;
  }
  const [length, ...trailer] = file as number[];
  return trailer.length < trailerLength ? null : readTrailer(String.fromCharCode(...trailer), length ?? 0);
}

/** In the order of the firmware's answer (EspruinoDevice.status). */
const names = ["epoch", "uptime", "outbox", "faults", "reading"];

/** What lies in flash, in the order of Spill.status; `uses` counts how often each page was erased, `erasable` how many may be now. */
const spillNames = ["messages", "bytes", "pages", "uses", "erasable"];

function named(answer: readonly unknown[]): Readonly<Record<string, unknown>> {
  const spill = answer[names.length];
  return {
    ...byName(names, answer),
    ...(Array.isArray(spill) ? { spill: byName(spillNames, spill) } : {}),
  };
}

function byName(keys: readonly string[], values: readonly unknown[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(keys.map((name, i) => [name, values[i] ?? null]));
}
