/** What the gate takes of one device and of one source: a flood and a forger are slowed, and nobody can silence another. */
import { type Fault, fault } from "../protocols/fault.ts";
import { Alarms } from "./alarms.ts";
import type { FailureBudget } from "./budget.ts";
import type { Device } from "./devices.ts";
import type { Log } from "./log.ts";

/** Forgeries that one key may see: with tags of 64 bits, one of so many succeeds with a chance of 2^-44 (RFC 9053 §4.2: limit them). */
const failedTagsMax = 2 ** 20;

export interface GuardOptions {
  readonly budget: FailureBudget;
  /** Messages that one device may send in a minute; no limit where none is given. */
  readonly messagesPerMinute?: number;
  readonly log: Log;
}

export class Guard {
  readonly alarms: Alarms;
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.alarms = new Alarms(options.log);
  }

  /** Null when a frame of this device from this source may be verified; otherwise why not now. `now` in ms of a clock that never jumps. */
  admit(device: Device, source: string, now: number): Fault | null {
    const { budget, messagesPerMinute } = this.#options;
    if (!budget.allows(source, now)) {
      return fault("budget", `${source} failed too often; it is heard again in a moment`);
    }
    // Only what is authentic is counted against it, so that nobody else can silence a device.
    if (!device.rate.allows(now)) {
      // Not acknowledged, so the device keeps what it sends too soon and sends it again.
      const { name } = device.entry;
      const detail = `${name} sends more than ${messagesPerMinute} messages a minute; it is heard again in a moment`;
      this.alarms.raise("device-throttled", { who: name }, now, detail);
      return fault("budget", detail);
    }
    return null;
  }

  /** A new message of this device was authentic. */
  took(device: Device, now: number): void {
    device.rate.spend(now);
  }

  /** A frame under this device's number was not. */
  failed(device: Device, source: string, now: number): void {
    const { budget } = this.#options;
    if (!budget.spend(source, now)) {
      const event = `${source} sent so many forged or damaged messages that it is slowed down`;
      this.alarms.raise("source-slowed", { who: source }, now, event);
    }
    if (++device.failedTags === failedTagsMax + 1) {
      const { name } = device.entry;
      const event = `somebody keeps trying to forge messages of ${name}; make it a new key with: hasen device replace ${name}`;
      this.alarms.raise("failed-tags", { who: name, failures: device.failedTags }, now, event);
    }
  }
}
