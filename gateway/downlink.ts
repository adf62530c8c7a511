/**
 * What the gateway says to devices: acknowledgements, refusals, the time, commands; sealed under its own boot epoch, each number
 * once. Acknowledgements gather until the end of the turn, so that one commit gives one frame per device and epoch.
 */
import { type Session, seal } from "../protocols/envelope.ts";
import { type DownMessage, encodeDown } from "../protocols/message.ts";
import type { Device } from "./devices.ts";
import type { FrameSource } from "./link.ts";
import { NumberSet } from "./number-set.ts";

/** Ranges in one acknowledgement (WIRE: messages). */
const ackRangesMax = 64;

export class Downlink {
  #bootEpoch: number | null;
  readonly #later: (call: () => void) => void;
  readonly #waiting = new Map<Device, Waiting[]>();
  #scheduled = false;
  sent = 0;
  /** Frames that found no way back: the device has not spoken since the start, its link is gone, or there is no epoch yet. */
  unsent = 0;

  /** `later` calls at the end of the turn. Without an epoch nothing is sent before `begin`. */
  constructor(bootEpoch: number | null, later: (call: () => void) => void = setImmediate) {
    this.#bootEpoch = bootEpoch;
    this.#later = later;
  }

  /** Null before `begin`. */
  get bootEpoch(): number | null {
    return this.#bootEpoch;
  }

  /** This start's epoch, on disk already. What devices sent before they send again. */
  begin(bootEpoch: number): void {
    this.#bootEpoch = bootEpoch;
  }

  /** The message is on disk; tell whoever sent it, together with what else this turn settles. */
  acknowledge(device: Device, source: FrameSource, epoch: number, piv: number): void {
    this.#waitingFor(device, source, epoch).add(piv);
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#later(() => this.flush());
    }
  }

  /** Sends one message the given way, or the way the device last spoke from. */
  send(device: Device, message: DownMessage, source: FrameSource | null = device.source): void {
    if (source === null || this.#bootEpoch === null) {
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
    for (const [device, acknowledgements] of this.#waiting) {
      for (const { source, epoch, numbers } of acknowledgements) {
        const ranges = numbers.ranges();
        for (let at = 0; at < ranges.length; at += ackRangesMax) {
          const some = ranges.slice(at, at + ackRangesMax);
          this.send(device, { type: "ack", deviceEpoch: epoch, ranges: some }, source);
        }
      }
    }
    this.#waiting.clear();
  }

  /** What this turn has for a device by one way: one list, unless it sends in two epochs or over two links at once. */
  #waitingFor(device: Device, source: FrameSource, epoch: number): NumberSet {
    const all = this.#waiting.get(device);
    const known = all?.find((one) => one.epoch === epoch && one.source.address === source.address);
    if (known !== undefined) {
      return known.numbers;
    }
    const waiting = { source, epoch, numbers: new NumberSet() };
    if (all === undefined) {
      this.#waiting.set(device, [waiting]);
    } else {
      all.push(waiting);
    }
    return waiting.numbers;
  }
}

interface Waiting {
  readonly source: FrameSource;
  readonly epoch: number;
  readonly numbers: NumberSet;
}

function sealed(session: Session, piv: number, message: DownMessage): Uint8Array {
  return seal(session, piv, encodeDown(message));
}
