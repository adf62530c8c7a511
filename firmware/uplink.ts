import type { Platform } from "../boards/platform.ts";
import { deriveSession, overheadMax, type Session, seal } from "../protocols/envelope.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { encodeUp, type UpMessage } from "../protocols/message.ts";
import { insert, type Ranges } from "../protocols/ranges.ts";
import { type BootReason, beginEpoch, type EpochStart, endEpoch } from "./epoch.ts";
import type { FaultCounters } from "./faults.ts";
import type { Installation } from "./installation-type.ts";
import type { Observer } from "./observer.ts";
import { type FrameKind, Outbox, type OutboxFrame } from "./outbox.ts";
import { OutboxFile } from "./outbox-file.ts";

/** Messages under one key, after which a new epoch begins (facts: security, limits of an 8-byte tag). */
export const messagesMax = 1048576; // 2^20
/** Ranges that one message 2 can name. */
const rangesMax = 64;

/**
 * What the device has to say: messages get their number, are sealed, kept and sent until the gateway has them on disk. What must be
 * given up is remembered by number and announced.
 */
export class Uplink {
  readonly installation: Installation;
  readonly platform: Platform;
  readonly faults: FaultCounters;
  readonly observer: Observer;
  readonly outbox: Outbox;
  readonly file: OutboxFile | null;
  /** Null before the epoch record is written: then nothing can be sealed. */
  session: Session | null = null;
  nextPiv = 0;
  /** What was sealed, given up and not yet announced, oldest epoch first. */
  given: readonly GivenUp[] = [];

  constructor(installation: Installation, platform: Platform, faults: FaultCounters, observer: Observer) {
    this.installation = installation;
    this.platform = platform;
    this.faults = faults;
    this.observer = observer;
    this.outbox = new Outbox(installation.outbox, () => platform.random.bytes(1)[0] / 256);
    this.file = installation.outbox.persistent
      ? new OutboxFile(platform.storage, installation.outbox.bytesMax)
      : null;
  }

  get epoch(): number {
    return this.session === null ? -1 : this.session.epoch;
  }

  /** Longest message, bytes. */
  get messageMax(): number {
    return this.platform.link.frameMax - overheadMax;
  }

  /** Begins the epoch of this boot, with the frames that survived the last one. A Fault means: send nothing. */
  begin(): EpochStart | Fault {
    const log = this.file === null ? null : this.file.load();
    if (isFault(log)) {
      return log;
    }
    const start = this.renew();
    if (isFault(start) || log === null) {
      return start;
    }
    log.frames.forEach((frame) => {
      this.enqueue(frame);
    });
    const last = log.highest.find((number) => number.epoch === start.previous);
    return start.lastPiv !== null || last === undefined
      ? start
      : { epoch: start.epoch, previous: start.previous, lastPiv: last.piv, bootReason: start.bootReason };
  }

  /** The next epoch: its record, then its keys. */
  renew(): EpochStart | Fault {
    const start = beginEpoch(this.platform.storage);
    if (!isFault(start)) {
      this.open(start.epoch);
    }
    return start;
  }

  /** Ends the epoch in order, so that the next hello can name its last message. */
  end(reason: BootReason): void {
    if (this.session !== null) {
      const lastPiv = this.nextPiv === 0 ? null : this.nextPiv - 1;
      this.counted(
        endEpoch(this.platform.storage, { epoch: this.session.epoch, lastPiv: lastPiv, reason: reason }),
      );
      this.session = null;
    }
  }

  open(epoch: number): void {
    const installation = this.installation;
    this.session = deriveSession(this.platform.crypto, {
      root: installation.root,
      deployment: installation.deployment,
      kid: installation.kid,
      epoch: epoch,
      alg: installation.alg,
      direction: "up",
    });
    this.nextPiv = 0;
  }

  /** Seals a message and keeps it; its number, or the Fault for which it went nowhere. */
  say(message: UpMessage): number | Fault {
    return this.seal(encodeUp(message), kindOf(message), 0);
  }

