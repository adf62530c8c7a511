import type { Platform } from "../boards/platform.ts";
import { openSession, overheadMax, type Session, type SessionRoot, seal } from "../protocols/envelope.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { insert, type Ranges } from "../protocols/ranges.ts";
import { type BootReason, beginEpoch, type EpochStart, endEpoch } from "./epoch.ts";
import type { FaultCounters } from "./faults.ts";
import type { FrameKind, Outbox, OutboxFrame } from "./outbox.ts";
import type { Words } from "./words.ts";

/** Messages under one key, after which a new epoch begins (facts: security, limits of an 8-byte tag). */
export const messagesMax = 1048576; // 2^20
/** Ranges that one message 2 can name. */
const rangesMax = 64;

/** Who else keeps account of frames: a file, an observer. */
export interface Journal {
  /** A message got its number, and is about to be kept. */
  sealed(frame: OutboxFrame): void;
  /** All of one epoch. */
  acknowledged(frames: readonly OutboxFrame[]): void;
  givenUp(frames: readonly OutboxFrame[]): void;
}

export interface UplinkParts {
  readonly root: SessionRoot;
  readonly platform: Pick<Platform, "crypto" | "storage" | "link">;
  readonly outbox: Outbox;
  readonly words: Words;
  readonly faults: FaultCounters;
  readonly journal: Journal;
}

export interface Uplink {
  readonly outbox: Outbox;
  /** -1 before the epoch record is written: then nothing can be sealed. */
  readonly epoch: number;
  /** Number of the next message. */
  nextPiv: number;
  /** Begins the next epoch: its record, then its keys. A Fault means: send nothing. */
  begin(): EpochStart | Fault;
  /** Ends the epoch in order, so that the next hello can name its last message. */
  end(reason: BootReason): void;
  /** Seals a message and keeps it; its number, or -1 and a counted fault where it went nowhere. `rows`: 0 for what is no pack. */
  say(message: Uint8Array, kind: FrameKind, rows: number): number;
  /** Keeps a frame that is sealed. */
  enqueue(frame: OutboxFrame): void;
  /** The gateway has these on disk. */
  acknowledge(epoch: number, ranges: Ranges, now: number): void;
  /** Announces what was given up, once what was announced before has arrived, or when there is too much to remember. */
  announce(): void;
}

/** Messages of one epoch that will never come. */
interface GivenUp {
  readonly epoch: number;
  ranges: Ranges;
}

/**
 * What the device has to say: messages get their number, are sealed, kept and sent until the gateway has them on disk. What must be
 * given up is remembered by number and announced.
 */
export function createUplink(parts: UplinkParts): Uplink {
  const outbox = parts.outbox;
  const journal = parts.journal;
  let session: Session | null = null;
  /** What was sealed, given up and not yet announced, oldest epoch first. */
  let given: GivenUp[] = [];

  function enqueue(frame: OutboxFrame): void {
    const dropped = outbox.add(frame);
    if (dropped.length === 0) {
      return;
    }
    dropped.forEach((lost) => {
      let group = given.find((known) => known.epoch === lost.epoch);
      if (group === undefined) {
        group = { epoch: lost.epoch, ranges: [] };
        given.push(group);
      }
      group.ranges = insert(group.ranges, lost.piv);
      parts.faults.count(
        fault("full", "the outbox is full: message " + lost.epoch + "/" + lost.piv + " was given up"),
      );
    });
    journal.givenUp(dropped);
  }

  const uplink: Uplink = {
    outbox: outbox,
    get epoch() {
      return session === null ? -1 : session.epoch;
    },
    nextPiv: 0,
    begin() {
      const start = beginEpoch(parts.platform.storage);
      if (!isFault(start)) {
        session = openSession(parts.platform.crypto, parts.root, start.epoch, "up");
        uplink.nextPiv = 0;
      }
      return start;
    },
    end(reason) {
      if (session !== null) {
        parts.faults.note(
          endEpoch(parts.platform.storage, {
            epoch: session.epoch,
            lastPiv: uplink.nextPiv === 0 ? null : uplink.nextPiv - 1,
            reason: reason,
          }),
        );
        session = null;
      }
    },
    say(message, kind, rows) {
      const room = parts.platform.link.frameMax - overheadMax;
      if (session === null || message.length > room) {
        parts.faults.count(
          session === null
            ? fault("storage", "no epoch has begun: nothing can be sealed")
            : fault("limit", "a message of " + message.length + " bytes, the link takes " + room),
        );
        return -1;
      }
      const piv = uplink.nextPiv++;
      const frame = {
        kind: kind,
        epoch: session.epoch,
        piv: piv,
        rows: rows,
        bytes: seal(session, piv, message),
      };
      journal.sealed(frame);
      enqueue(frame);
      return piv;
    },
    enqueue: enqueue,
    acknowledge(epoch, ranges, now) {
      const done = outbox.acknowledge(epoch, ranges, now);
      if (done.length > 0) {
        journal.acknowledged(done);
      }
    },
    announce() {
      while (given.length > 0 && (!outbox.holds("dropped") || given[0].ranges.length >= rangesMax)) {
        const first = given[0];
        const ranges = first.ranges.slice(0, rangesMax);
        first.ranges = first.ranges.slice(rangesMax);
        if (first.ranges.length === 0) {
          given = given.slice(1);
        }
        const epoch = first.epoch === uplink.epoch ? null : first.epoch;
        if (uplink.say(parts.words.dropped(ranges, epoch), "dropped", 0) < 0) {
          return;
        }
      }
    },
  };
  return uplink;
}
