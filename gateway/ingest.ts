/**
 * The gate: frames in, durable entries out, acknowledgements back. The order of checks is fixed (WIRE: receiving): length, header,
 * device, epoch, received ranges, failure budget, tag; only then is CBOR decoded, stored, and acknowledged once it is on disk.
 */
import type { Crypto } from "../protocols/crypto.ts";
import { open, parseAny } from "../protocols/envelope.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { frameMax } from "../protocols/link.ts";
import type { Alarms } from "./alarms.ts";
import type { FailureBudget } from "./budget.ts";
import { Copies } from "./copies.ts";
import type { Device, Devices } from "./devices.ts";
import type { Downlink } from "./downlink.ts";
import { entryKind, type MessageEntry, MessageEntryRoom } from "./entry.ts";
import { Guard } from "./guard.ts";
import { interpret, type Meaning } from "./interpret.ts";
import { type Arrived, identity, Knowledge } from "./knowledge.ts";
import type { FrameSource } from "./link.ts";
import type { Log } from "./log.ts";
import type { Losses } from "./losses.ts";
import { Parking } from "./parking.ts";
import { Refusals } from "./refusals.ts";
import type { DeviceRegistry } from "./registry/registry.ts";
import { type RingName, ringOf } from "./rings.ts";
import { ShapeCopies } from "./shape-copies.ts";
import { ShapeRequests } from "./shape-requests.ts";
import type { Shapes } from "./shapes.ts";
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
  readonly knowledge: Knowledge;
  /** Messages on disk, by what they are. */
  readonly counts = { received: 0, stored: 0, rows: 0, unusable: 0, parked: 0 };
  readonly #options: IngestOptions;
  readonly #refusals: Refusals;
  readonly #resent = new Copies();
  readonly #guard: Guard;
  readonly #requests: ShapeRequests;
  readonly #copies: ShapeCopies;
  readonly #parking: Parking;
  readonly #room = new MessageEntryRoom();
  #announced = false;

  readonly #rings: ReadonlyMap<RingName, Spool>;

  constructor(options: IngestOptions) {
    this.#options = options;
    const { spool, kept = spool } = options;
    this.#rings = new Map(
      kept === spool
        ? [["telemetry", spool]]
        : [
            ["telemetry", spool],
            ["kept", kept],
          ],
    );
    this.knowledge = new Knowledge({
      ...options,
      rings: [...this.#rings.keys()],
      gapSpool: this.#kept,
      stored: () => this.#announce(),
    });
    this.#guard = new Guard(options);
    this.#refusals = new Refusals(options.log);
    this.#requests = new ShapeRequests(options);
    this.#copies = new ShapeCopies({
      rings: this.#rings,
      shapes: this.shapes,
      copied: () => this.#parking.release(),
    });
    this.#parking = new Parking({
      ...options,
      shapes: this.shapes,
      devices: this.devices,
      requests: this.#requests,
      stored: () => this.#announce(),
      unreadable: () => this.#refusals.count("storage"),
      declare: (gap) => this.declare(gap),
    });
  }

  get #kept(): Spool {
    return this.#options.kept ?? this.#options.spool;
  }

  get devices(): Devices {
    return this.knowledge.devices;
  }

  get shapes(): Shapes {
    return this.knowledge.shapes;
  }

  get losses(): Losses {
    return this.knowledge.losses;
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
    const now = this.#options.monotonic();
    const slowed = this.#guard.admit(device, source.address, now);
    if (slowed !== null) {
      return slowed;
    }
    const session = device.uplink(epoch);
    const body = open(session, header, frame);
    if (isFault(body)) {
      this.#guard.failed(device, source.address, now);
      return fault(
        body.fault,
        `${device.entry.name}: the tag does not hold (forged, damaged, or the device has another key)`,
      );
    }
    device.keep(epoch, session);
    device.lastHeard = this.#options.now();
    const message = { kid, epoch, piv, tag: tagOf(frame), body, received: device.lastHeard };
    return this.#takeOn(device, message, source, now, settled);
  }

  /** An authentic message: known already, under way, or new. */
  #takeOn(
    device: Device,
    message: Authentic,
    source: FrameSource,
    now: number,
    settled: () => void,
  ): Fault | null {
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
      if (!this.#sure) {
        return fault(
          "storage",
          `${entry.name} message ${epoch}/${piv} was read, but the disk has not confirmed it`,
        );
      }
      this.#options.downlink.acknowledge(device, source, epoch, piv);
      return fault("replayed", `${entry.name} message ${epoch}/${piv} is stored already; acknowledged again`);
    }
    if (standing === "reserved") {
      // The same frame twice within one commit: stored once, both settled by the same fsync.
      this.#resent.join(identity(message), settled);
      this.#refusals.count("replayed");
      return null;
    }
    // Only a message that is new says where its device is: a replayed one may come from anywhere.
    device.source = source;
    const meaning = interpret(message.body, entry, this.shapes);
    if (!isFault(meaning) && meaning.awaits !== null && !this.#parking.hasRoom) {
      const { awaits } = meaning;
      const isKnown = this.shapes.get(awaits) !== null;
      if (isKnown || !this.#parking.makesException(entry.kid)) {
        if (!isKnown) {
          this.#requests.ask(device, epoch, awaits);
        }
        const lack = isKnown ? "which is not in every ring yet" : "which nobody has said yet";
        return fault(
          "full",
          `${entry.name} sent a pack of shape ${awaits}, ${lack}, and no more packs may wait for theirs`,
        );
      }
    }
    this.#guard.took(device, now);
    received.reserve(epoch, piv, tag);
    this.#store(device, message, meaning, source, settled);
    return null;
  }

  /** Whether what counts as received is on disk. */
  get #sure(): boolean {
    return this.#options.spool.sure && this.#kept.sure;
  }

  #store(
    device: Device,
    message: Authentic,
    meaning: Meaning | Fault,
    source: FrameSource,
    settled: () => void,
  ): void {
    const { kid, epoch, piv, tag, body, received } = message;
    const unusable = isFault(meaning);
    if (!unusable && meaning.message.type === "hello") {
      device.received.setBootTime(epoch, received - meaning.message.uptime * 1000);
    }
    const bootTime = device.received.bootTime(epoch);
    const parked = !unusable && meaning.awaits !== null;
    if (parked) {
      this.#parking.expect();
    }
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
      if (parked) {
        this.#parking.arrived();
      }
      if (failure === null) {
        this.#durable(device, arrived, source, meaning, offset);
      } else {
        device.received.release(epoch, piv);
        this.#refusals.add(failure, device.entry.name);
      }
      settled();
      this.#resent.settle(() => identity(arrived));
    };
    const kind = unusable ? entryKind.unusable : entryKind.message;
    const ring = this.#rings.get(ringOf(kind, body)) ?? this.#options.spool;
    if (!unusable && meaning.message.type === "shape" && !this.shapes.isSafe(meaning.shape!)) {
      const copy = entry.slice();
      const { shape } = meaning.message;
      this.#copies.ahead("telemetry", { shape, kid }, () => ring.append(kind, copy, done, received));
    } else {
      ring.append(kind, entry, done, received);
    }
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
    this.knowledge.take(device, message, meaning, offset);
    this.#options.downlink.acknowledge(device, source, epoch, piv);
    if (isFault(meaning)) {
      this.counts.unusable++;
      this.#refusals.add(meaning, device.entry.name);
      this.#options.downlink.send(device, { type: "nack", deviceEpoch: epoch, piv, code: meaning.fault });
    } else {
      this.counts.rows += meaning.rows;
      if (meaning.awaits !== null) {
        this.counts.parked++;
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

  /** What a message asks of the gateway. */
  #answer(device: Device, { epoch, piv }: Arrived, { message, awaits }: Meaning): void {
    const { downlink, now, tellsTime } = this.#options;
    const asks = message.type === "hello" || message.type === "time-request";
    if (asks && tellsTime?.() !== false) {
      downlink.send(device, { type: "time", deviceEpoch: epoch, answers: piv, unix: Math.round(now()) });
    }
    const wanted = message.type === "hello" ? message.shapes : awaits !== null ? [awaits] : [];
    for (const id of wanted.filter((each) => this.shapes.get(each) === null)) {
      this.#requests.ask(device, epoch, id);
    }
  }

  /** Takes in one entry found in a ring of the spool at start. */
  restore(entry: SpoolEntry, ring: RingName): void {
    this.knowledge.restore(entry, ring);
  }

  /** All there was to restore is restored. */
  restored(): void {
    this.knowledge.restored();
    this.#parking.holdAll();
    this.resume();
  }

  /** Goes on with what a restart, or a disk that failed, left undone. To be called now and then. */
  resume(): void {
    this.knowledge.gaps.retry();
    this.#copies.complete();
    this.#parking.release();
    this.#parking.askAgain();
  }

  /** Gives up what has waited for its shape since before this time, Unix ms. */
  retire(before: number): void {
    this.#parking.retire(before);
  }

  /** Puts a gap into the spool, on its way to the sinks; `durable` is called when it is there. */
  declare(gap: Gap, durable?: () => void): void {
    this.knowledge.declare(gap, null, durable);
  }
}

/** An authentic message: the part of its entry that comes with it. */
type Authentic = Pick<MessageEntry, "kid" | "epoch" | "piv" | "received" | "tag" | "body">;
