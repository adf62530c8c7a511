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

export interface Outbox {
  readonly frames: number;
  readonly bytes: number;
  /** All frames, those that matter most first. */
  waiting(): readonly OutboxFrame[];
  /** Takes a frame; returns the packs given up for it, oldest first. A pack that alone is too long is itself among them. */
  add(frame: OutboxFrame): readonly OutboxFrame[];
  /** Whether a frame of this kind is still waiting. */
  holds(kind: FrameKind): boolean;
  /** The gateway has these on disk, and is there: what else is waiting need not wait longer. Returns what may be forgotten. */
  acknowledge(epoch: number, ranges: Ranges, now: number): readonly OutboxFrame[];
  /** Hands to the link what is due. Returns ms until it wants to be called again; faults of the link go to `onFault`. */
  tick(now: number, link: Link, onFault: (fault: Fault) => void): number;
}

/**
 * The frames that the gateway has not yet acknowledged. They go out in order, packs after the rest, at most `windowMax` at once; each again
 * after a doubling delay with jitter until its acknowledgement comes. When the outbox is full the oldest packs are given up,
 * and told to whoever asked for room. Frames of earlier epochs come first where the gateway would else not hear them any more.
 * `dice` gives a number from 0 to 1, for jitter.
 */
export function createOutbox(limits: Omit<OutboxLimits, "persistent">, dice: () => number): Outbox {
  /** In the order in which they go out: packs after the rest. */
  let list: Waiting[] = [];
  let bytes = 0;
  let wasReady = false;

  function firstPack(): number {
    const at = list.findIndex((waiting) => waiting.frame.kind === "pack");
    return at < 0 ? list.length : at;
  }

  /** Takes out what matters least: the oldest pack; without packs the oldest that is no hello; of hellos the last one stays. */
  function victim(): Waiting | null {
    let at = firstPack();
    if (at === list.length) {
      at = Math.max(
        0,
        list.findIndex((waiting) => waiting.frame.kind !== "hello"),
      );
    }
    return at === 0 && list.length === 1 && list[0].frame.kind === "hello" ? null : list.splice(at, 1)[0];
  }

  /** Frames that went out before are due again within the first delay: the gateway is there, or may be again. */
  function hasten(now: number): void {
    list.forEach((waiting) => {
      if (waiting.attempts > 1) {
        waiting.attempts = 1;
        waiting.due = Math.min(waiting.due, now + dice() * retryDelayFirst);
      }
    });
  }

  /** The gateway hears an epoch and the four before it (WIRE: receiving); newer frames wait until older ones are through. */
  function newestEpoch(): number {
    return list.reduce((least, waiting) => Math.min(least, waiting.frame.epoch), Infinity) + epochsHeard - 1;
  }

  return {
    get frames() {
      return list.length;
    },
    get bytes() {
      return bytes;
    },
    waiting: () => list.map((waiting) => waiting.frame),
    add(frame) {
      list.splice(frame.kind === "pack" ? list.length : firstPack(), 0, {
        frame: frame,
        attempts: 0,
        due: 0,
      });
      bytes += frame.bytes.length;
      const dropped: OutboxFrame[] = [];
      while (bytes > limits.bytesMax || list.length > limits.framesMax) {
        const given = victim();
        if (given === null) {
          break;
        }
        bytes -= given.frame.bytes.length;
        dropped.push(given.frame);
      }
      return dropped;
    },
    holds: (kind) => list.some((waiting) => waiting.frame.kind === kind),
    acknowledge(epoch, ranges, now) {
      const done: OutboxFrame[] = [];
      list = list.filter((waiting) => {
        const frame = waiting.frame;
        const isDone = frame.epoch === epoch && includes(ranges, frame.piv);
        if (isDone) {
          done.push(frame);
          bytes -= frame.bytes.length;
        }
        return !isDone;
      });
      if (done.length > 0) {
        hasten(now);
      }
      return done;
    },
    tick(now, link, onFault) {
      const isReady = link.ready();
      if (isReady && !wasReady) {
        hasten(now);
      }
      wasReady = isReady;
      if (list.length === 0) {
        return Infinity;
      }
      if (!isReady) {
        return linkPoll;
      }
      let room = windowMax - list.filter((waiting) => waiting.attempts > 0).length;
      const newest = newestEpoch();
      let next = Infinity;
      const all = list; // a link may answer at once, and what is acknowledged then leaves the list
      for (let i = 0; i < all.length; i++) {
        const waiting = all[i];
        const fresh = waiting.attempts === 0;
        if (fresh && (room <= 0 || waiting.frame.epoch > newest)) {
          continue;
        }
        if (fresh || waiting.due <= now) {
          const refused = link.send(waiting.frame.bytes);
          if (refused !== null) {
            if (refused.fault !== "full") {
              onFault(refused); // a full line is no fault: it takes more in a moment
            }
            return linkPoll;
          }
          room -= fresh ? 1 : 0;
          waiting.attempts++;
          waiting.due = now + delay(waiting.attempts, dice());
        }
        next = Math.min(next, waiting.due - now);
      }
      return next;
    },
  };
}

/** Doubles from attempt to attempt; 3/4 to 5/4 of that, so that a city's devices do not come back in step. */
function delay(attempts: number, die: number): number {
  const doubled = retryDelayFirst * Math.pow(2, Math.min(attempts, 8) - 1);
  return Math.min(doubled, retryDelayMax) * (0.75 + die / 2);
}
