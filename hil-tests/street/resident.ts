/** One device of the street: the shipped firmware core on its platform, over MQTT to the gateway, run in real time. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { I2c, Platform, Uart } from "../../boards/platform.ts";
import { linuxPlatform, linuxUart } from "../../boards/platforms/linux.ts";
import { LinuxStorage } from "../../boards/platforms/linux-storage.ts";
import { MqttLink } from "../../boards/platforms/mqtt-link.ts";
import { simulatedPlatform } from "../../boards/platforms/simulated.ts";
import { SimulatedStorage } from "../../boards/platforms/simulated-storage.ts";
import { realTimers } from "../../boards/platforms/timers.ts";
import { drivers } from "../../firmware/drivers/index.ts";
import type { Installation, InstalledSensor } from "../../firmware/installation-type.ts";
import { SensorNode } from "../../firmware/node.ts";
import type { DeviceEntry } from "../../gateway/registry/registry.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { decimalText } from "../../protocols/decimal.ts";
import { mqttPassword } from "../../protocols/envelope.ts";
import type { Link } from "../../protocols/link.ts";
import { quantities } from "../../protocols/quantity.ts";
import { unitText } from "../../scripts/unit-text.ts";
import type { Line } from "../meters/line.ts";
import { DeviceAccount } from "./ledger.ts";
import type { DeviceView } from "./screen.ts";

/** What hangs on the device: a meter's line, or simulated buses. */
export type Hardware =
  | { readonly kind: "linux"; readonly line: Line }
  | {
      readonly kind: "simulated";
      readonly lines: Readonly<Record<string, Uart>>;
      readonly buses: Readonly<Record<string, I2c>>;
    };

export interface ResidentOptions {
  readonly entry: DeviceEntry;
  readonly deployment: string;
  readonly gatewayPort: number;
  /** For the epoch file and the outbox. */
  readonly folder: string;
  readonly hardware: Hardware;
  readonly sensors: readonly InstalledSensor[];
  /** Whether it watches a parking bay. */
  readonly bay: boolean;
  /** Readings shown on the screen, in this order. */
  readonly show: readonly string[];
}

/** Frames remembered for the visitor who wants to replay one. */
const recordedMax = 50;

