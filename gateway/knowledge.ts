/**
 * What the gateway knows of its devices: which numbers arrived, which shapes there are, what is missing and what of that was told.
 * It changes with each message that becomes durable, is rebuilt at start from the same entries, and stands in a snapshot at the
 * beginning of each segment, so that no older segment is needed for it.
 */
import type { Crypto } from "../protocols/crypto.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import { decodeUp, type UpMessage } from "../protocols/message.ts";
import { highest, type Ranges, subtract } from "../protocols/ranges.ts";
import { cityEpoch } from "./city-epoch.ts";
import { type Device, Devices } from "./devices.ts";
import {
  bodyType,
  type DeviceStateEntry,
  decodeDeviceState,
  decodeGap,
  decodeLosses,
  decodeMessageEntry,
  decodeParked,
  encodeDeviceState,
  encodeLosses,
  encodeParked,
  entryKind,
  type MessageEntry,
  type StoredGap,
} from "./entry.ts";
import { GapQueue } from "./gap-queue.ts";
import { type Meaning, shapeOfParked } from "./interpret.ts";
import { Losses, type LossState, type Witness } from "./losses.ts";
import type { DeviceRegistry } from "./registry/registry.ts";
import type { RingName } from "./rings.ts";
import { Shapes } from "./shapes.ts";
import type { Gap } from "./sink.ts";
import type { SnapshotEntry, Spool, SpoolEntry } from "./spool/spool.ts";
import { tagRecordBytesMax } from "./tags.ts";

export interface KnowledgeOptions {
  readonly registry: Pick<DeviceRegistry, "byKid">;
  readonly crypto: Crypto;
  readonly deployment: string;
  readonly messagesPerMinute?: number;
  /** The rings there are. The last one holds the messages that say shapes. */
  readonly rings: readonly RingName[];
  /** Where gaps go. */
  readonly gapSpool: Pick<Spool, "append">;
  /** Something is on disk for the sinks. */
  readonly stored: () => void;
}

/** A message, and when it came. */
export type Arrived = Pick<MessageEntry, "kid" | "epoch" | "piv" | "received">;

const tooManyHoles = "too many holes in the message numbers";

export class Knowledge {
  readonly devices: Devices;
  readonly shapes: Shapes;
  readonly losses = new Losses((gap, kid) => this.declare(gap, kid));
  readonly gaps: GapQueue;
  readonly #rings: readonly RingName[];

  constructor(options: KnowledgeOptions) {
    this.#rings = options.rings;
    this.devices = new Devices(options);
    this.shapes = new Shapes(options.crypto, options.rings);
    this.gaps = new GapQueue(options.gapSpool, options.stored);
  }

  /** Puts a gap into the spool, on its way to the sinks; `durable` is called when it is there. */
  declare(gap: Gap, kid: number | null = null, durable?: () => void): void {
    this.gaps.add({ gap, kid }, durable);
  }

  /** Looks for what is missing, and tells what has changed; not while as much as may wait for the disk does. */
  checkLosses(now: number): void {
    if (!this.gaps.full) {
      this.losses.check(this.witnesses(), now);
    }
  }

  /** Devices heard of, with what has arrived from each. */
  witnesses(): Witness[] {
    return this.devices.heard().map(({ entry, received }) => ({
      kid: entry.kid,
      device: entry.device,
      epochs: received.epochs(),
    }));
  }

  /** A message is durable: its number counts, and what it says is known from here on. */
  take(device: Device, message: Arrived, meaning: Meaning | Fault, offset: number): void {
    this.#giveUp(device, message.epoch, device.received.commit(message.epoch, message.piv));
    if (isFault(meaning)) {
      return;
    }
    if (meaning.awaits === null) {
      this.#apply(device, message, meaning.message);
    } else {
      this.shapes.park({ shape: meaning.awaits, offset, message: identity(message) });
    }
  }

