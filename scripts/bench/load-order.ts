import type { DeviceEntry } from "../../gateway/registry/registry.ts";

/** What the bench tells its load generator, a process of its own (load-process.ts), and what that answers. */
export type LoadOrder =
  | { readonly type: "connect"; readonly port: number; readonly lines: readonly LineOrder[] }
  | { readonly type: "load"; readonly each: number; readonly payload: PayloadKind; readonly lines?: number }
  | { readonly type: "send"; readonly perSecond?: number };

export interface LineOrder {
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  readonly topic: string;
  /** A topic to listen on, as a device does. */
  readonly hears?: string;
  /** Whose keys seal its messages; without them messages are random bytes. */
  readonly device?: DeviceEntry;
  /** Of that device; 1 where none is given. */
  readonly epoch?: number;
}

/** `shape` announces the shape of all the others; `rows` packs of so many rows of one reading; `bytes` random ones. */
export type PayloadKind = { readonly rows: number } | { readonly bytes: number } | "shape";

export interface Sent {
  readonly messages: number;
  readonly seconds: number;
  /** Of one message, on average. */
  readonly payloadBytes: number;
  /** ms from sending to PUBACK. */
  readonly p50: number;
  readonly p99: number;
  /** When the messages of each device were sent, where they were sent at a rate. */
  readonly moments?: readonly Moments[];
}

/** Of messages that a device numbered in a row. */
export interface Moments {
  readonly device: string;
  /** Number of the first. */
  readonly first: number;
  /** Unix ms, with decimals. */
  readonly sent: Float64Array;
}

export type LoadAnswer = { readonly sent?: Sent; readonly error?: string };
