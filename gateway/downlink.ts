/**
 * What the gateway says to devices: acknowledgements, refusals, the time, commands; sealed under its own boot epoch, each number
 * once. Acknowledgements gather until the end of the turn, so that one commit gives one frame per device and epoch.
 */
import { type Session, seal } from "../protocols/envelope.ts";
import { type DownMessage, encodeDown } from "../protocols/message.ts";
import { insert, type Ranges } from "../protocols/ranges.ts";
import type { Device } from "./devices.ts";
import type { FrameSource } from "./link.ts";

/** Ranges in one acknowledgement (WIRE: messages). */
const ackRangesMax = 64;

export class Downlink {
  readonly #bootEpoch: number;
  readonly #waiting = new Map<string, Waiting>();
  #scheduled = false;
  sent = 0;
  /** Frames that found no way back: the device has not spoken since the start, or its link is gone. */
  unsent = 0;

  constructor(bootEpoch: number) {
    this.#bootEpoch = bootEpoch;
  }

  /** The message is on disk; tell whoever sent it, together with what else this turn settles. */
  acknowledge(device: Device, source: FrameSource, epoch: number, piv: number): void {
    const key = `${device.entry.kid}/${epoch} ${source.address}`;
    const ranges = insert(this.#waiting.get(key)?.ranges ?? [], piv);
    this.#waiting.set(key, { device, source, epoch, ranges });
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.flush());
    }
  }

  /** Sends one message the given way, or the way the device last spoke from. */
  send(device: Device, message: DownMessage, source: FrameSource | null = device.source): void {
    if (source === null) {
      this.unsent++;
      return;
    }
    const { session, piv } = device.nextDownlink(this.#bootEpoch);
    const sent = source.reply(sealed(session, piv, message));
    this.sent += sent ? 1 : 0;
    this.unsent += sent ? 0 : 1;
  }

  /** Sends the acknowledgements gathered so far. */
  flush(): void {
    this.#scheduled = false;
    for (const { device, source, epoch, ranges } of this.#waiting.values()) {
      for (let at = 0; at < ranges.length; at += ackRangesMax) {
        this.send(
          device,
          { type: "ack", deviceEpoch: epoch, ranges: ranges.slice(at, at + ackRangesMax) },
          source,
        );
      }
    }
    this.#waiting.clear();
  }
}

interface Waiting {
  readonly device: Device;
  readonly source: FrameSource;
  readonly epoch: number;
  readonly ranges: Ranges;
}

function sealed(session: Session, piv: number, message: DownMessage): Uint8Array {
  return seal(session, piv, encodeDown(message));
}
