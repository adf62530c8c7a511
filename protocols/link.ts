import type { Fault } from "./fault.ts";

/**
 * A link carries whole frames, either way, and promises nothing else: frames may be lost, doubled, late or damaged. What makes
 * them reliable is the envelope and the outbox. Serial lines, MQTT and BLE are links.
 */
export interface Link {
  /** As it stands in logs, e.g. "serial /dev/ttyUSB0". */
  readonly name: string;
  /** Longest frame it takes, in bytes. */
  readonly frameMax: number;
  /** Whether a frame given now has a chance. */
  ready(): boolean;
  /** Hands over one frame; null, or the Fault that kept it. */
  send(frame: Uint8Array): Fault | null;
  /** Called for each frame that arrives. Set once, by the owner of the link. */
  onFrame: ((frame: Uint8Array) => void) | null;
}

/** Longest frame on serial lines and MQTT, in bytes (facts: pre-authentication memory is bounded per connection). */
export const frameMax = 4096;
