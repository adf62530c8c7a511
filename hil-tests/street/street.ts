/**
 * The street put together: city, uplink, gateway process, twelve devices, and the account of every row. It breaks what it is told
 * to break, and at the end it looks into the spool itself rather than believing anybody.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstalledSensor } from "../../firmware/installation-type.ts";
import { type DeviceEntry, DeviceRegistry } from "../../gateway/registry/registry.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { deriveSession, seal } from "../../protocols/envelope.ts";
import { type Line, openLine } from "../meters/line.ts";
import { LineMeter } from "../meters/line-meter.ts";
import type { Simulator } from "../meters/simulator.ts";
import { simulators } from "../meters/simulators.ts";
import { SmlMeter } from "../meters/sml-meter.ts";
import { freePort, until } from "../programs.ts";
import { SpoolContents } from "../spool-contents.ts";
import { type Arrival, type City, openCity, Receiver } from "./city.ts";
import { GatewayProcess } from "./gateway-process.ts";
import {
  airStation,
  airStations,
  type Household,
  households,
  meterOf,
  parkingBay,
  parkingBays,
} from "./households.ts";
import { type Ledger, total } from "./ledger.ts";
import { type Hardware, Resident } from "./resident.ts";
import type { DeviceView, StreetView } from "./screen.ts";
import { openUplink, type Uplink } from "./uplink.ts";

export interface StreetOptions {
  /** Path of the built hasen.mjs. */
  readonly program: string;
  readonly seed: number;
  /** The gateway's log lines, for whoever wants them. */
  readonly onLog?: (line: string) => void;
}

const deployment = "street";
const prefix = "paderborn/street";
const sinkName = "city";

export class Street {
  readonly #options: StreetOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), "dreihasen-street-"));
  readonly #began = performance.now();
  readonly #residents: Resident[] = [];
  readonly #byUrn = new Map<string, Resident>();
  readonly #lines: Line[] = [];
  readonly #meters: { end(): void }[] = [];
  readonly #receiver: Receiver;
  #city: City | null = null;
  #uplink: Uplink | null = null;
  #gateway: GatewayProcess | null = null;
  /** Messages found before the sink's cursor once the gateway is stopped, as `kid/epoch/PIV`. */
  #inSpool: ReadonlySet<string> | null = null;

