import type { SmallValue } from "../protocols/cbor-small.ts";
import { type Fault, fault } from "../protocols/fault.ts";
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
 * Does what an authentic message from the gateway asks (WIRE 3, down). Each names the device's epoch, and one that names another is not
 * followed, so that nothing old can be replayed to a rebooted device. An acknowledgement alone may name an earlier epoch: that a message
 * of it is on disk stays true. Returns the Fault for which a message was not followed.
 */
export function follow(message: SmallValue, target: CommandTarget): Fault | null {
  if (!Array.isArray(message) || message.length !== (message[0] === 0 ? 3 : 4)) {
    return other();
  }
  const type = message[0];
  const epoch = message[1];
  const first = message[2];
  const second = message[3];
  if (type === 0) {
    const ranges = rangesOf(first);
    if (ranges === null) {
      return other();
    }
    target.acknowledge(epoch, ranges);
    return null;
  }
  if (epoch !== target.epoch) {
    return fault("old-epoch", "a message for epoch " + epoch + ", this is " + target.epoch);
  }
  if (type === 1) {
    target.refused(first, second);
    return null;
  }
  if (type === 2) {
    return target.time(first, second)
      ? null
      : fault("not-allowed", "the time, unasked, too late or too early to be true: not taken");
  }
  return type === 3 ? obey(first, second, target) : other();
}

function obey(name: SmallValue, given: SmallValue, target: CommandTarget): Fault | null {
  if (name === "interval") {
    return isWithin(given, intervalLeast, intervalMax)
      ? target.interval(given)
      : fault("range", "an interval has " + intervalLeast + " to " + intervalMax + " ms");
  }
  if (name === "identify") {
    target.identify(isWithin(given, 0, identifyMax) ? given : identifyStandard);
    return null;
  }
  if (name === "restart") {
    target.restart();
    return null;
  }
  return name === "send-shape" ? target.sendShape(typeof given === "string" ? given : null) : other();
}

/** Ranges as they travel, in one flat array of numbers; null for anything else. */
function rangesOf(ends: SmallValue): Ranges | null {
  if (!Array.isArray(ends)) {
    return null;
  }
  const ranges: (readonly [number, number])[] = [];
  for (let i = 0; i < ends.length; i += 2) {
    ranges.push([ends[i], ends[i + 1]]);
  }
  return ranges;
}

function isWithin(value: SmallValue, least: number, most: number): value is number {
  return typeof value === "number" && value >= least && value <= most;
}

function other(): Fault {
  return fault("syntax", "a message of a form that is not known here");
}
