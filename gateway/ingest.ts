/**
 * The gate: frames in, durable entries out, acknowledgements back. The order of checks is fixed (WIRE: receiving): length, header,
 * device, epoch, received ranges, failure budget, tag; only then is CBOR decoded, stored, and acknowledged once it is on disk.
 */
import type { Crypto } from "../protocols/crypto.ts";
import { open, parseAny } from "../protocols/envelope.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { frameMax } from "../protocols/link.ts";
import type { Ranges } from "../protocols/ranges.ts";
import type { Alarms } from "./alarms.ts";
import type { FailureBudget } from "./budget.ts";
import { Copies } from "./copies.ts";
import { type Device, Devices } from "./devices.ts";
import type { Downlink } from "./downlink.ts";
import {
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
  MessageEntryRoom,
} from "./entry.ts";
import { GapQueue } from "./gap-queue.ts";
import { Guard } from "./guard.ts";
import { interpret, type Meaning } from "./interpret.ts";
import type { FrameSource } from "./link.ts";
import type { Log } from "./log.ts";
import { Losses, type Witness } from "./losses.ts";
import { Parking } from "./parking.ts";
import { Refusals } from "./refusals.ts";
import type { DeviceRegistry } from "./registry/registry.ts";
import { type RingName, ringOf } from "./rings.ts";
import { ShapeRequests } from "./shape-requests.ts";
import { Shapes } from "./shapes.ts";
import type { Gap } from "./sink.ts";
import type { Settled, Spool, SpoolEntry } from "./spool/spool.ts";
import { tagOf } from "./tags.ts";

export interface IngestOptions {
  readonly spool: Spool;
  /** Where goes what must not vanish; without it the one spool holds everything. */
  readonly kept?: Spool;
  readonly registry: Pick<DeviceRegistry, "byKid">;
  readonly crypto: Crypto;
  readonly deployment: string;
  readonly downlink: Downlink;
  readonly budget: FailureBudget;
  readonly log: Log;
  /** Messages that one device may send in a minute; no limit where none is given. */
  readonly messagesPerMinute?: number;
  /** Unix ms. */
  readonly now: () => number;
  /** ms of a clock that never jumps. */
  readonly monotonic: () => number;
  /** Whether `now` may be told to devices that ask; they stamp with it what they call synchronised. Yes where none is given. */
  readonly tellsTime?: () => boolean;
  /** Something new is durable: sinks may look. Called once for all that one turn made durable. */
  readonly stored: () => void;
  /** Calls at the end of the turn; setImmediate where none is given. */
  readonly later?: (call: () => void) => void;
}