  constructor(options: StreetOptions) {
    this.#options = options;
    this.#receiver = new Receiver({
      onRecord: (arrival) => this.#arrived(arrival),
      onGap: ({ device, epoch, from, to, state }) => {
        if (state === "dropped" && to !== null) {
          this.#byUrn.get(device)?.account.dropped(epoch, from, to);
        }
      },
    });
  }

  /** Starts everything; resolves when every device runs and the gateway answers. */
  async open(): Promise<void> {
    const { program, seed, onLog = () => {} } = this.#options;
    const city = await openCity();
    this.#city = city;
    this.#uplink = await openUplink(city.port);
    await this.#receiver.start(city, prefix);
    const ports = { devices: await freePort(), health: await freePort() };
    const config = this.#writeConfig(ports);
    const gateway = new GatewayProcess({ program, config, healthPort: ports.health, onLog });
    this.#gateway = gateway;
    const [entries] = await Promise.all([this.#enrol(), this.#openLines(seed)]);
    await gateway.start();
    for (const [index, entry] of entries.entries()) {
      this.#move(entry, index, ports.devices, seed);
    }
    for (const resident of this.#residents) {
      const failure = resident.start();
      if (failure !== null) {
        throw new Error(failure);
      }
    }
  }

  /** Waits until the city has something from every device; false when the time runs out first. */
  async ready(deadline: number): Promise<boolean> {
    try {
      await until(
        "every device is heard",
        () => this.#residents.every(({ account }) => account.balance(null, () => true).delivered > 0),
        deadline,
      );
      return true;
    } catch {
      return false;
    }
  }

  cutUplink(): Promise<void> {
    return this.#need(this.#uplink).cut();
  }

  healUplink(): Promise<void> {
    return this.#need(this.#uplink).heal();
  }

  get uplink(): boolean {
    return this.#uplink?.up ?? false;
  }

  /** Kills the gateway process without warning and starts it again on the same folder. */
  async killGateway(): Promise<void> {
    await this.#need(this.#gateway).kill();
    await this.#need(this.#gateway).start();
  }

  /** One device sends a message in another's name, under a key it made up. */
  forge(): void {
    const [forger, victim] = this.#residents;
    const { kid, alg } = victim.entry;
    const root = crypto.getRandomValues(new Uint8Array(16));
    const session = deriveSession(nodeCrypto, { root, deployment, kid, epoch: 0, alg, direction: "up" });
    forger.sendRaw(
      seal(session, 100_000 + Math.floor(Math.random() * 100_000), new Uint8Array([0x81, 0x05])),
    );
  }

  /** Somebody who listened sends a message again; false when there was none yet. */
  replay(): boolean {
    const [replayer, victim] = this.#residents;
    const [frame] = victim.recorded;
    if (frame !== undefined) {
      replayer.sendRaw(frame);
    }
    return frame !== undefined;
  }

  ledger(): Ledger {
    return total(
      this.#residents.map((resident) => {
        const spool = this.#inSpool;
        const inSpool =
          spool === null ? null : (message: string) => spool.has(`${resident.entry.kid}/${message}`);
        return resident.account.balance(inSpool, (message) => resident.holds(message));
      }),
    );
  }

  async view(note: string): Promise<StreetView> {
    const health = await this.#need(this.#gateway).health();
    return {
      seconds: (performance.now() - this.#began) / 1000,
      city: this.#need(this.#city).name,
      lines: this.#lines[0]?.kind ?? "memory",
      uplink: this.uplink,
      gatewayUp: health.up,
      sinkConnected: health.sinkConnected,
      spoolBytes: health.spoolBytes,
      spoolCapacity: health.spoolCapacity,
      devices: this.devices(),
      ledger: this.ledger(),
      refused: health.refused,
      duplicates: this.#receiver.duplicates,
      falseRecords: this.#receiver.falseRecords,
      note,
    };
  }

  devices(): readonly DeviceView[] {
    return this.#residents.map((resident) => resident.view());
  }

  /**
   * Ends in order: no more readings, then what is under way gets `patience` ms to arrive where its way is open, then the gateway is
   * stopped and its spool is read.
   */
  async finish(patience: number): Promise<StreetView> {
    for (const meter of this.#meters) {
      meter.end();
    }
    for (const resident of this.#residents) {
      resident.stopMeasuring();
    }
    const settled = () => {
      const { buffered, onDevice } = this.ledger();
      return onDevice === 0 && (buffered === 0 || !this.uplink);
    };
    await until("everything is where it can be", settled, patience).catch(() => {});
    const last = await this.view("");
    await this.#need(this.#gateway).stop();
    this.#inSpool = (await SpoolContents.read(join(this.#folder, "spool"))).waiting(sinkName);
    return {
      ...last,
      ledger: this.ledger(),
      duplicates: this.#receiver.duplicates,
      falseRecords: this.#receiver.falseRecords,
    };
  }

  /** Ends whatever still runs and leaves nothing behind. */
  async close(): Promise<void> {
    for (const meter of this.#meters) {
      meter.end();
    }
    await Promise.all(this.#residents.map((resident) => resident.stop()));
    await this.#gateway?.stop();
    await Promise.all(this.#lines.map((line) => line.close()));
    await this.#receiver.stop();
    await this.#uplink?.close();
    await this.#city?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #arrived({ device, epoch, piv, row }: Arrival): boolean {
    return this.#byUrn.get(device)?.account.delivered(epoch, piv, row) ?? false;
  }

  #writeConfig(ports: { readonly devices: number; readonly health: number }): string {
    const config = join(this.#folder, "gateway.yaml");
    const lines = [
      "version: 1",
      `deployment: ${deployment}`,
      "gateway: street",
      "spool: { folder: ./spool, bytes: 64 MiB }",
      "devices: ./devices.d",
      `links: [{ kind: mqtt, listen: "127.0.0.1:${ports.devices}" }]`,
      "sinks:",
      `  - { kind: mqtt, name: ${sinkName}, url: "mqtt://127.0.0.1:${this.#need(this.#uplink).port}", prefix: ${prefix}, protocol: ${this.#need(this.#city).protocol} }`,
      `health: { listen: "127.0.0.1:${ports.health}" }`,
      "",
    ];
    writeFileSync(config, lines.join("\n"), { mode: 0o600 });
    return config;
  }

  async #enrol(): Promise<DeviceEntry[]> {
    const registry = await DeviceRegistry.open(join(this.#folder, "devices.d"));
    const names = [...households.map(({ name }) => name), ...parkingBays, ...airStations];
    const entries: DeviceEntry[] = [];
    for (const name of names) {
      entries.push(await registry.create({ name, alg: 0, personal: true }));
    }
    registry.close();
    return entries;
  }

  async #openLines(seed: number): Promise<void> {
    const opened = households.map(async (house) => {
      const simulator = "language" in house ? simulatorOf(house.language) : null;
      return openLine({ baud: simulator?.line.baud ?? 9600 });
    });
    this.#lines.push(...(await Promise.all(opened)));
    for (const [index, house] of households.entries()) {
      this.#meters.push(speak(house, this.#lines[index], { index, seed }));
    }
  }

  #move(entry: DeviceEntry, index: number, gatewayPort: number, seed: number): void {
    const folder = join(this.#folder, "homes");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const common = { entry, deployment, gatewayPort, folder };
    const resident = new Resident({ ...common, ...this.#furnish(index, seed) });
    this.#residents.push(resident);
    this.#byUrn.set(entry.device, resident);
  }

  #furnish(
    index: number,
    seed: number,
  ): { hardware: Hardware; sensors: readonly InstalledSensor[]; show: readonly string[]; bay: boolean } {
    if (index < households.length) {
      return {
        hardware: { kind: "linux", line: this.#lines[index] },
        sensors: [meterOf(households[index]).sensor],
        show: meterOf(households[index]).show,
        bay: false,
      };
    }
    return index < households.length + parkingBays.length
      ? { ...parkingBay(seed + index), show: ["distance"], bay: true }
      : { ...airStation(seed + index), show: ["temperature", "relativeHumidity", "pm25"], bay: false };
  }

  #need<T>(part: T | null): T {
    if (part === null) {
      throw new Error("the street is not open");
    }
    return part;
  }
}

function simulatorOf(language: string): Simulator {
  const found = simulators.find((simulator) => simulator.language === language);
  if (found === undefined) {
    throw new Error(`nobody simulates ${language}`);
  }
  return found;
}

/** Lets a house's meter speak on its line. */
function speak(
  house: Household,
  line: Line,
  { index, seed }: { readonly index: number; readonly seed: number },
): { end(): void } {
  if ("language" in house) {
    const simulator = simulatorOf(house.language);
    const meter = simulator.create({ profile: house.profile, seed: seed + index });
    const noise = { rate: 0, seed };
    return new LineMeter(line, meter, { period: Math.min(1000, simulator.period), speed: 1, noise });
  }
  const meter = new SmlMeter({ profile: house.profile, number: index, seed, solar: house.solar });
  const push = setInterval(() => {
    meter.step(1000);
    line.write(meter.telegram());
  }, 1000);
  return { end: () => clearInterval(push) };
}
