import type { Fault } from "../protocols/fault.ts";
import { size } from "../protocols/ranges.ts";
import { type Outbox, type OutboxFrame, windowMax } from "./outbox.ts";
import type { Spill } from "./spill.ts";

/**
 * An outbox in RAM that spills to flash: packs that it would give up, and all packs that waited when the gateway was not heard for `after` ms. What
 * lies in flash comes back into RAM, oldest first, as room comes. One frame of those at least is always in RAM, so that the oldest epoch holds newer
 * ones back where the gateway would else not hear it any more.
 */
export function spillOutbox(
  ram: Outbox,
  spill: Spill,
  order: { readonly bytesMax: number; readonly framesMax: number; readonly after: number },
): Outbox {
  /** Frames in RAM that lie in flash too. */
  let copies: OutboxFrame[] = [];
  /** Given up where nobody could be told; whoever asks for room next is. */
  let owed: OutboxFrame[] = [];
  let faults: Fault[] = [];
  /** When the gateway was heard last, or nothing waited. */
  let quietAt = 0;
  let clock = 0;
  /** Frames in RAM up to which it is filled from flash: the rest is for what is new. */
  const most = Math.min(windowMax, order.framesMax / 2);

  /** Into flash; whether it is there. */
  function keep(frame: OutboxFrame): boolean {
    const lost: OutboxFrame[] = [];
    const refused = spill.keep(frame, clock, lost);
    if (refused !== null) {
      faults.push(refused);
    }
    lost.forEach((gone) => {
      const kept = copies.length;
      copies = without(copies, gone);
      if (copies.length === kept) {
        owed.push(gone);
      }
    });
    return refused === null;
  }

  /** What RAM gave up goes into flash where it is not there already; what cannot is owed. */
  function settle(dropped: readonly OutboxFrame[]): void {
    dropped.forEach((frame) => {
      const kept = copies.length;
      copies = without(copies, frame);
      if (copies.length === kept && (frame.kind !== "pack" || !keep(frame))) {
        owed.push(frame);
      }
    });
  }

  /** Takes the oldest frame out of flash that is not in RAM yet; whether there was one, and room of so many bytes. */
  function load(room: number): boolean {
    const frame = spill.frames > copies.length ? spill.oldestBut(copies) : null;
    if (frame === null || frame.bytes.length > room) {
      return false;
    }
    if (frame.bytes.length > order.bytesMax) {
      // An outbox that has been made smaller than it was never would take it.
      owed = owed.concat(spill.acknowledge(frame.epoch, [[frame.piv, frame.piv]]));
      return true;
    }
    copies.push(frame);
    settle(ram.add(frame));
    return true;
  }

  function fill(): void {
    if (copies.length === 0) {
      load(Infinity);
    }
  }

  return {
    get frames() {
      return ram.frames + spill.frames - copies.length;
    },
    get bytes() {
      return copies.reduce((sum, frame) => sum - frame.bytes.length, ram.bytes + spill.bytes);
    },
    waiting: ram.waiting,
    holds: ram.holds,
    add(frame) {
      settle(ram.add(frame));
      fill();
      const given = owed;
      owed = [];
      return given;
    },
    acknowledge(epoch, ranges, now) {
      const done = ram.acknowledge(epoch, ranges, now);
      const isSettled = size(ranges) === done.length && done.every((frame) => copies.indexOf(frame) < 0);
      const marked = isSettled ? [] : spill.acknowledge(epoch, ranges);
      const others = marked.filter((frame) => without(done, frame).length === done.length);
      marked.forEach((frame) => {
        copies = without(copies, frame);
      });
      const all = done.concat(others);
      if (all.length > 0) {
        quietAt = now;
      }
      return all;
    },
    tick(now, link, onFault) {
      clock = now;
      if (ram.frames === 0) {
        quietAt = now;
      }
      if (now - quietAt > order.after) {
        ram.waiting().forEach((frame) => {
          const isNew = frame.kind === "pack" && without(copies, frame).length === copies.length;
          if (isNew && now - quietAt > order.after) {
            if (keep(frame)) {
              copies.push(frame);
            } else {
              quietAt = now; // not again for each tick
            }
          }
        });
      }
      if (link.ready()) {
        let more = true;
        while (more && ram.frames < most) {
          more = load(order.bytesMax - ram.bytes);
        }
      }
      fill();
      const told = faults;
      faults = [];
      told.forEach(onFault);
      return ram.tick(now, link, onFault);
    },
  };
}

function without(frames: readonly OutboxFrame[], frame: OutboxFrame): OutboxFrame[] {
  return frames.filter((other) => other.epoch !== frame.epoch || other.piv !== frame.piv);
}