  /** What a message changes; the same when it is read again at start. */
  #apply(device: Device, entry: Arrived, message: UpMessage): void {
    if (message.type === "hello") {
      const bootTime = entry.received - message.uptime * 1000;
      device.received.setBootTime(entry.epoch, bootTime);
      this.losses.rows(device.entry.device, message.rowsDropped);
      if (message.previousEpoch !== null) {
        const { previousEpoch, lastPiv } = message;
        this.losses.ended(this.#keyOf(device, previousEpoch, lastPiv), previousEpoch, lastPiv, bootTime);
      }
    } else if (message.type === "status") {
      device.received.setBootTime(entry.epoch, entry.received - message.uptime * 1000);
      this.losses.rows(device.entry.device, message.rowsDropped);
    } else if (message.type === "dropped") {
      const epoch = message.epoch ?? entry.epoch;
      this.losses.dropped(entry.kid, epoch, message.ranges);
      this.#giveUp(device, epoch, device.received.close(epoch, message.ranges));
    } else if (message.type === "shape") {
      this.shapes.learn(message.shape, { ring: this.#rings.at(-1)!, kid: entry.kid });
    }
  }

  /**
   * The key under which an epoch went that a hello names. A device that got a new key and kept its storage names one of the old key:
   * the newest heard of that, with the last number that came.
   */
  #keyOf({ entry, received }: Device, epoch: number, last: number | null): number {
    const { kid, firstKid, device } = entry;
    if (
      firstKid === undefined ||
      firstKid === kid ||
      received.epochs().some((each) => each.epoch === epoch)
    ) {
      return kid;
    }
    const earlier = this.devices
      .heard()
      .filter((each) => each.entry.device === device && each.entry.kid < kid);
    const [newest] = earlier.sort((a, b) => b.entry.kid - a.entry.kid);
    const record = newest?.received.epochs()[0];
    const isIts = record?.epoch === epoch && (last === null || highest(record.received) === last);
    return isIts ? newest!.entry.kid : kid;
  }

  /** Numbers that cannot be kept as missing any longer are declared lost to every sink. */
  #giveUp(device: Device, epoch: number, ranges: Ranges): void {
    const { kid, device: urn } = device.entry;
    this.losses.dropped(kid, epoch, ranges);
    for (const [from, to] of ranges) {
      this.declare({ device: urn, epoch, from, to, state: "dropped", reason: tooManyHoles }, kid);
    }
  }

  /** Takes in one entry found in a ring of the spool at start. */
  restore({ kind, payload, offset }: SpoolEntry, ring: RingName): void {
    if (kind === entryKind.message || kind === entryKind.unusable) {
      const entry = decodeMessageEntry(payload);
      const device = isFault(entry) ? null : this.devices.byKid(entry.kid);
      if (!isFault(entry) && device !== null) {
        device.received.restoreMessage(entry.epoch, entry.piv, entry.tag);
        if (kind === entryKind.message) {
          this.#restoreMeaning(device, entry, offset);
        }
      }
    } else if (kind === entryKind.deviceState) {
      const state = decodeDeviceState(payload);
      if (!isFault(state)) {
        this.devices.byKid(state.kid)?.received.restore(state);
      }
    } else if (kind === entryKind.shape) {
      this.shapes.learnEncoded(payload, { ring });
    } else if (kind === entryKind.parked) {
      const packs = decodeParked(payload);
      for (const parked of isFault(packs) ? [] : packs) {
        this.shapes.park(parked);
      }
    } else if (kind === entryKind.undeclared) {
      this.gaps.restoreWaiting(payload);
    } else if (kind === entryKind.gap) {
      this.gaps.restoreStored(payload);
      const stored = decodeGap(payload);
      if (!isFault(stored)) {
        this.#restoreGap(stored);
      }
    } else if (kind === entryKind.losses) {
      const state = decodeLosses(payload);
      if (!isFault(state)) {
        this.losses.restoreState(state);
      }
    }
  }

  /** All there was is restored; what it is too much to remember is given up now. */
  restored(): void {
    for (const device of this.devices.heard()) {
      for (const { epoch, ranges } of device.received.restored()) {
        this.#giveUp(device, epoch, ranges);
      }
    }
  }

