/** A device of the simulated world: the shipped SensorNode on a simulated board whose power can go away within any write. */
import { seeded, seededRandom } from "../../boards/platforms/seeded.ts";
import { simulatedPlatform } from "../../boards/platforms/simulated.ts";
import { SimulatedLink } from "../../boards/platforms/simulated-link.ts";
import {
  distanceFrame,
  sht31Chip,
  simulatedI2c,
  simulatedUart,
} from "../../boards/platforms/simulated-sensors.ts";
import { PowerCut, SimulatedStorage } from "../../boards/platforms/simulated-storage.ts";
import type { Timers, VirtualTime } from "../../boards/platforms/timers.ts";
import { drivers } from "../../firmware/drivers/index.ts";
import type { Installation } from "../../firmware/installation-type.ts";
import { SensorNode } from "../../firmware/node.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { decimalText } from "../../protocols/decimal.ts";
import type { TrueRow, Truth } from "./truth.ts";

export interface DeviceOptions {
  readonly kid: number;
  readonly time: VirtualTime;
  readonly truth: Truth;
  /** Unix ms minus ms of `time`. */
  readonly unixOffset: number;
  readonly dice: () => number;
  /** Shortest time between two of its rows, and how much longer it may be, ms. */
  readonly pace: readonly [number, number];
  /** That the power goes away within one write. */
  readonly cutChance: () => number;
  /** It has lost its power. */
  readonly onCut: (device: SimulatedNode) => void;
}

export class SimulatedNode {
  readonly kid: number;
  readonly installation: Installation;
  readonly link: SimulatedLink;
  readonly storage: SimulatedStorage;
  node: SensorNode | null = null;
  boots = 0;
  /** Its sensors say nothing more. */
  quiet = false;
  readonly #options: DeviceOptions;
  readonly #dice: () => number;
  readonly #knowsTime: boolean;
  /** Counts lives, so that what one asked for does not happen in the next. */
  #life = 0;
  #cancel = () => {};
  /** Rows taken and not yet sealed. */
  #rows: TrueRow[] = [];
  #air = { temperature: 2100, humidity: 500, distance: 1200 };

