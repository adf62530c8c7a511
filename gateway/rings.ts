/**
 * Two rings hold what waits: readings in one, everything that must not vanish in the other, so that a flood of readings never
 * pushes out what says that something is missing.
 */
import { join } from "node:path";
import { bodyType, entryKind } from "./entry.ts";

export type RingName = "telemetry" | "kept";

export const ringNames: readonly RingName[] = ["telemetry", "kept"];

/** Folder of a ring, in the spool's. */
export function ringFolder(folder: string, ring: RingName): string {
  return ring === "telemetry" ? folder : join(folder, "kept");
}

/** The ring of an entry: packs and requests for the time may be given up when the room is short, nothing else may. */
export function ringOf(kind: number, body: Uint8Array): RingName {
  const passing = body.length > 1 && (body[1] === bodyType.pack || body[1] === bodyType.timeRequest);
  return kind === entryKind.message && passing ? "telemetry" : "kept";
}

export interface RingSize {
  readonly bytesMax: number;
  readonly segmentBytes: number;
}

const mebibyte = 1024 * 1024;
/** Least and most for what must not vanish; between them an eighth of the whole. */
const keptLeast = mebibyte;
const keptMost = 64 * mebibyte;

const keptSegmentLeast = mebibyte / 4;
/** So many, or up to twice as many, where that is no less than the least. */
const keptSegments = 8;

/** How the two rings share the `bytes` of the config: together they never take more. */
export function ringSizes(bytes: number): Readonly<Record<RingName, RingSize>> {
  const share = Math.min(keptMost, Math.max(keptLeast, bytes / 8));
  // Half a segment holds what is known of all devices, some 100 to 190 bytes each: a larger spool is for more of them.
  const keptSegment = Math.max(keptSegmentLeast, 2 ** Math.floor(Math.log2(share / keptSegments)));
  const kept = Math.floor(share / keptSegment) * keptSegment;
  return {
    telemetry: { bytesMax: bytes - kept, segmentBytes: bytes >= 64 * mebibyte ? 4 * mebibyte : mebibyte },
    kept: { bytesMax: kept, segmentBytes: keptSegment },
  };
}
