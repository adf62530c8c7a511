import type { Integer } from "../protocols/decimal.ts";
import type { Fault } from "../protocols/fault.ts";
import type { QuantityName } from "../protocols/quantity.ts";
import type { Ranges } from "../protocols/ranges.ts";
import type { FrameKind } from "./outbox.ts";

/** Who wants to see what a device does: logs, the demonstration, tests. Nothing depends on it. */
export interface Observer {
  /** A value went into a row, counted in 10^exponent of its unit. */
  reading?(quantity: QuantityName, value: Integer, exponent: number): void;
  /** Rows were taken that are worth sending: each is later among those sealed, or among those dropped before. */
  rowProduced?(count: number): void;
  /** A message got its number, and is about to be kept; `rows` is 0 for what is no pack. */
  sealed?(epoch: number, piv: number, rows: number, kind: FrameKind): void;
  /** The gateway has these messages on disk. */
  acknowledged?(epoch: number, ranges: Ranges): void;
  /** Sealed messages were given up, the outbox being full. */
  dropped?(epoch: number, ranges: Ranges, rows: number): void;
  /** Rows were lost before they were sealed. */
  rowsDropped?(count: number): void;
  /** `fault`: the same with all that is known of it (sensor.ts, Silence). */
  /** A meter behind another one was heard for the first time; `meter` is its equipment identifier as sent. */
  behind?(quantity: QuantityName, meter: string): void;
  fault?(code: Fault["fault"], detail: string, fault: Fault): void;
}