  constructor(options: DeviceOptions) {
    const { kid, time, dice } = options;
    this.#options = options;
    this.kid = kid;
    this.#dice = seeded(Math.floor(dice() * 0x100000000));
    this.installation = installationOf(kid, options.pace, this.#dice);
    this.#knowsTime = this.#dice() < 0.3;
    this.storage = new SimulatedStorage(this.#dice);
    this.link = new SimulatedLink({ timers: time, dice: this.#dice });
  }

  /** Whether all it sealed is somewhere safe. */
  get empty(): boolean {
    return this.node !== null && this.node.uplink.outbox.frames === 0;
  }

  boot(): void {
    const { kid, truth } = this.#options;
    const life = ++this.#life;
    this.#rows = [];
    this.boots++;
    const node = new SensorNode({
      installation: this.installation,
      drivers,
      platform: this.#platform(life),
      observer: {
        rowProduced: () => this.#rows.push({ time: this.#unix(), values: new Map() }),
        reading: (quantity, value, exponent) =>
          this.#rows.at(-1)?.values.set(quantity, decimalText(value, exponent)),
        sealed: (epoch, piv, rows) => truth.sealed(kid, epoch, piv, this.#rows.splice(0, rows)),
        rowsDropped: (count) => this.#rows.splice(0, count),
      },
      wake: () => this.#schedule(0, life),
    });
    this.#surviving(life, () => {
      const refused = node.boot();
      if (refused !== null) {
        truth.violate(`device ${kid} does not boot: ${refused.detail}`);
      }
      const receive = this.link.onFrame;
      this.link.onFrame = (frame) => this.#surviving(life, () => receive?.(frame));
      this.node = node;
      this.#schedule(0, life);
    });
  }

  /** The power goes away: what is in RAM is gone. */
  powerOff(): void {
    this.#life++;
    this.#cancel();
    this.node = null;
    this.link.onFrame = null;
  }

  #platform(life: number) {
    const { time, unixOffset, cutChance } = this.#options;
    const timers: Timers = {
      monotonic: () => time.monotonic(),
      after: (delay, run) => time.after(delay, () => this.#surviving(life, run)),
    };
    const storage = this.storage;
    const bootTime = time.monotonic();
    return simulatedPlatform({
      timers,
      random: seededRandom(this.#dice),
      storage: {
        read: (name) => storage.read(name),
        append: (name, bytes) => {
          storage.cutAtWrite(this.#dice() < cutChance() ? 1 : Number.POSITIVE_INFINITY);
          return storage.append(name, bytes);
        },
        replace: (name, bytes) => {
          storage.cutAtWrite(this.#dice() < cutChance() ? 1 : Number.POSITIVE_INFINITY);
          return storage.replace(name, bytes);
        },
      },
      crypto: nodeCrypto,
      link: this.link,
      buses: {
        "i2c-1": simulatedI2c(timers, { 68: sht31Chip(() => (this.quiet ? null : this.#weather())) }),
      },
      lines: {
        "uart-1": simulatedUart({
          timers,
          period: 500,
          say: () => (this.quiet ? null : distanceFrame(this.#weather().distance)),
        }),
      },
      unixOffset: () => (this.#knowsTime ? unixOffset + bootTime : null),
      onRestart: () => this.boot(),
    });
  }

  #unix(): number {
    return this.#options.time.monotonic() + this.#options.unixOffset;
  }

  #weather(): { temperature: number; humidity: number; distance: number } {
    const step = (most: number): number => Math.round((this.#dice() - 0.5) * most);
    const { temperature, humidity, distance } = this.#air;
    this.#air = {
      temperature: Math.max(-3000, Math.min(5000, temperature + step(40))),
      humidity: Math.max(50, Math.min(950, humidity + step(20))),
      distance: Math.max(300, Math.min(4000, distance + step(200))),
    };
    return this.#air;
  }

  #schedule(delay: number, life: number): void {
    this.#cancel();
    this.#cancel = this.#options.time.after(delay, () =>
      this.#surviving(life, () => {
        if (this.node !== null) {
          this.#schedule(this.node.tick(), life);
        }
      }),
    );
  }

  /** Does something of one life, which may end in it. */
  #surviving(life: number, action: () => void): void {
    if (life !== this.#life) {
      return;
    }
    try {
      action();
    } catch (thrown) {
      if (!(thrown instanceof PowerCut)) {
        throw thrown;
      }
      this.powerOff();
      this.#options.onCut(this);
    }
  }
}

function installationOf(
  kid: number,
  [shortest, more]: readonly [number, number],
  dice: () => number,
): Installation {
  const air = dice() < 0.6;
  const outbox = dice() < 0.3 ? 12 + Math.floor(dice() * 20) : 400;
  return {
    device: deviceOf(kid),
    deployment,
    kid,
    root: rootOf(kid),
    alg: dice() < 0.7 ? 0 : 1,
    firmware: "simulation",
    sensors: [
      {
        driver: air ? "sht31" : "a02yyuw",
        port: air ? "i2c-1" : "uart-1",
        interval: shortest + Math.floor(dice() ** 2 * more),
        deadBands: [],
        heartbeat: 36_000_000,
        options: {},
      },
    ],
    batch: { rows: 1 + Math.floor(dice() * 4), delay: 5000 },
    statusInterval: 3_600_000,
    outbox: { bytesMax: 65_536, framesMax: outbox, persistent: dice() < 0.6 },
  };
}

export const deployment = "simulation";

export function deviceOf(kid: number): string {
  return `urn:dev:ops:sim-${kid}`;
}

export function rootOf(kid: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => i * 11 + kid);
}
