/**
 * What the gateway says to devices: acknowledgements, refusals, the time, commands; sealed under its own boot epoch, each number
 * once. Acknowledgements gather until the end of the turn, so that one commit gives one frame per device and epoch.
 */
import { type Session, seal } from "../protocols/envelope.ts";
import { type DownMessage, encodeDown } from "../protocols/message.ts";
import { insert, type Ranges } from "../protocols/ranges.ts";
import type { Device } from "./devices.ts";

/** Ranges in one acknowledgement (WIRE: messages). */
const ackRangesMax = 64;

export class Downlink {
  readonly #bootEpoch: number;
  readonly #waiting = new Map<Device, Map<number, Ranges>>();
  #scheduled = false;
  sent = 0;
  /** Frames that found no way back: the device has not spoken since the start, or its link is gone. */
  unsent = 0;

  constructor(bootEpoch: number) {
    this.#bootEpoch = bootEpoch;
  }

  /** The message is on disk; tell the device, together with what else this turn settles. */
  acknowledge(device: Device, epoch: number, piv: number): void {
    let epochs = this.#waiting.get(device);
    if (epochs === undefined) {
      epochs = new Map();
      this.#waiting.set(device, epochs);
    }
    epochs.set(epoch, insert(epochs.get(epoch) ?? [], piv));
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.flush());
    }
  }

  send(device: Device, message: DownMessage): void {
    if (device.source === null) {
      this.unsent++;
      return;
    }
    const { session, piv } = device.nextDownlink(this.#bootEpoch);
    const sent = device.source.reply(sealed(session, piv, message));
    this.sent += sent ? 1 : 0;
    this.unsent += sent ? 0 : 1;
  }

  /** Sends the acknowledgements gathered so far. */
  flush(): void {
    this.#scheduled = false;
    for (const [device, epochs] of this.#waiting) {
      for (const [deviceEpoch, ranges] of epochs) {
        for (let at = 0; at < ranges.length; at += ackRangesMax) {
          this.send(device, { type: "ack", deviceEpoch, ranges: ranges.slice(at, at + ackRangesMax) });
        }
      }
    }
    this.#waiting.clear();
  }
}

function sealed(session: Session, piv: number, message: DownMessage): Uint8Array {
  return seal(session, piv, encodeDown(message));
}
