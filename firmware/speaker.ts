import type { Platform } from "../boards/platform.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import type { UpMessage } from "../protocols/message.ts";
import { type Shape, shapeValue } from "../protocols/shape.ts";
import type { DeviceTime } from "./device-time.ts";
import type { EpochStart } from "./epoch.ts";
import type { FaultCounters } from "./faults.ts";
import type { Installation } from "./installation-type.ts";
import type { ShapeList } from "./shape-list.ts";
import { messagesMax, type Uplink } from "./uplink.ts";

/** Shortest time between two status messages, ms. */
const statusLeast = 60000;
/** A hello older than this when the gateway is first heard, ms, tells it nothing about when the device booted. */
const helloFresh = 5000;

/** What of a node the speaker speaks about. */
export interface SpeakerParts {
  readonly installation: Installation;
  readonly platform: Platform;
  readonly uplink: Uplink;
  readonly faults: FaultCounters;
  readonly time: DeviceTime;
  readonly shapes: ShapeList;
}

/** What a device says about itself: hello, status, shapes, the question for the time. Of each at most one waits in the outbox. */
export class Speaker {
  readonly parts: SpeakerParts;
  /** Rows lost before they were sealed, since boot. */
  rowsDropped = 0;
  helloAt = 0;
  statusAt = 0;
  /** Faults that the last status knew of. */
  statusFaults = 0;
  /** Whether the gateway was heard in this epoch. */
  heard = false;
  statusWanted = false;

  constructor(parts: SpeakerParts) {
    this.parts = parts;
  }

  /** The first message of an epoch. */
  hello(start: EpochStart, now: number): void {
    const piv = this.say({
      type: "hello",
      firmware: this.parts.installation.firmware,
      board: this.parts.platform.board,
      shapes: this.parts.shapes.ids(),
      bootReason: start.bootReason,
      uptime: Math.floor(now / 1000),
      previousEpoch: start.previous,
      lastPiv: start.lastPiv,
      rowsDropped: this.rowsDropped,
    });
    this.parts.time.ask(piv, now);
    this.helloAt = now;
    this.statusAt = now;
  }

  /** The gateway spoke. The packs of a device without a clock get their time from its uptime, so that is told again where it was late. */
  hear(now: number): void {
    const late = now - this.helloAt > helloFresh && this.parts.time.base(now).quality !== "synced";
    this.statusWanted = this.statusWanted || (!this.heard && late);
    this.heard = true;
  }

  /** Says what is due. */
  tick(now: number): void {
    if (this.parts.uplink.session === null) {
      return;
    }
    this.renew(now);
    this.status(now);
    if (this.heard) {
      this.askTime(now);
      this.parts.uplink.announce();
    }
  }

  /** A key has sealed enough: the next epoch begins without a boot. */
  renew(now: number): void {
    const uplink = this.parts.uplink;
    if (uplink.nextPiv < messagesMax) {
      return;
    }
    uplink.announce();
    uplink.end("rekey");
    const start = uplink.renew();
    if (isFault(start)) {
      this.parts.faults.count(start);
    } else {
      this.hello(start, now);
    }
  }

  /** How the device is: at the interval, soon after a new fault, and when the gateway lacks the uptime. */
  status(now: number): void {
    const since = now - this.statusAt;
    const news = since >= statusLeast && this.parts.faults.total !== this.statusFaults;
    const due = this.statusWanted || news || since >= this.parts.installation.statusInterval;
    const outbox = this.parts.uplink.outbox;
    if (!due || outbox.holds("status")) {
      return;
    }
    this.statusAt = now;
    this.statusFaults = this.parts.faults.total;
    this.statusWanted = false;
    this.say({
      type: "status",
      uptime: Math.floor(now / 1000),
      rowsDropped: this.rowsDropped,
      outbox: { frames: outbox.frames, bytes: outbox.bytes, bytesMax: outbox.limits.bytesMax },
      faults: this.parts.faults.counts,
    });
  }

  /** Asks for the time where the platform does not know it. */
  askTime(now: number): void {
    if (this.parts.time.wants(now) && !this.parts.uplink.outbox.holds("time")) {
      this.parts.time.ask(this.say({ type: "time-request" }), now);
    }
  }

  /** Sends the shape of this id, or all (null); a Fault where there is none. */
  sendShape(id: string | null): Fault | null {
    const rows = this.parts.shapes.list.filter((row) => id === null || row.id === id);
    rows.forEach((row) => {
      this.shape(row.shape);
    });
    return rows.length > 0
      ? null
      : fault("unknown-shape", "shape " + id + " is asked for, and none of this boot");
  }

  shape(shape: Shape): void {
    this.say({ type: "shape", shape: shapeValue(shape) });
  }

  /** The message's number; -1, and a counted fault, where it went nowhere. */
  say(message: UpMessage): number {
    const piv = this.parts.uplink.say(message);
    if (isFault(piv)) {
      this.parts.faults.count(piv);
      return -1;
    }
    return piv;
  }
}