export class Resident {
  readonly name: string;
  readonly account = new DeviceAccount();
  /** Frames as they went over the line. */
  readonly recorded: Uint8Array[] = [];
  readonly entry: DeviceEntry;
  readonly #options: ResidentOptions;
  readonly #node: SensorNode;
  readonly #link: MqttLink;
  readonly #shown = new Map<string, string>();
  #lastReading: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: ResidentOptions) {
    this.#options = options;
    this.entry = options.entry;
    this.name = options.entry.name;
    this.#link = new MqttLink({
      url: `mqtt://127.0.0.1:${options.gatewayPort}`,
      device: this.name,
      password: mqttPassword(nodeCrypto, {
        root: options.entry.root,
        deployment: options.deployment,
        kid: options.entry.kid,
      }),
      ca: null,
      onState: () => this.#soon(),
    });
    this.#node = new SensorNode({
      installation: this.#installation(),
      platform: this.#platform(),
      drivers,
      observer: {
        reading: (quantity, value, exponent) => {
          this.#shown.set(
            quantity,
            `${decimalText(value, exponent)} ${unitText(quantities[quantity].senml)}`,
          );
          this.#lastReading = performance.now();
        },
        rowProduced: (count) => {
          this.account.openRows += count;
        },
        sealed: (epoch, piv, rows) => {
          this.account.openRows -= rows;
          this.account.sealed(epoch, piv, rows);
        },
        acknowledged: (epoch, ranges) => {
          for (const [from, to] of ranges) {
            for (let piv = from; piv <= to; piv++) {
              this.account.acknowledged(epoch, piv);
            }
          }
        },
        dropped: (epoch, ranges) => {
          for (const [from, to] of ranges) {
            this.account.dropped(epoch, from, to);
          }
        },
        rowsDropped: (count) => {
          this.account.rowsDropped += count;
          this.account.openRows -= count;
        },
      },
      wake: () => this.#soon(),
    });
  }

  /** Boots the device; the sentence that says why it cannot, or null. */
  start(): string | null {
    const failure = this.#node.boot();
    this.#soon();
    return failure === null ? null : `${this.name}: ${failure.detail}`;
  }

  /** No more readings; what is sealed stays in the outbox and is still sent. */
  stopMeasuring(): void {
    this.#node.stop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    this.#link.close();
  }

  /** Puts any bytes on this device's line, as somebody with access to it could. */
  sendRaw(frame: Uint8Array): void {
    this.#link.send(frame);
  }

  /** Whether the outbox still holds this message (`epoch/PIV`). */
  holds(message: string): boolean {
    return this.#node.uplink.outbox.waiting().some(({ epoch, piv }) => `${epoch}/${piv}` === message);
  }

  view(): DeviceView {
    const reading = this.#options.show.map((quantity) => this.#shown.get(quantity) ?? "-").join("   ");
    const occupied = this.#shown.get("occupied");
    return {
      name: this.name,
      reading,
      ...(this.#options.bay ? { occupied: occupied === undefined ? null : occupied.startsWith("1") } : {}),
      age: this.#lastReading === null ? null : (performance.now() - this.#lastReading) / 1000,
      waiting: this.#node.uplink.outbox.frames,
    };
  }

  #installation(): Installation {
    const { entry, deployment, sensors } = this.#options;
    return {
      device: entry.device,
      deployment,
      kid: entry.kid,
      root: entry.root,
      alg: entry.alg,
      firmware: "street",
      sensors,
      batch: { rows: 2, delay: 1500 },
      statusInterval: 3_600_000,
      outbox: { bytesMax: 1024 * 1024, framesMax: 4096, persistent: true },
    };
  }

  #platform(): Platform {
    const { hardware, folder } = this.#options;
    const link = this.#recording(this.#link);
    if (hardware.kind === "simulated") {
      return simulatedPlatform({
        timers: realTimers,
        random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
        storage: new SimulatedStorage(Math.random),
        crypto: nodeCrypto,
        link,
        lines: hardware.lines,
        buses: hardware.buses,
        unixOffset: () => Date.now() - performance.now(),
      });
    }
    const home = join(folder, this.name);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const platform = linuxPlatform({
      board: "street",
      link,
      storage: new LinuxStorage(home),
      clockTrusted: true,
      onIdentify: () => {},
      onRestart: () => {},
    });
    return { ...platform, uart: () => lineUart(hardware.line) };
  }

  /** The link as it is, with a copy of what goes over it. */
  #recording(link: Link): Link {
    const recorded = this.recorded;
    return {
      name: link.name,
      frameMax: link.frameMax,
      ready: () => link.ready(),
      send: (frame) => {
        recorded.push(frame.slice());
        if (recorded.length > recordedMax) {
          recorded.shift();
        }
        return link.send(frame);
      },
      get onFrame() {
        return link.onFrame;
      },
      set onFrame(receive) {
        link.onFrame = receive;
      },
    };
  }

  #soon(): void {
    if (!this.#stopped) {
      if (this.#timer !== null) {
        clearTimeout(this.#timer);
      }
      this.#timer = setTimeout(() => this.#tick(), 0);
    }
  }

  #tick(): void {
    const wait = this.#node.tick();
    if (!this.#stopped) {
      this.#timer = setTimeout(() => this.#tick(), Math.min(wait, 1000));
    }
  }
}

/** The line's end as a device's port: a real serial port where the line is real. */
function lineUart(line: Line): Uart {
  return line.kind === "memory"
    ? {
        open: (_settings, onBytes, onState) => {
          onState(null);
          line.onBytes = onBytes;
        },
        write: (bytes) => line.onRequest?.(bytes),
        close: () => {
          line.onBytes = null;
        },
      }
    : linuxUart(line.path);
}
