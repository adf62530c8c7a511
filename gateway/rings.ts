/**
 * Two rings hold what waits: readings in one, everything that must not vanish in the other, so that a flood of readings never
 * pushes out what says that something is missing.
 */
import { join } from "node:path";
import { entryKind } from "./entry.ts";

export type RingName = "telemetry" | "kept";

export const ringNames: readonly RingName[] = ["telemetry", "kept"];

/** Folder of a ring, in the spool's. */
export function ringFolder(folder: string, ring: RingName): string {
  return ring === "telemetry" ? folder : join(folder, "kept");
}

/** The ring of an entry: packs and requests for the time may be given up when the room is short, nothing else may. */
export function ringOf(kind: number, body: Uint8Array): RingName {
  const passing = body.length > 1 && (body[1] === packType || body[1] === timeRequestType);
  return kind === entryKind.message && passing ? "telemetry" : "kept";
}

/** A message is `[type, ...]`; its type is the byte after the array's head (WIRE: messages). */
const packType = 1;
const timeRequestType = 5;