  #restoreMeaning(device: Device, entry: MessageEntry, offset: number): void {
    if (entry.released) {
      this.shapes.forget(identity(entry));
    } else if (entry.parked) {
      const shape = shapeOfParked(entry.body);
      if (shape !== null) {
        this.shapes.park({ shape, offset, message: identity(entry) });
      }
    } else if (entry.body[1] !== bodyType.pack) {
      const said = decodeUp(entry.body);
      if (!isFault(said)) {
        this.#apply(device, entry, said);
      }
    }
  }

  /** What a gap on disk says was given up before: numbers to wait for, and packs without a shape. */
  #restoreGap({ gap, kid }: StoredGap): void {
    const { epoch, from, to, state, sink } = gap;
    if (kid !== null) {
      this.losses.restore(gap, kid);
      if (state === "dropped" && to !== null && gap.reason === tooManyHoles) {
        this.devices.byKid(kid)?.received.restoreClosed(epoch, [[from, to]]);
      }
    } else if (state === "dropped" && sink === undefined && from === to) {
      // Such a gap counts in the epochs that the city sees.
      for (const { message } of this.shapes.parked()) {
        const [parkedKid, parkedEpoch, piv] = message.split("/").map(Number);
        const entry = this.devices.byKid(parkedKid)?.entry;
        if (entry?.device === gap.device && piv === from && cityEpoch(entry, parkedEpoch) === epoch) {
          this.shapes.forget(message);
        }
      }
    }
  }

  /**
   * What must be written again before a segment of a ring is recycled, so that a quiet device keeps its state; of all where there is one
   * ring only. Which numbers arrived, and shapes, stand in both: each ring then knows of everything that it alone still holds. What
   * was given up or told by a gap that is not on disk yet is left out: a power cut then leads to the same gap again.
   */
  snapshot(ring: RingName | "all" = "all", room = Number.POSITIVE_INFINITY): SnapshotEntry[] {
    const waiting = this.gaps.ofLosses();
    const rest = [
      ...this.shapes.encoded().map((payload) => ({ kind: entryKind.shape, payload })),
      // Parked packs lie among the readings; an older list from the other ring would park again what has been sent on since.
      ...(ring === "kept" ? [] : [{ kind: entryKind.parked, payload: encodeParked(this.shapes.parked()) }]),
      // Likewise what was told of the losses: it belongs to the gaps beside it.
      ...(ring === "telemetry"
        ? []
        : [{ kind: entryKind.losses, payload: encodeLosses(this.#lossState(waiting)) }]),
      // The readings' ring makes every gap durable before it begins a segment, so that only a single ring has to carry them.
      ...(ring === "all" ? this.gaps.snapshot() : []),
    ];
    // Tags tell a clone from a resend, and are many: once is enough, and not at all where they would fill the segment.
    const withTags = ring !== "kept" && this.devices.tagCount * tagRecordBytesMax <= room / 4;
    return [...this.#deviceStates(waiting, withTags), ...rest];
  }

  #lossState(waiting: readonly StoredGap[]): LossState {
    return this.losses.state(
      waiting,
      (kid, epoch, last) => this.devices.byKid(kid)?.received.hasAll(epoch, last) === true,
    );
  }

  #deviceStates(waiting: readonly StoredGap[], withTags: boolean): SnapshotEntry[] {
    return this.devices.snapshots(withTags).map((state) => ({
      kind: entryKind.deviceState,
      payload: encodeDeviceState(withoutGivenUp(state, waiting)),
    }));
  }
}

/** A device's state as if it still waited for the numbers that were given up by these gaps. */
function withoutGivenUp(state: DeviceStateEntry, waiting: readonly StoredGap[]): DeviceStateEntry {
  const undone = waiting.filter(({ gap, kid }) => kid === state.kid && gap.reason === tooManyHoles);
  return undone.length === 0
    ? state
    : {
        ...state,
        epochs: state.epochs.map((record) => {
          const ranges = undone
            .filter(({ gap }) => gap.epoch === record.epoch)
            .map(({ gap }) => [gap.from, gap.to ?? gap.from] as const);
          return {
            ...record,
            received: ranges.reduce((left, range) => subtract(left, [range]), record.received),
          };
        }),
      };
}

/** A message's name among all: device, epoch, number. */
export function identity({ kid, epoch, piv }: Pick<MessageEntry, "kid" | "epoch" | "piv">): string {
  return `${kid}/${epoch}/${piv}`;
}
