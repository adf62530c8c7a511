/** Packs whose shape is not known yet: on disk and acknowledged, their segments held, sent on when the shape comes. */
import { isFault } from "../protocols/fault.ts";
import { frameMax } from "../protocols/link.ts";
import { cityEpoch } from "./city-epoch.ts";
import type { Devices } from "./devices.ts";
import { decodeMessageEntry, encodeMessageEntry, entryKind, type Parked } from "./entry.ts";
import { interpret } from "./interpret.ts";
import type { ShapeRequests } from "./shape-requests.ts";
import type { Shapes } from "./shapes.ts";
import type { Gap } from "./sink.ts";
import type { Spool } from "./spool/spool.ts";

export interface ParkingOptions {
  readonly spool: Spool;
  readonly shapes: Shapes;
  readonly devices: Devices;
  readonly requests: ShapeRequests;
  /** Unix ms. */
  readonly now: () => number;
  /** ms of a clock that never jumps. */
  readonly monotonic: () => number;
  /** Something is on disk for the sinks. */
  readonly stored: () => void;
  /** A pack's entry could not be read any more. */
  readonly unreadable: () => void;
  readonly declare: (gap: Gap) => void;
}

/** Who was heard within this, ms, is taken to hear a request. */
const presentWithin = 300_000;

/** From a device whose packs are refused for want of room one is taken this often, ms: long enough for it to have been asked for its shape. */
const exceptionEvery = 10_000;

export class Parking {
  readonly #options: ParkingOptions;
  /** Packs that are to wait and not yet on disk. */
  #underWay = 0;
  /** When a pack of a device was first refused for want of room, or last taken without any, by key id. */
  readonly #refusedSince = new Map<number, number>();

  constructor(options: ParkingOptions) {
    this.#options = options;
  }

  /** Whether one more pack may wait. */
  get hasRoom(): boolean {
    const { shapes, spool } = this.#options;
    return shapes.parkingRoom > this.#underWay && spool.mayPin;
  }

  /** A pack that is to wait is on its way to the disk, until `arrived`. */
  expect(): void {
    this.#underWay++;
  }

  arrived(): void {
    this.#underWay--;
  }

  /**
   * Whether one pack of this device is taken although there is no room. A device sends few messages before the first of them is acknowledged
   * (firmware/outbox.ts), so packs that are refused again and again would keep its shape from ever being sent.
   */
  makesException(kid: number): boolean {
    const now = this.#options.monotonic();
    const since = this.#refusedSince.get(kid) ?? now;
    const long = now - since >= exceptionEvery;
    this.#refusedSince.set(kid, long ? now : since);
    return long;
  }

  /** Keeps a parked pack's segment from being recycled; where no more may be kept, it is given up at once and said to be. */
  hold(parked: Parked): void {
    const { shapes, spool } = this.#options;
    if (shapes.parkingRoom < 0 || !spool.pin(parked.offset)) {
      this.#giveUp(parked, "its shape was not known and no more packs could wait for theirs");
    }
  }

  /** The same for all that a restart found. */
  holdAll(): void {
    for (const parked of this.#options.shapes.parked()) {
      this.hold(parked);
    }
  }

  /** Gives up the packs that came before this time, Unix ms: a shape that has not come by then will not, and their segments are wanted. */
  retire(before: number): void {
    for (const parked of this.#options.shapes.parked()) {
      const [waiting] = this.#options.spool.read(parked.offset, { entries: 1, bytes: 2 * frameMax });
      // In the order in which they came.
      if (waiting?.offset === parked.offset && waiting.time >= before) {
        return;
      }
      this.#giveUp(parked, "its shape did not come for as long as the spool keeps messages");
    }
  }

  /** Writes the packs again whose shape came, so that every sink's cursor still has them ahead of it. */
  release(): void {
    const { spool, shapes, devices, stored, unreadable } = this.#options;
    for (const parked of shapes.takeReleasable()) {
      const [waiting] = spool.read(parked.offset, { entries: 1, bytes: 2 * frameMax });
      const entry =
        waiting === undefined || waiting.offset !== parked.offset
          ? null
          : decodeMessageEntry(waiting.payload);
      if (entry === null || isFault(entry)) {
        unreadable();
        this.#giveUp(parked, "it could not be read any more when its shape came");
        continue;
      }
      const device = devices.byKid(entry.kid);
      const meaning = device === null ? null : interpret(entry.body, device.entry, shapes);
      if (isFault(meaning)) {
        this.#giveUp(parked, meaning.detail);
        continue;
      }
      spool.append(
        entryKind.message,
        encodeMessageEntry({ ...entry, parked: false, released: true }),
        (failure) => {
          if (failure === null) {
            shapes.forget(parked.message);
            spool.unpin(parked.offset);
            stored();
          } else {
            shapes.keepParked(parked.message);
          }
        },
      );
    }
  }

  /** A request for a shape may be lost or overtaken, and the pack that gave rise to it may have been the last. */
  askAgain(): void {
    const { shapes, devices, requests, now } = this.#options;
    for (const { message, shape } of shapes.parked()) {
      const device = devices.byKid(Number(message.split("/")[0]));
      const heard = device?.lastHeard ?? Number.NEGATIVE_INFINITY;
      if (device !== null && now() - heard < presentWithin && shapes.get(shape) === null) {
        requests.ask(device, device.received.newest, shape);
      }
    }
  }

  #giveUp({ message, offset }: Parked, reason: string): void {
    const { spool, shapes, devices, declare } = this.#options;
    shapes.forget(message);
    spool.unpin(offset);
    const [kid, epoch, piv] = message.split("/").map(Number);
    const entry = devices.byKid(kid)?.entry;
    if (entry !== undefined) {
      const { device } = entry;
      declare({ device, epoch: cityEpoch(entry, epoch), from: piv, to: piv, state: "dropped", reason });
    }
  }
}
