/** What the gateway holds in memory for each device: its keys by epoch, what has arrived, and the way it last spoke from. */
import { equal } from "../protocols/bytes.ts";
import type { Crypto } from "../protocols/crypto.ts";
import { deriveSession, type Session } from "../protocols/envelope.ts";
import type { DeviceStateEntry } from "./entry.ts";
import type { FrameSource } from "./link.ts";
import { Received } from "./received.ts";
import type { DeviceEntry, DeviceRegistry } from "./registry/registry.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Uplink keys kept per device; deriving one again costs two HMACs. */
const sessionsMax = 3;

export class Device {
  #entry: DeviceEntry;
  readonly received = new Received();
  /** Where its last authentic frame came from; null until one does. */
  source: FrameSource | null = null;
  /** When its last authentic frame came, Unix ms. */
  lastHeard: number | null = null;
  /** How much it may send. */
  readonly rate: TokenBucket;
  /** Frames under its number whose tag did not hold, since the start. */
  failedTags = 0;
  readonly #keys: KeyMaker;
  readonly #uplink = new Map<number, Session>();
  #downlink: Session | null = null;
  #downlinkPiv = 0;

  constructor(entry: DeviceEntry, keys: KeyMaker, messagesPerMinute: number) {
    this.#entry = entry;
    this.#keys = keys;
    this.rate = new TokenBucket({ capacity: messagesPerMinute, perSecond: messagesPerMinute / 60 });
  }

  get entry(): DeviceEntry {
    return this.#entry;
  }

  /** Takes the registry's changed entry. What has arrived stays known, and downlink numbers go on where they were. */
  update(entry: DeviceEntry): void {
    if (entry.alg !== this.#entry.alg || !equal(entry.root, this.#entry.root)) {
      this.#uplink.clear();
      this.#downlink = null;
    }
    this.#entry = entry;
  }

  /** The keys of one epoch. Kept only once a frame under them was authentic (`keep`), so that forged epochs fill nothing. */
  uplink(epoch: number): Session {
    return this.#uplink.get(epoch) ?? this.#keys(this.#entry, epoch, "up");
  }

  keep(epoch: number, session: Session): void {
    if (!this.#uplink.has(epoch)) {
      this.#uplink.set(epoch, session);
      if (this.#uplink.size > sessionsMax) {
        this.#uplink.delete(Math.min(...this.#uplink.keys()));
      }
    }
  }

  /** The keys and the number of the next frame to this device. Each number is given out once. */
  nextDownlink(bootEpoch: number): { session: Session; piv: number } {
    this.#downlink ??= this.#keys(this.#entry, bootEpoch, "down");
    return { session: this.#downlink, piv: this.#downlinkPiv++ };
  }
}

type KeyMaker = (entry: DeviceEntry, epoch: number, direction: "up" | "down") => Session;

export class Devices {
  readonly #registry: Pick<DeviceRegistry, "byKid">;
  readonly #keys: KeyMaker;
  readonly #messagesPerMinute: number;
  readonly #byKid = new Map<number, Device>();

  constructor(options: {
    readonly registry: Pick<DeviceRegistry, "byKid">;
    readonly crypto: Crypto;
    readonly deployment: string;
    /** Messages that one device may send in a minute; a minute's worth may come at once. */
    readonly messagesPerMinute?: number;
  }) {
    const { registry, crypto, deployment } = options;
    this.#messagesPerMinute = options.messagesPerMinute ?? Number.MAX_SAFE_INTEGER;
    this.#registry = registry;
    this.#keys = (entry, epoch, direction) =>
      deriveSession(crypto, {
        root: entry.root,
        deployment,
        kid: entry.kid,
        epoch,
        alg: entry.alg,
        direction,
      });
  }

  /** The device of a kid, active or revoked; null for a kid the registry does not know. */
  byKid(kid: number): Device | null {
    const entry = this.#registry.byKid(kid);
    if (entry === null) {
      return null;
    }
    const known = this.#byKid.get(kid);
    if (known === undefined) {
      const device = new Device(entry, this.#keys, this.#messagesPerMinute);
      this.#byKid.set(kid, device);
      return device;
    }
    if (known.entry !== entry) {
      known.update(entry);
    }
    return known;
  }

  /** State of every device heard of, for a snapshot. */
  snapshots(withTags: boolean): readonly DeviceStateEntry[] {
    return [...this.#byKid.values()]
      .filter(({ received }) => received.newest >= 0)
      .map(({ entry, received }) => received.snapshot(entry.kid, withTags));
  }

  /** Tags remembered of all devices. */
  get tagCount(): number {
    let count = 0;
    for (const { received } of this.#byKid.values()) {
      count += received.tagCount;
    }
    return count;
  }

  heard(): readonly Device[] {
    return [...this.#byKid.values()];
  }
}
