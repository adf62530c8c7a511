/** Asks devices for pack shapes that are not known here, each not more often than a device needs to answer. */
import type { Device } from "./devices.ts";
import type { Downlink } from "./downlink.ts";

/** Between two requests for the same shape to the same device, ms. */
const askIntervalMin = 10_000;
const askedMax = 10_000;

export class ShapeRequests {
  readonly #downlink: Downlink;
  readonly #monotonic: () => number;
  /** When a shape was last asked for, by device and shape. */
  readonly #asked = new Map<string, number>();

  /** `monotonic` gives ms of a clock that never jumps. */
  constructor(options: { readonly downlink: Downlink; readonly monotonic: () => number }) {
    this.#downlink = options.downlink;
    this.#monotonic = options.monotonic;
  }

  /**
   * `epoch` is that of a message just heard. A device drops what names another epoch than its present one, and its outbox may hold messages
   * of earlier ones: the newest heard of is meant.
   */
  ask(device: Device, epoch: number, id: string): void {
    const deviceEpoch = Math.max(epoch, device.received.newest);
    const key = `${device.entry.kid}/${id}`;
    const last = this.#asked.get(key);
    const at = this.#monotonic();
    if (last !== undefined && at - last < askIntervalMin) {
      return;
    }
    if (this.#asked.size >= askedMax) {
      this.#asked.clear();
    }
    this.#asked.set(key, at);
    this.#downlink.send(device, { type: "command", deviceEpoch, name: "send-shape", arguments: id });
  }
}
