/** The gateway's core in virtual time with two platforms, one of which may be dead for as long as one likes. */
import { VirtualTime } from "../../boards/platforms/timers.ts";
import { FailureBudget } from "../../gateway/budget.ts";
import { Core } from "../../gateway/core.ts";
import { silentLog } from "../../gateway/log.ts";
import type { DeviceEntry } from "../../gateway/registry/registry.ts";
import type { CityRecord, Delivery, Gap, Sink, SinkBatch } from "../../gateway/sink.ts";
import { SimulatedDisk, seededRandom } from "../../gateway/spool/simulated-disk.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { deriveSession, seal } from "../../protocols/envelope.ts";
import { isFault } from "../../protocols/fault.ts";
import { messageBody, rowsOf } from "./sealed-message.ts";

const deployment = "two-sinks";
const deviceEpoch = 1;
const unixOffset = 1_785_578_400_000;
/** Between two messages of the device, ms. */
const interval = 200;
const segmentBytes = 16 * 1024;

const entry: DeviceEntry = {
  device: "urn:dev:ops:meter",
  name: "meter",
  kid: 1,
  alg: 0,
  root: new Uint8Array(16).fill(7),
  state: "active",
  personal: true,
};

/** How a platform is dead: it refuses at once, or it never answers until the sink's own patience ends. */
export type Death = "refuses" | "hangs";

/** A platform that confirms after 20 ms, while it lives. */
export class Platform implements Sink {
  readonly name: string;
  readonly recordsMax = 500;
  readonly window = 4;
  death: Death | null = null;
  /** Records it has got, duplicates included. */
  delivered = 0;
  /** Numbers of messages it has all of, or was told to be dropped. */
  readonly accounted = new Set<number>();
  /** Messages it was told to be dropped. */
  dropped = 0;
  readonly #time: VirtualTime;

  constructor(name: string, time: VirtualTime) {
    this.name = name;
    this.#time = time;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  state(): { connected: boolean; trouble: null } {
    return { connected: this.death === null, trouble: null };
  }

  send({ records, gaps }: SinkBatch): Promise<Delivery> {
    const { death } = this;
    const delay = death === "hangs" ? 20_000 : death === "refuses" ? 5 : 20;
    return new Promise((answer) => {
      this.#time.after(delay, () => {
        if (death !== null) {
          answer({ fault: "unreachable", detail: "the platform is away", transient: true });
          return;
        }
        this.#take(records, gaps);
        answer({ delivered: true });
      });
    });
  }

  #take(records: readonly CityRecord[], gaps: readonly Gap[]): void {
    this.delivered += records.length;
    for (const { dh } of records) {
      this.accounted.add(Number(dh.split("/")[1]));
    }
    for (const { from, to, state } of gaps) {
      for (let number = from; state === "dropped" && to !== null && number <= to; number++) {
        this.dropped++;
        this.accounted.add(number);
      }
    }
  }
}

/** A device that sends one message after the other, a gateway, and two platforms. */
export class TwoSinks {
  readonly live: Platform;
  readonly other: Platform;
  /** Messages sent, and rows in them. */
  sent = 0;
  rows = 0;
  acknowledged = 0;
  readonly #time = new VirtualTime();
  readonly #session = deriveSession(nodeCrypto, {
    ...entry,
    deployment,
    epoch: deviceEpoch,
    direction: "up",
  });
  #core: Core | null = null;

  constructor() {
    this.live = new Platform("live", this.#time);
    this.other = new Platform("other", this.#time);
  }

  async open(): Promise<void> {
    const time = this.#time;
    const ring = { segmentBytes, bytesMax: 4 * segmentBytes, linger: 20, salt: () => 1 };
    const core = await Core.open({
      spool: { ...ring, folder: "/spool", policyWhenFull: "drop-oldest" },
      kept: { ...ring, folder: "/spool/kept", policyWhenFull: "refuse" },
      files: new SimulatedDisk(seededRandom(1)),
      clock: {
        time: () => unixOffset + time.monotonic(),
        monotonic: () => time.monotonic(),
        after: (milliseconds, call) => time.after(milliseconds, call),
      },
      registry: { byKid: (kid) => (kid === entry.kid ? entry : null) },
      crypto: nodeCrypto,
      deployment,
      budget: new FailureBudget({ capacity: 20, perSecond: 1 }),
      log: silentLog(),
      random: seededRandom(2),
      later: (call) => void time.after(0, call),
    });
    if (isFault(core)) {
      throw new Error(core.detail);
    }
    this.#core = core;
    core.forward(this.live);
    core.forward(this.other);
  }

  /** Lets so many virtual ms pass, in which the device sends; or is silent. */
  async pass(milliseconds: number, sending = true): Promise<void> {
    const end = this.#time.monotonic() + milliseconds;
    for (let next = this.#time.monotonic(); next < end; ) {
      if (sending) {
        this.#send();
      }
      next = Math.min(end, next + interval);
      while (this.#time.step(next)) {
        await settled();
      }
      this.#time.advance(next - this.#time.monotonic());
    }
  }

  async close(): Promise<void> {
    this.#core?.stop();
    await this.#core?.close();
  }

  #send(): void {
    // Packs only, after the shape; none of the ballast.
    const number = this.sent === 0 ? 0 : this.sent * 4 + 1;
    const frame = seal(this.#session, this.sent++, messageBody(number));
    this.rows += rowsOf(number);
    this.#core?.ingest.receive(frame, { address: "test", reply: () => true }, () => {
      this.acknowledged++;
    });
  }
}

/** What promises have in hand is done: those of a disk in memory take a few turns. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
