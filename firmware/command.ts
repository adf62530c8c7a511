import type { CborValue } from "../protocols/cbor.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import type { Command, DownMessage } from "../protocols/message.ts";
import type { Ranges } from "../protocols/ranges.ts";

/** What the gateway can bring about on a device. */
export interface CommandTarget {
  /** Of this boot. */
  readonly epoch: number;
  acknowledge(epoch: number, ranges: Ranges): void;
  /** The gateway cannot use this message; it is settled all the same. */
  refused(piv: number, code: string): void;
  /** False where nobody asked for it. */
  time(answers: number, unix: number): boolean;
  /** Another interval, ms, for all sensors. */
  interval(interval: number): Fault | null;
  /** Shows itself for so many ms. */
  identify(duration: number): void;
  restart(): void;
  /** Sends the shape of this id, or all (null); a Fault where there is none. */
  sendShape(id: string | null): Fault | null;
}

const identifyStandard = 10000; // ms
const identifyMax = 600000; // ms
const intervalLeast = 1000; // ms
const intervalMax = 86400000; // ms

/**
 * Does what an authentic message from the gateway asks. Each names the device's epoch, and one that names another is not followed, so
 * that nothing old can be replayed to a rebooted device. An acknowledgement alone may name an earlier epoch: that a message of it
 * is on disk stays true. Returns the Fault for which a message was not followed.
 */
export function follow(message: DownMessage, target: CommandTarget): Fault | null {
  if (message.type === "ack") {
    target.acknowledge(message.deviceEpoch, message.ranges);
    return null;
  }
  if (message.deviceEpoch !== target.epoch) {
    return fault(
      "old-epoch",
      "a " + message.type + " for epoch " + message.deviceEpoch + ", this is " + target.epoch,
    );
  }
  switch (message.type) {
    case "nack":
      target.refused(message.piv, message.code);
      return null;
    case "time":
      return target.time(message.answers, message.unix)
        ? null
        : fault("not-allowed", "the time, unasked, too late or too early to be true: not taken");
    case "command":
      return obey(message, target);
  }
}

function obey(command: Command, target: CommandTarget): Fault | null {
  const given = command.arguments;
  switch (command.name) {
    case "interval":
      return isWithin(given, intervalLeast, intervalMax)
        ? target.interval(given)
        : fault("range", "an interval has " + intervalLeast + " to " + intervalMax + " ms");
    case "identify":
      target.identify(isWithin(given, 0, identifyMax) ? given : identifyStandard);
      return null;
    case "restart":
      target.restart();
      return null;
    case "send-shape":
      return target.sendShape(typeof given === "string" ? given : null);
  }
}

function isWithin(value: CborValue, least: number, most: number): value is number {
  return typeof value === "number" && value >= least && value <= most;
}
