import type { FrameReceiver } from "../gateway/link.ts";
import { newCounters } from "../gateway/links/counters.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import { frameMax, type Link } from "../protocols/link.ts";

/**
 * The way between a meter's node and the gate of the gateway in the same process. Frames are handed over as a wire would: each side gets a
 * copy, never within the other's call.
 */
export class LocalLink implements Link {
  readonly name = "local";
  readonly frameMax = frameMax;
  readonly counters = newCounters();
  onFrame: ((frame: Uint8Array) => void) | null = null;
  /** Whether a frame is being handed to the node. */
  delivering = false;
  readonly #address: string;
  readonly #receive: FrameReceiver;
  #open = true;

  /** `address`: of the meter, for logs. */
  constructor(address: string, receive: FrameReceiver) {
    this.#address = address;
    this.#receive = receive;
  }

  ready(): boolean {
    return this.#open;
  }

  send(frame: Uint8Array): Fault | null {
    if (!this.#open) {
      return fault("bus", "the gateway has stopped");
    }
    this.counters.framesIn++;
    this.counters.bytesIn += frame.length;
    const copy = frame.slice();
    const source = { address: this.#address, reply: (answer: Uint8Array) => this.#reply(answer) };
    setImmediate(() => this.#receive(copy, source, () => {}));
    return null;
  }

  close(): void {
    this.#open = false;
  }

  #reply(frame: Uint8Array): boolean {
    if (!this.#open || this.onFrame === null) {
      return false;
    }
    this.counters.framesOut++;
    this.counters.bytesOut += frame.length;
    const copy = frame.slice();
    setImmediate(() => {
      this.delivering = true;
      this.onFrame?.(copy);
      this.delivering = false;
    });
    return true;
  }
}