  /** The same for an encoded message; `rows` is 0 for what is no pack. */
  seal(message: Uint8Array, kind: FrameKind, rows: number): number | Fault {
    if (this.session === null) {
      return fault("storage", "no epoch has begun: nothing can be sealed");
    }
    if (message.length > this.messageMax) {
      return fault("limit", "a message of " + message.length + " bytes, the link takes " + this.messageMax);
    }
    const piv = this.nextPiv++;
    const frame = {
      kind: kind,
      epoch: this.session.epoch,
      piv: piv,
      rows: rows,
      bytes: seal(this.session, piv, message),
    };
    if (this.observer.sealed !== undefined) {
      this.observer.sealed(frame.epoch, piv, rows, kind);
    }
    if (this.file !== null) {
      this.counted(this.file.keep(frame));
    }
    this.enqueue(frame);
    return piv;
  }

  /** The gateway has these on disk. */
  acknowledge(epoch: number, ranges: Ranges, now: number): void {
    const done = this.outbox.acknowledge(epoch, ranges, now);
    if (done.length === 0) {
      return;
    }
    this.forget(done);
    if (this.observer.acknowledged !== undefined) {
      this.observer.acknowledged(epoch, numbersOf(done));
    }
  }

  /** Announces what was given up, once what was announced before has arrived, or when there is too much to remember. */
  announce(): void {
    while (
      this.given.length > 0 &&
      (!this.outbox.holds("dropped") || this.given[0].ranges.length >= rangesMax)
    ) {
      const first = this.given[0];
      const rest = first.ranges.slice(rangesMax);
      this.given = this.given.slice(1);
      if (rest.length > 0) {
        const left: readonly GivenUp[] = [{ epoch: first.epoch, ranges: rest }];
        this.given = left.concat(this.given);
      }
      const sealed = this.say({
        type: "dropped",
        ranges: first.ranges.slice(0, rangesMax),
        reason: "the device's outbox was full",
        epoch: first.epoch === this.epoch ? null : first.epoch,
      });
      if (isFault(sealed)) {
        this.faults.count(sealed);
        return;
      }
    }
  }

  enqueue(frame: OutboxFrame): void {
    const dropped = this.outbox.add(frame);
    if (dropped.length > 0) {
      this.giveUp(dropped);
    }
  }

  giveUp(dropped: readonly OutboxFrame[]): void {
    dropped.forEach((frame) => {
      this.given = withNumber(this.given, frame.epoch, frame.piv);
      this.faults.count(
        fault("full", "the outbox is full: message " + frame.epoch + "/" + frame.piv + " was given up"),
      );
      if (this.observer.dropped !== undefined) {
        this.observer.dropped(frame.epoch, [[frame.piv, frame.piv]], frame.rows);
      }
    });
    this.forget(dropped);
  }

  forget(frames: readonly OutboxFrame[]): void {
    if (this.file !== null) {
      this.counted(this.file.forget(frames, this.outbox));
    }
  }

  counted(refused: Fault | null): void {
    if (refused !== null) {
      this.faults.count(refused);
    }
  }
}

/** Messages of one epoch that will never come. */
interface GivenUp {
  readonly epoch: number;
  readonly ranges: Ranges;
}

function withNumber(given: readonly GivenUp[], epoch: number, piv: number): readonly GivenUp[] {
  const known = given.some((group) => group.epoch === epoch);
  return known
    ? given.map((group) =>
        group.epoch === epoch ? { epoch: epoch, ranges: insert(group.ranges, piv) } : group,
      )
    : given.concat([{ epoch: epoch, ranges: [[piv, piv]] }]);
}

function numbersOf(frames: readonly OutboxFrame[]): Ranges {
  let ranges: Ranges = [];
  frames.forEach((frame) => {
    ranges = insert(ranges, frame.piv);
  });
  return ranges;
}

function kindOf(message: UpMessage): FrameKind {
  return message.type === "time-request" ? "time" : message.type;
}
