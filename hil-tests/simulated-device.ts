import { seeded, seededRandom } from "../boards/platforms/seeded.ts";
import { type SimulatedParts, simulatedPlatform } from "../boards/platforms/simulated.ts";
import { SimulatedLink } from "../boards/platforms/simulated-link.ts";
import { sht31Chip, simulatedI2c } from "../boards/platforms/simulated-sensors.ts";
import { SimulatedStorage } from "../boards/platforms/simulated-storage.ts";
import { VirtualTime } from "../boards/platforms/timers.ts";
import { drivers } from "../firmware/drivers/index.ts";
import type { Installation, InstalledSensor } from "../firmware/installation-type.ts";
import { SensorNode } from "../firmware/node.ts";
import type { Observer } from "../firmware/observer.ts";
import { toHex } from "../protocols/bytes.ts";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { parseHeader } from "../protocols/envelope.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import { TestGateway } from "./test-gateway.ts";

/** An installation for tests: a weather station that sends each row at once. */
export function installationOf(changes: Partial<Installation> = {}): Installation {
  return {
    device: "urn:dev:ops:test-station-001",
    deployment: "test",
    kid: 7,
    root: Uint8Array.from({ length: 16 }, (_, i) => i * 7),
    alg: 0,
    firmware: "test",
    sensors: [sensorOf("sht31", "i2c-1")],
    batch: { rows: 1, delay: 0 },
    statusInterval: 3_600_000,
    outbox: { bytesMax: 65536, framesMax: 1000, persistent: false },
    ...changes,
  };
}

export function sensorOf(
  driver: string,
  port: string,
  changes: Partial<InstalledSensor> = {},
): InstalledSensor {
  return { driver, port, interval: 1000, deadBands: [], heartbeat: 60_000, options: {}, ...changes };
}

/**
 * A device with its storage, its link and a test gateway, in virtual time. It can lose its power and boot again; the storage and
 * the gateway's disk remain.
 */
export class SimulatedDevice {
  readonly time = new VirtualTime();
  readonly dice: () => number;
  readonly storage: SimulatedStorage;
  readonly installation: Installation;
  readonly gateway: TestGateway;
  link: SimulatedLink;
  node: SensorNode | null = null;
  faults: Fault[] = [];
  /** Of the simulated SHT31; null while it is unplugged. */
  air: { temperature: number; humidity: number } | null = { temperature: 2100, humidity: 500 };
  unixOffset: number | null = null;
  restarts = 0;
  /** Every frame that left the device, by number: how often; and numbers that left with two contents. */
  readonly sent = new Map<string, { readonly tag: string; times: number }>();
  readonly repeatedNonces: string[] = [];
  parts: Partial<SimulatedParts> = {};
  readonly #observer: Observer;
  #cancel = () => {};

  constructor(options: { seed?: number; installation?: Installation; observer?: Observer } = {}) {
    this.dice = seeded(options.seed ?? 1);
    this.storage = new SimulatedStorage(this.dice);
    this.installation = options.installation ?? installationOf();
    this.#observer = options.observer ?? {};
    this.gateway = new TestGateway(this.installation, (frame) => this.link.sendDown(frame));
    this.link = this.#newLink();
  }

  boot(): Fault | null {
    const { weather, connected } = this.link;
    this.link = this.#newLink();
    Object.assign(this.link, { weather, connected });
    const node = new SensorNode({
      installation: this.installation,
      drivers,
      platform: simulatedPlatform({
        timers: this.time,
        random: seededRandom(this.dice),
        storage: this.storage,
        crypto: nodeCrypto,
        link: this.link,
        buses: { "i2c-1": simulatedI2c(this.time, { 68: sht31Chip(() => this.air) }) },
        unixOffset: () => this.unixOffset,
        onRestart: () => {
          this.restarts++;
        },
        ...this.parts,
      }),
      observer: {
        ...this.#observer,
        fault: (code, detail, fault) => {
          this.faults.push({ fault: code, detail });
          this.#observer.fault?.(code, detail, fault);
        },
      },
      wake: () => this.#schedule(0),
    });
    const refused = node.boot();
    if (refused === null) {
      this.node = node;
      this.#schedule(0);
    }
    return refused;
  }

  /** The power goes away: what is in RAM and on the link is gone. */
  powerOff(): void {
    this.#cancel();
    this.node = null;
    this.link.onFrame = null;
    this.link.onUp = null;
  }

  run(duration: number): void {
    this.time.advance(duration);
  }

  #newLink(): SimulatedLink {
    const link = new SimulatedLink({ timers: this.time, dice: this.dice });
    link.onUp = (frame) => this.gateway.receive(frame);
    link.onSent = (frame) => this.#remember(frame);
    return link;
  }

  #remember(frame: Uint8Array): void {
    const header = parseHeader(frame);
    if (isFault(header)) {
      throw new Error(header.detail);
    }
    const key = `${header.epoch}/${header.piv}`;
    const tag = toHex(frame.subarray(frame.length - 8));
    const known = this.sent.get(key);
    if (known === undefined) {
      this.sent.set(key, { tag, times: 1 });
    } else if (known.tag === tag) {
      known.times++;
    } else {
      this.repeatedNonces.push(key);
    }
  }

  #schedule(delay: number): void {
    this.#cancel();
    this.#cancel = this.time.after(delay, () => {
      const node = this.node;
      if (node !== null) {
        this.#schedule(node.tick());
      }
    });
  }
}