export class Ingest {
  readonly devices: Devices;
  readonly shapes: Shapes;
  readonly losses = new Losses((gap, kid) => this.declare(gap, kid));
  /** Messages on disk, by what they are. */
  readonly counts = { received: 0, stored: 0, rows: 0, unusable: 0, parked: 0 };
  readonly #options: IngestOptions;
  readonly #refusals: Refusals;
  readonly #copies = new Copies();
  readonly #guard: Guard;
  readonly #requests: ShapeRequests;
  readonly #parking: Parking;
  readonly #gaps: GapQueue;
  readonly #room = new MessageEntryRoom();
  #announced = false;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.devices = new Devices(options);
    this.shapes = new Shapes(options.crypto);
    this.#guard = new Guard(options);
    this.#refusals = new Refusals(options.log);
    this.#requests = new ShapeRequests(options);
    this.#parking = new Parking({
      ...options,
      shapes: this.shapes,
      devices: this.devices,
      requests: this.#requests,
      stored: () => this.#announce(),
      unreadable: () => this.#refusals.count("storage"),
      declare: (gap) => this.declare(gap),
    });
    this.#gaps = new GapQueue(options.kept ?? options.spool, () => this.#announce());
  }

  get alarms(): Alarms {
    return this.#guard.alarms;
  }

  /** Messages that were not stored, by reason. */
  get refused(): Refusals["counts"] {
    return this.#refusals.counts;
  }

  /** Takes one frame. `settled` is called once, when its fate is decided: durable, or refused, or failed. */
  receive(frame: Uint8Array, source: FrameSource, settled: () => void): void {
    this.counts.received++;
    const refusal = this.#admit(frame, source, settled);
    if (refusal !== null) {
      this.#refusals.add(refusal, source.address);
      settled();
    }
  }

  /** Null when the frame was taken on and will be settled later; otherwise why it is refused. */
  #admit(frame: Uint8Array, source: FrameSource, settled: () => void): Fault | null {
    if (frame.length > frameMax) {
      return fault("too-long", `frame of ${frame.length} bytes, at most ${frameMax} are taken`);
    }
    const header = parseAny(frame);
    if (isFault(header)) {
      return header;
    }
    const { kid, epoch, piv } = header;
    const device = this.devices.byKid(kid);
    if (device === null) {
      return fault("unknown-device", `no device has key id ${kid}; register it with: hasen device new`);
    }
    if (device.entry.state === "revoked") {
      return fault(
        "revoked",
        `${device.entry.name} was revoked; make it new keys with: hasen device replace ${device.entry.name}`,
      );
    }
    if (header.alg !== device.entry.alg) {
      return fault("header", `${device.entry.name} is registered for another algorithm than it used`);
    }
    if (device.received.standing(epoch, piv) === "old-epoch") {
      return fault(
        "old-epoch",
        `${device.entry.name} sent from epoch ${epoch}, the newest is ${device.received.newest}`,
      );
    }
    const slowed = this.#guard.admit(device, source.address);
    if (slowed !== null) {
      return slowed;
    }
    const session = device.uplink(epoch);
    const body = open(session, header, frame);
    if (isFault(body)) {
      this.#guard.failed(device, source.address);
      return fault(
        body.fault,
        `${device.entry.name}: the tag does not hold (forged, damaged, or the device has another key)`,
      );
    }
    device.keep(epoch, session);
    device.lastHeard = this.#options.now();
    const message = { kid, epoch, piv, tag: tagOf(frame), body, received: device.lastHeard };
    return this.#takeOn(device, message, source, settled);
  }

  /** An authentic message: known already, under way, or new. */
  #takeOn(device: Device, message: Authentic, source: FrameSource, settled: () => void): Fault | null {
    const { epoch, piv, tag } = message;
    const { received, entry } = device;
    const standing = received.standing(epoch, piv);
    if (standing !== "new" && !received.sameTag(epoch, piv, tag)) {
      return fault(
        "cloned",
        `two different messages carry number ${epoch}/${piv} of ${entry.name}: another device holds its key; revoke it`,
      );
    }
    if (standing === "received") {
      this.#options.downlink.acknowledge(device, source, epoch, piv);
      return fault("replayed", `${entry.name} message ${epoch}/${piv} is stored already; acknowledged again`);
    }
    if (standing === "reserved") {
      // The same frame twice within one commit: stored once, both settled by the same fsync.
      this.#copies.join(identity(message), settled);
      this.#refusals.count("replayed");
      return null;
    }
    this.#guard.took(device);
    // Only a message that is new says where its device is: a replayed one may come from anywhere.
    device.source = source;
    received.reserve(epoch, piv, tag);
    this.#store(device, message, source, settled);
    return null;
  }

  #store(device: Device, message: Authentic, source: FrameSource, settled: () => void): void {
    const { kid, epoch, piv, tag, body, received } = message;
    const meaning = interpret(body, device.entry.alg === 0, this.shapes);
    const unusable = isFault(meaning);
    if (!unusable && meaning.message.type === "hello") {
      device.received.setBootTime(epoch, received - meaning.message.uptime * 1000);
    }
    const bootTime = device.received.bootTime(epoch);
    const parked = !unusable && meaning.awaits !== null;
    const entry = this.#room.encode({
      kid,
      epoch,
      piv,
      received,
      bootTime,
      parked,
      released: false,
      tag,
      body,
    });
    // What waits for the disk holds neither the frame nor its body: thousands wait at once.
    const arrived: Arrived = { kid, epoch, piv, received };
    const done: Settled = (failure, offset) => {
      if (failure === null) {
        this.#durable(device, arrived, source, meaning, offset);
      } else {
        device.received.release(epoch, piv);
        this.#refusals.add(failure, device.entry.name);
      }
      settled();
      this.#copies.settle(() => identity(arrived));
    };
    const kind = unusable ? entryKind.unusable : entryKind.message;
    const { spool, kept = spool } = this.#options;
    (ringOf(kind, body) === "kept" ? kept : spool).append(kind, entry, done, received);
  }

  /** The message is on disk: it counts, it is acknowledged, and what it asks for is done. */
  #durable(
    device: Device,
    message: Arrived,
    source: FrameSource,
    meaning: Meaning | Fault,
    offset: number,
  ): void {
    const { epoch, piv } = message;
    this.counts.stored++;
    this.#giveUp(device, epoch, device.received.commit(epoch, piv));
    this.#options.downlink.acknowledge(device, source, epoch, piv);
    if (isFault(meaning)) {
      this.counts.unusable++;
      this.#refusals.add(meaning, device.entry.name);
      this.#options.downlink.send(device, { type: "nack", deviceEpoch: epoch, piv, code: meaning.fault });
    } else {
      this.counts.rows += meaning.rows;
      this.#apply(device, message, meaning, offset);
      if (meaning.awaits !== null) {
        this.#parking.hold({ shape: meaning.awaits, offset, message: identity(message) });
      }
      this.#answer(device, message, meaning);
      this.#parking.release();
    }
    this.#announce();
  }

  /** Tells that something is stored, once for all that one commit made durable, after its acknowledgements are sent. */
  #announce(): void {
    const { later = setImmediate } = this.#options;
    if (!this.#announced) {
      this.#announced = true;
      later(() => {
        this.#announced = false;
        this.#options.stored();
      });
    }
  }

  /** What a message changes in the gateway's own knowledge; the same when it is read again at start. */
  #apply(device: Device, entry: Arrived, meaning: Meaning, offset: number): void {
    const { message, awaits } = meaning;
    if (awaits !== null) {
      this.counts.parked++;
      this.shapes.park({ shape: awaits, offset, message: identity(entry) });
    } else if (message.type === "hello") {
      const bootTime = entry.received - message.uptime * 1000;
      device.received.setBootTime(entry.epoch, bootTime);
      this.losses.rows(device.entry.device, message.rowsDropped);
      if (message.previousEpoch !== null) {
        this.losses.ended(entry.kid, message.previousEpoch, message.lastPiv, bootTime);
      }
    } else if (message.type === "status") {
      device.received.setBootTime(entry.epoch, entry.received - message.uptime * 1000);
      this.losses.rows(device.entry.device, message.rowsDropped);
    } else if (message.type === "dropped") {
      const epoch = message.epoch ?? entry.epoch;
      device.received.close(epoch, message.ranges);
      this.losses.dropped(entry.kid, epoch, message.ranges);
    } else if (message.type === "shape") {
      this.shapes.learn(message.shape);
    }
  }

  /** What a message asks of the gateway. */
  #answer(device: Device, { epoch, piv }: Arrived, { message, awaits }: Meaning): void {
    const { downlink, now, tellsTime } = this.#options;
    const asks = message.type === "hello" || message.type === "time-request";
    if (asks && tellsTime?.() !== false) {
      downlink.send(device, { type: "time", deviceEpoch: epoch, answers: piv, unix: Math.round(now()) });
    }
    const wanted =
      message.type === "hello"
        ? message.shapes.filter((id) => this.shapes.get(id) === null)
        : awaits !== null
          ? [awaits]
          : [];
    for (const id of wanted) {
      this.#requests.ask(device, epoch, id);
    }
  }

  /** All there was to restore is restored. */
  restored(): void {
    this.#parking.holdAll();
    this.resume();
  }

  /** Goes on with what a restart, or a disk that failed, left undone. To be called now and then. */
  resume(): void {
    this.#gaps.retry();
    this.#parking.release();
    this.#parking.askAgain();
  }

  /** Numbers that cannot be kept as missing any longer are declared lost to every sink. */
  #giveUp(device: Device, epoch: number, ranges: Ranges): void {
    this.losses.dropped(device.entry.kid, epoch, ranges);
    for (const [from, to] of ranges) {
      this.declare({
        device: device.entry.device,
        epoch,
        from,
        to,
        state: "dropped",
        reason: "too many holes in the message numbers",
      });
    }
  }

  /** Puts a gap into the spool, on its way to the sinks; `durable` is called when it is there. */
  declare(gap: Gap, kid: number | null = null, durable?: () => void): void {
    this.#gaps.add({ gap, kid }, durable);
  }

  /** Puts every gap on disk that was declared; the Fault for which one is not. */
  secureGaps(): Promise<Fault | null> {
    return this.#gaps.secure();
  }

  /** Takes in one entry found in the spool at start. */
  restore({ kind, payload, offset }: SpoolEntry): void {
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
      this.shapes.learnEncoded(payload);
    } else if (kind === entryKind.parked) {
      const packs = decodeParked(payload);
      for (const parked of isFault(packs) ? [] : packs) {
        this.shapes.park(parked);
      }
    } else if (kind === entryKind.undeclared) {
      this.#gaps.restoreWaiting(payload);
    } else if (kind === entryKind.gap) {
      this.#gaps.restoreStored(payload);
      const stored = decodeGap(payload);
      if (!isFault(stored) && stored.kid !== null) {
        this.losses.restore(stored.gap, stored.kid);
      }
    } else if (kind === entryKind.losses) {
      const state = decodeLosses(payload);
      if (!isFault(state)) {
        this.losses.restoreState(state);
      }
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

  #restoreMeaning(device: Device, entry: MessageEntry, offset: number): void {
    if (entry.released) {
      this.shapes.forget(identity(entry));
    } else if (entry.parked || entry.body[1] !== packType) {
      const meaning = interpret(entry.body, true, this.shapes);
      if (!isFault(meaning)) {
        this.#apply(device, entry, { ...meaning, awaits: entry.parked ? meaning.shape : null }, offset);
      }
    }
  }

  /**
   * What must be written again before a segment of a ring is recycled, so that a quiet device keeps its state; of all where there is one
   * ring only. Which numbers arrived, and shapes, stand in both: each ring then knows of everything that it alone still holds.
   */
  snapshot(ring: RingName | "all" = "all"): { kind: number; payload: Uint8Array }[] {
    return [
      ...this.devices.snapshots().map((state) => ({
        kind: entryKind.deviceState,
        // Tags tell a clone from a resend, and are many: once is enough.
        payload: encodeDeviceState(ring === "kept" ? { ...state, tags: [] } : state),
      })),
      ...this.shapes.encoded().map((payload) => ({ kind: entryKind.shape, payload })),
      // Parked packs lie among the readings; an older list from the other ring would park again what has been sent on since.
      ...(ring === "kept" ? [] : [{ kind: entryKind.parked, payload: encodeParked(this.shapes.parked()) }]),
      // Likewise what was told of the losses: it belongs to the gaps beside it.
      ...(ring === "telemetry"
        ? []
        : [{ kind: entryKind.losses, payload: encodeLosses(this.losses.state()) }]),
      ...this.#gaps.snapshot(ring),
    ];
  }
}

/** An authentic message: the part of its entry that comes with it. */
type Authentic = Pick<MessageEntry, "kid" | "epoch" | "piv" | "received" | "tag" | "body">;
type Arrived = Pick<MessageEntry, "kid" | "epoch" | "piv" | "received">;

function identity({ kid, epoch, piv }: Pick<MessageEntry, "kid" | "epoch" | "piv">): string {
  return `${kid}/${epoch}/${piv}`;
}

/** A message is `[type, ...]`; its type is the byte after the array's head. Packs change nothing but the sinks. */
const packType = 1;
