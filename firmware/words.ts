import type { Ranges } from "../protocols/ranges.ts";
import type { EpochStart } from "./epoch.ts";

/**
 * What a device says (WIRE 3, up), as messages. Full devices write them from values (full-words.ts); a board's bundle holds them ready,
 * but for the numbers (scripts/board-build/words-text.ts).
 */
export interface Words {
  hello(start: EpochStart, uptime: number, rowsDropped: number): Uint8Array;
  /** `epoch` is null for that of the message itself. */
  dropped(ranges: Ranges, epoch: number | null): Uint8Array;
  status(status: StatusNumbers): Uint8Array;
  timeRequest(): Uint8Array;
  /** Those of this id, or all (null). */
  shapes(id: string | null): readonly Uint8Array[];
}

export interface StatusNumbers {
  /** Seconds since boot. */
  readonly uptime: number;
  readonly rowsDropped: number;
  readonly frames: number;
  readonly bytes: number;
  readonly bytesMax: number;
  /** In any order. */
  readonly faultCounts: readonly (readonly [string, number])[];
}

export const droppedReason = "the device's outbox was full";
