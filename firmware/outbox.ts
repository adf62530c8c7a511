import type { Fault } from "../protocols/fault.ts";
import type { Link } from "../protocols/link.ts";
import { includes, type Ranges } from "../protocols/ranges.ts";
import type { OutboxLimits } from "./installation-type.ts";

/** What a frame holds: packs may be dropped when room is needed, everything else is rare, small and kept. */
export type FrameKind = "hello" | "pack" | "dropped" | "status" | "shape" | "time";

/** A sealed frame with its number. */
export interface OutboxFrame {
  readonly kind: FrameKind;
  readonly epoch: number;
  readonly piv: number;
  /** Rows in it, 0 for what is no pack. */
  readonly rows: number;
  readonly bytes: Uint8Array;
}

interface Waiting {
  readonly frame: OutboxFrame;
  /** How often it was handed to the link since the last sign of the gateway. */
  attempts: number;
  /** When it goes out again, ms; of no meaning before the first attempt. */
  due: number;
}

/** Frames handed to the link and not yet acknowledged, at most. */
export const windowMax = 8;
/** Wait for an acknowledgement before a frame goes out again, ms: at first, and at most after doubling. */
export const retryDelayFirst = 4000;
export const retryDelayMax = 120000;
/** Epochs of a device whose frames the gateway takes. */
const epochsHeard = 5;
/** How soon to look again whether a link that was not ready is, ms. */
const linkPoll = 500;

/**
 * The frames that the gateway has not yet acknowledged. They go out in order, packs after the rest, at most `windowMax` at once; each again
 * after a doubling delay with jitter until its acknowledgement comes. When the outbox is full the oldest packs are given up,
 * and told to whoever asked for room. Frames of earlier epochs come first where the gateway would else not hear them any more.
 */
export class Outbox {
  limits: OutboxLimits;
  /** A number from 0 to 1, for jitter. */
  dice: () => number;
  urgent: Waiting[] = [];
  packs: Waiting[] = [];
  bytes = 0;
  linkWasReady = false;
  underWay = 0;

  constructor(limits: OutboxLimits, dice: () => number) {
    this.limits = limits;
    this.dice = dice;
  }

  get frames(): number {
    return this.urgent.length + this.packs.length;
  }

  /** All frames, those that matter most first. */
  waiting(): readonly OutboxFrame[] {
    return this.urgent.concat(this.packs).map((waiting) => waiting.frame);
  }

  /** Takes a frame; returns the packs given up for it, oldest first. A pack that alone is too long is itself among them. */
  add(frame: OutboxFrame): readonly OutboxFrame[] {
    const waiting: Waiting = { frame: frame, attempts: 0, due: 0 };
    if (frame.kind === "pack") {
      this.packs.push(waiting);
    } else {
      this.urgent.push(waiting);
    }
    this.bytes += frame.bytes.length;
    const dropped: OutboxFrame[] = [];
    while (this.bytes > this.limits.bytesMax || this.frames > this.limits.framesMax) {
      const victim = this.victim();
      if (victim === null) {
        break;
      }
      this.bytes -= victim.frame.bytes.length;
      dropped.push(victim.frame);
    }
    return dropped;
  }

  /** Takes out what matters least: the oldest pack; without packs the oldest that is no hello; of hellos the last one stays. */
  victim(): Waiting | null {
    if (this.packs.length > 0) {
      return this.packs.shift() as Waiting;
    }
    const other = this.urgent.findIndex((waiting) => waiting.frame.kind !== "hello");
    if (other < 0 && this.urgent.length < 2) {
      return null;
    }
    return this.urgent.splice(Math.max(0, other), 1)[0];
  }

  /** Whether a frame of this kind is still waiting. */
  holds(kind: FrameKind): boolean {
    return this.urgent.some((waiting) => waiting.frame.kind === kind);
  }

  /** The gateway has these on disk, and is there: what else is waiting need not wait longer. Returns what may be forgotten. */
  acknowledge(epoch: number, ranges: Ranges, now: number): readonly OutboxFrame[] {
    const done: OutboxFrame[] = [];
    const keep = (waiting: Waiting): boolean => {
      const acknowledged = waiting.frame.epoch === epoch && includes(ranges, waiting.frame.piv);
      if (acknowledged) {
        done.push(waiting.frame);
        this.bytes -= waiting.frame.bytes.length;
      }
      return !acknowledged;
    };
    this.urgent = this.urgent.filter(keep);
    this.packs = this.packs.filter(keep);
    if (done.length > 0) {
      this.hasten(now);
    }
    return done;
  }

  /** Hands to the link what is due. Returns ms until it wants to be called again; faults of the link go to `onFault`. */
  tick(now: number, link: Link, onFault: (fault: Fault) => void): number {
    if (this.frames === 0) {
      return Infinity;
    }
    if (!link.ready()) {
      this.linkWasReady = false;
      return linkPoll;
    }
    if (!this.linkWasReady) {
      this.linkWasReady = true;
      this.hasten(now);
    }
    this.underWay = countSent(this.urgent) + countSent(this.packs);
    const urgent = this.send(this.urgent, now, link, onFault);
    return Math.min(urgent, this.send(this.packs, now, link, onFault));
  }

  /** The gateway hears an epoch and the four before it (WIRE: receiving); newer frames wait until older ones are through. */
  newestEpoch(): number {
    const urgent = this.urgent.length > 0 ? this.urgent[0].frame.epoch : Infinity;
    const pack = this.packs.length > 0 ? this.packs[0].frame.epoch : Infinity;
    return Math.min(urgent, pack) + epochsHeard - 1;
  }

  /** Sends what is due of one list, as far as the window goes. Returns ms until more is. */
  send(list: readonly Waiting[], now: number, link: Link, onFault: (fault: Fault) => void): number {
    const newest = this.newestEpoch();
    let next = Infinity;
    for (let i = 0; i < list.length; i++) {
      const waiting = list[i];
      const fresh = waiting.attempts === 0;
      if ((fresh && this.underWay >= windowMax) || waiting.frame.epoch > newest) {
        break; // those behind it have not gone out either
      }
      if (fresh || waiting.due <= now) {
        const refused = link.send(waiting.frame.bytes);
        if (refused !== null) {
          if (refused.fault !== "full") {
            onFault(refused); // a full line is no fault: it takes more in a moment
          }
          return linkPoll;
        }
        this.underWay += fresh ? 1 : 0;
        waiting.attempts++;
        waiting.due = now + this.delay(waiting.attempts);
      }
      next = Math.min(next, waiting.due - now);
    }
    return next;
  }

  /** Frames that went out before are due again within the first delay: the gateway is there, or may be again. */
  hasten(now: number): void {
    const soon = (waiting: Waiting): void => {
      if (waiting.attempts > 1) {
        waiting.attempts = 1;
        waiting.due = Math.min(waiting.due, now + this.dice() * retryDelayFirst);
      }
    };
    this.urgent.forEach(soon);
    this.packs.forEach(soon);
  }

  /** Doubles from attempt to attempt; 3/4 to 5/4 of that, so that a city's devices do not come back in step. */
  delay(attempts: number): number {
    const doubled = retryDelayFirst * Math.pow(2, Math.min(attempts, 8) - 1);
    return Math.min(doubled, retryDelayMax) * (0.75 + this.dice() / 2);
  }
}

function countSent(list: readonly Waiting[]): number {
  let sent = 0;
  for (let i = 0; i < list.length && list[i].attempts > 0; i++) {
    sent++;
  }
  return sent;
}
