import type { Log } from "./log.ts";

/**
 * A gateway link: frames from devices in, frames to devices out. Links know no keys and no meaning; what they carry is decided
 * in ingest. One file per kind in links/, one line in links/index.ts.
 */
export interface GatewayLink {
  /** As the config and the logs name it, e.g. "mqtt" or "serial /dev/ttyUSB0". */
  readonly name: string;
  /** Resolves once it listens; rejects with a ProblemError (problem.ts) that a person can act on. */
  start(receive: FrameReceiver): Promise<void>;
  /** Stops listening; frames not yet answered are dropped. Resolves within a second. */
  stop(): Promise<void>;
  /** Ends what a revoked or replaced device still holds open. */
  disconnect(device: string): void;
  /** What is in the way, for people; null while it works. */
  trouble(): string | null;
  /** Counters for health: connections, frames and bytes by direction, frames refused before ingest by reason. */
  readonly counters: LinkCounters;
}

/**
 * Hands one frame to ingest. `settled` is called exactly once: after the frame is durable, or when it will never be (refused,
 * failed); a link that can hold back its own acknowledgement (PUBACK) waits for it.
 */
export type FrameReceiver = (frame: Uint8Array, source: FrameSource, settled: () => void) => void;

export interface FrameSource {
  /** For logs, e.g. "mqtt:pb-rathaus-meter-017" or "serial:/dev/ttyUSB0". Also the key of the link's failure budget. */
  readonly address: string;
  /** Sends a frame back the way this one came. False when the way is gone. */
  reply(frame: Uint8Array): boolean;
}

export interface LinkCounters {
  connections: number;
  framesIn: number;
  framesOut: number;
  bytesIn: number;
  bytesOut: number;
  /** By reason: "too-long", "checksum", "unauthenticated", "wrong-topic"... */
  readonly refused: Record<string, number>;
}

/** What a link gets from the composition root. */
export interface LinkContext {
  readonly log: Log;
  /** The gateway's name: client ids. */
  readonly gateway: string;
  readonly authenticate: Authenticate;
  /** From 0 (inclusive) to 1 (exclusive); back-off jitter. */
  readonly random: () => number;
}

/**
 * The device whose credentials these are, or null. Compares in constant time, also for a name nobody has, and refuses revoked
 * devices. The password is as it came: any bytes, at most a CONNECT packet long.
 */
export type Authenticate = (name: string, password: Uint8Array) => { readonly name: string } | null;
