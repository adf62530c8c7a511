import { type Fault, fault, isFault } from "../protocols/fault.ts";
import type { DeviceTime } from "./device-time.ts";
import type { EpochStart } from "./epoch.ts";
import type { FaultCounters } from "./faults.ts";
import { messagesMax, type Uplink } from "./uplink.ts";
import type { Words } from "./words.ts";

/** Shortest time between two status messages, ms. */
const statusLeast = 60000;
/** A hello older than this when the gateway is first heard, ms, tells it nothing about when the device booted. */
const helloFresh = 5000;

/** What of a node the speaker speaks about. */
export interface SpeakerParts {
  /** Between two status messages, ms. */
  readonly statusInterval: number;
  readonly bytesMax: number;
  readonly uplink: Uplink;
  readonly words: Words;
  readonly faults: FaultCounters;
  readonly deviceTime: DeviceTime;
}

export interface Speaker {
  /** The first message of an epoch. */
  hello(start: EpochStart, now: number): void;
  /** The gateway spoke. The packs of a device without a clock get their time from its uptime, so that is told again where it was late. */
  hear(now: number): void;
  /** Says what is due. */
  tick(now: number): void;
  /** Sends the shape of this id, or all (null); a Fault where there is none. */
  sendShape(id: string | null): Fault | null;
  /** Rows were lost before they were sealed. */
  lost(rows: number): void;
}

/** What a device says about itself: hello, status, shapes, the question for the time. Of each at most one waits in the outbox. */
export function createSpeaker(parts: SpeakerParts): Speaker {
  const uplink = parts.uplink;
  const outbox = uplink.outbox;
  const words = parts.words;
  const time = parts.deviceTime;
  const faults = parts.faults;
  /** Rows lost before they were sealed, since boot. */
  let rowsDropped = 0;
  let helloAt = 0;
  let statusAt = 0;
  /** Faults that the last status knew of. */
  let statusFaults = 0;
  /** Whether the gateway was heard in this epoch. */
  let heard = false;
  let statusWanted = false;

  function hello(start: EpochStart, now: number): void {
    time.ask(uplink.say(words.hello(start, seconds(now), rowsDropped), "hello", 0), now);
    helloAt = now;
    statusAt = now;
  }

  /** A key has sealed enough: the next epoch begins without a boot. */
  function renew(now: number): void {
    uplink.announce();
    uplink.end("rekey");
    const start = uplink.begin();
    if (isFault(start)) {
      faults.count(start);
    } else {
      hello(start, now);
    }
  }

  /** How the device is: at the interval, soon after a new fault, and when the gateway lacks the uptime. */
  function status(now: number): void {
    const since = now - statusAt;
    const news = since >= statusLeast && faults.total !== statusFaults;
    if (!(statusWanted || news || since >= parts.statusInterval) || outbox.holds("status")) {
      return;
    }
    statusAt = now;
    statusFaults = faults.total;
    statusWanted = false;
    const message = words.status({
      uptime: seconds(now),
      rowsDropped: rowsDropped,
      frames: outbox.frames,
      bytes: outbox.bytes,
      bytesMax: parts.bytesMax,
      faultCounts: faults.counts,
    });
    uplink.say(message, "status", 0);
  }

  return {
    hello: hello,
    hear(now) {
      const late = now - helloAt > helloFresh && time.base(now).quality !== "synced";
      statusWanted = statusWanted || (!heard && late);
      heard = true;
    },
    tick(now) {
      if (uplink.epoch < 0) {
        return;
      }
      if (uplink.nextPiv >= messagesMax) {
        renew(now);
      }
      status(now);
      if (heard) {
        if (time.wants(now) && !outbox.holds("time")) {
          time.ask(uplink.say(words.timeRequest(), "time", 0), now);
        }
        uplink.announce();
      }
    },
    sendShape(id) {
      const shapes = words.shapes(id);
      shapes.forEach((shape) => {
        uplink.say(shape, "shape", 0);
      });
      return shapes.length > 0
        ? null
        : fault("unknown-shape", "shape " + id + " is asked for, and none of this boot");
    },
    lost(rows) {
      rowsDropped += rows;
    },
  };
}

function seconds(now: number): number {
  return Math.floor(now / 1000);
}
