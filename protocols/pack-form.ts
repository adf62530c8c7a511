import type { Integer } from "./decimal.ts";
import type { Width } from "./quantity.ts";

/** How the device knows the time: Unix ms of a clock that was set, else ms since boot ("unknown": nor is the boot's time known). */
export type TimeQuality = "synced" | "relative" | "unknown";

/** What a pack says. */
export interface Pack {
  readonly timeQuality: TimeQuality;
  /** Of the first row; ms. */
  readonly time: number;
  /** ms between rows, or in a tick of the time column. */
  readonly step: number;
  readonly rows: readonly PackRow[];
}

export interface PackRow {
  /** ms, of the pack's quality; less than half a step, or half a tick, from when the row was read. */
  readonly time: number;
  /** One by column, in steps of the column's exponent; null where missing. */
  readonly values: readonly (Integer | null)[];
}

/** How much a pack holds. */
export interface PackSize {
  readonly rows: number;
  /** That are not missing. */
  readonly values: number;
}

/** Most rows of a pack. */
export const packRowsMax = 1024;
/** Latest time: some 8900 years of ms. */
export const packTimeMax = 281474976710655; // 2^48 - 1
/** Longest step: a week of ms. */
export const packStepMax = 604800000;

/** Type number of the message (WIRE 3, up). */
export const packMessage = 1;
export const shapeIdLength = 4; // bytes

/** By the number that stands for it on the wire. */
export const timeQualities: readonly TimeQuality[] = ["synced", "relative", "unknown"];

/** RFC 8746 §2.1: signed integers, little-endian. One byte has no order. */
export function typedArrayTag(width: Width): number {
  return width === 8 ? 72 : width === 16 ? 77 : 78;
}
