import { type Fault, fault } from "./fault.ts";
import type { ModbusRequest } from "./modbus-pdu.ts";

/** What whoever holds the line is to do or to know, in this order. */
export type WireStep =
  | { readonly type: "send"; readonly bytes: Uint8Array }
  /** The registers asked for, two bytes each, high one first. `request` is the very object that was asked. */
  | { readonly type: "answer"; readonly request: ModbusRequest; readonly registers: Uint8Array }
  /** No answer, or one that says no: `exception` is its code then, else 0. */
  | {
      readonly type: "fault";
      readonly request: ModbusRequest;
      readonly fault: Fault;
      readonly exception: number;
    };

/**
 * A line or connection to Modbus units as a state machine: one request at a time, the others wait in order. Knows no clock and no port:
 * times are arguments in ms, monotonic; whoever holds the line does the steps and calls `tick` at `deadline`.
 */
export interface ModbusWire {
  /** When to call tick, ms; null when nothing is awaited. */
  readonly deadline: number | null;
  ask(request: ModbusRequest, now: number): readonly WireStep[];
  /** What came over the line, in any pieces. */
  push(bytes: Uint8Array, now: number): readonly WireStep[];
  /** Time has come to `deadline`. Earlier calls do nothing. */
  tick(now: number): readonly WireStep[];
  /** The port or connection is gone: everything that waits is told `why`. */
  closed(why: Fault): readonly WireStep[];
}

/** Requests that may wait. */
export const waitingMax = 64;

export function queueFull(request: ModbusRequest): WireStep {
  return {
    type: "fault",
    request: request,
    fault: fault("full", "more than " + waitingMax + " requests wait for the line"),
    exception: 0,
  };
}
