import type { CborValue } from "./cbor.ts";
import type { Ranges } from "./ranges.ts";

export { decodeDown, encodeDown } from "./message-down.ts";
export { epochMax, pivMax, rangesMax, textMax } from "./message-form.ts";
export { decodeUp, encodeUp } from "./message-up.ts";

/**
 * What stands inside the envelope: one CBOR array `[type, ...]` per message, up from the device or down from the gateway.
 * Each message has exactly one encoding; what is not said here is refused, not skipped. Ranges of Partial IVs (PIVs) travel as
 * one flat array `[from, to, from, to, ...]`.
 */

/** Up 0, `[0, {...}]`: the first message of each epoch. Keys as here, shape ids as 4-byte strings. */
export interface Hello {
  readonly type: "hello";
  readonly firmware: string;
  readonly board: string;
  /** Shape ids, 8 lower-case hex digits each; at most 32. */
  readonly shapes: readonly string[];
  readonly bootReason: string;
  /** Seconds since boot. */
  readonly uptime: number;
  /** The epoch before this one and the last PIV it sealed; null where the device does not know. */
  readonly previousEpoch: number | null;
  readonly lastPiv: number | null;
  /** Rows lost before they were sealed, since installation as far as the device remembers. */
  readonly rowsDropped: number;
}

/** Up 1: the whole array, read by pack.ts. */
export interface PackMessage {
  readonly type: "pack";
  readonly value: CborValue;
}

/** Up 2, `[2, ranges, reason, ? epoch]`: messages that were sealed and then given up. */
export interface Dropped {
  readonly type: "dropped";
  readonly ranges: Ranges;
  readonly reason: string;
  /** The earlier epoch they are of; null for the epoch of this message. */
  readonly epoch: number | null;
}

/** Up 3, `[3, {uptime, rowsDropped, outbox: {frames, bytes, bytesMax}, faults: {code: count}}]`. */
export interface Status {
  readonly type: "status";
  /** Seconds since boot. */
  readonly uptime: number;
  readonly rowsDropped: number;
  readonly outbox: { readonly frames: number; readonly bytes: number; readonly bytesMax: number };
  /** Count by fault code since boot; in any order here, sorted on the wire. At most 64. */
  readonly faults: readonly (readonly [string, number])[];
}

/** Up 4, `[4, shape]`, read by shape.ts. */
export interface ShapeMessage {
  readonly type: "shape";
  readonly shape: CborValue;
}

/** Up 5, `[5]`: asks for the time; the answer names this message's PIV. A hello asks by itself. */
export interface TimeRequest {
  readonly type: "time-request";
}

export type UpMessage = Hello | PackMessage | Dropped | Status | ShapeMessage | TimeRequest;

/** Down 0, `[0, device epoch, ranges]`: these PIVs are on disk. */
export interface Ack {
  readonly type: "ack";
  readonly deviceEpoch: number;
  readonly ranges: Ranges;
}

/** Down 1, `[1, device epoch, PIV, fault code]`: authentic but unusable; stored as a fault, so not to be sent again. */
export interface Nack {
  readonly type: "nack";
  readonly deviceEpoch: number;
  readonly piv: number;
  readonly code: string;
}

/** Down 2, `[2, device epoch, PIV of the hello or time request, unix ms]`. */
export interface TimeAnswer {
  readonly type: "time";
  readonly deviceEpoch: number;
  readonly answers: number;
  /** Unix time in milliseconds. */
  readonly unix: number;
}

/** Down 3, `[3, device epoch, name, arguments]`. */
export interface Command {
  readonly type: "command";
  readonly deviceEpoch: number;
  readonly name: CommandName;
  readonly arguments: CborValue;
}

export type CommandName = "interval" | "identify" | "restart" | "send-shape";

export type DownMessage = Ack | Nack | TimeAnswer | Command;
