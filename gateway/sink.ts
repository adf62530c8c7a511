import type { Fault } from "../protocols/fault.ts";
import type { Log } from "./log.ts";

/**
 * A sink carries records to one platform. It sees records and gaps, never frames or keys. One file per kind in sinks/, one line
 * in sinks/index.ts. Who calls it keeps the cursor; a sink keeps nothing that must survive.
 */
export interface Sink {
  readonly name: string;
  /** Most records it wants in one call. */
  readonly recordsMax: number;
  /** Connects in the background; never rejects because the platform is away. */
  start(): Promise<void>;
  /**
   * Resolves when the platform has confirmed all of it, or with why not. Never rejects. One call at a time unless `window` > 1. The batch
   * is the sink's alone, and best let go of as soon as it is written.
   */
  send(batch: SinkBatch): Promise<Delivery>;
  /** Most calls of `send` under way at once. */
  readonly window: number;
  /** Whom to tell when the platform can be reached again: what waits for its turn after a failure need not wait any longer. */
  whenReachable?(call: () => void): void;
  /** Connection state for health and the screen. */
  state(): SinkState;
  /** Gives up what is under way and closes, within a second. */
  stop(): Promise<void>;
}

export interface SinkBatch {
  readonly records: readonly CityRecord[];
  readonly gaps: readonly Gap[];
}

export type Delivery = { readonly delivered: true } | SinkFault;

/** Transient: try again, later. Final: this batch will never be taken as it is. */
export interface SinkFault extends Fault {
  readonly transient: boolean;
}

export interface SinkState {
  readonly connected: boolean;
  /** What is in the way, for people; null when connected. */
  readonly trouble: string | null;
}

/** One resolved SenML record (RFC 8428 §4.6) with its identity. Dedupe key: device + dh + n. */
export interface CityRecord {
  /** Device URN (RFC 9039), e.g. urn:dev:ops:pb-rathaus-meter-017. */
  readonly device: string;
  /** `<device URN>:<channel>`; the channel is the quantity's name. */
  readonly n: string;
  /** SenML unit. */
  readonly u: string;
  /** Exact decimal text. */
  readonly v: string;
  /** Unix ms, whole. Where nobody knows when it was measured, when it came; `timeQuality` says so. */
  readonly time: number;
  /** `<epoch>/<PIV>/<row>`. */
  readonly dh: string;
  /** How the time was known, where it was not by a synchronised device clock. */
  readonly timeQuality: "relative" | "unknown" | null;
  /** Waited in the spool beyond the live lane. */
  readonly backlog: boolean;
}

/** Messages that are missing, by number (WIRE: records and gaps). */
export interface Gap {
  readonly device: string;
  readonly epoch: number;
  readonly from: number;
  /** Inclusive; null where the end is not known. */
  readonly to: number | null;
  readonly state: "open" | "closed" | "dropped";
  readonly reason: string;
  /** With an open end: Unix seconds before which it lies. */
  readonly before?: number;
  /** The sink it is missing at, where others may have it. */
  readonly sink?: string;
}

/** What a sink gets from the composition root. */
export interface SinkContext {
  readonly log: Log;
  /** The gateway's name: client ids and the `gateway` user property. */
  readonly gateway: string;
  /** From 0 (inclusive) to 1 (exclusive); back-off jitter. */
  readonly random: () => number;
}
