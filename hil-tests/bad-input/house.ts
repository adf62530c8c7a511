/** A gateway's house for a test: a folder with config, devices and records, and the built gateway run in it. */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeviceRegistry } from "../../gateway/registry/registry.ts";
import { freePort, until } from "../programs.ts";
import { HandDevice } from "./hand-device.ts";
import { type Ended, hasen, type Running, type Surroundings, startHasen } from "./hasen.ts";

/** Patience for what a loaded machine does late, ms. */
export const patience = 30_000;

export interface HouseOptions {
  /** Lines of the config below `sinks:`; a file `records.ndjson` where none are given. */
  readonly sinks?: readonly string[];
  /** Further links below `links:`. */
  readonly links?: readonly string[];
  /** Further lines of the config. */
  readonly lines?: readonly string[];
  /** Folder of the spool. */
  readonly spool?: string;
}

export interface Health {
  readonly code: number;
  readonly status: "ok" | "degraded" | "failing";
  readonly reasons: readonly { readonly level: string; readonly part: string; readonly reason: string }[];
}

/** One record as the file sink writes it. */
export interface NotedRecord {
  readonly n: string;
  readonly v: number;
  readonly t: number;
  readonly dh: string;
  readonly dq?: string;
}

export class House {
  readonly folder: string;
  readonly config: string;
  readonly mqttPort: number;
  readonly healthPort: number;
  readonly spool: string;
  readonly #running = new Set<GatewayRun>();
  readonly #devices: HandDevice[] = [];

  /** Makes the folder and writes the config; starts nothing. */
  static async open(options: HouseOptions = {}): Promise<House> {
    return new House(options, await freePort(), await freePort());
  }

  private constructor(options: HouseOptions, mqttPort: number, healthPort: number) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), "dreihasen-house-")));
    chmodSync(this.folder, 0o755);
    this.config = join(this.folder, "gateway.yaml");
    this.mqttPort = mqttPort;
    this.healthPort = healthPort;
    this.spool = options.spool ?? join(this.folder, "spool");
    this.configure(options);
  }

  /** Writes the config anew, for the next start. */
  configure(options: HouseOptions): void {
    writeFileSync(this.config, this.#configText({ spool: this.spool, ...options }));
  }

  /** Runs `hasen` with `--config` of this house. */
  hasen(...args: string[]): Promise<Ended> {
    return hasen([...args, "--config", this.config], { cwd: this.folder });
  }

  /** Makes a device as an operator does, and somebody who holds its key. */
  async device(name: string): Promise<HandDevice> {
    const made = await this.hasen("device", "new", name, "--out", "keys");
    if (made.code !== 0) {
      throw new Error(made.stderr);
    }
    return this.holder(name);
  }

  /** Who holds the device's present key; an earlier one's stays what it was. */
  async holder(name: string): Promise<HandDevice> {
    const registry = await DeviceRegistry.open(join(this.folder, "devices.d"));
    const entry = registry.byName(name);
    if (entry === null) {
      throw new Error(`no device ${name}`);
    }
    const device = new HandDevice(entry, "paderborn", this.mqttPort);
    this.#devices.push(device);
    return device;
  }

  /** Starts the gateway; resolves when it is ready, rejects with its words when it ends instead. */
  async start(surroundings: Surroundings = {}): Promise<GatewayRun> {
    const run = new GatewayRun(this, surroundings);
    this.#running.add(run);
    void run.process.ended.then(() => this.#running.delete(run));
    await run.ready();
    return run;
  }

  /** Records as the file sink has written them. */
  records(): NotedRecord[] {
    return this.#lines('{"n"').map((line) => JSON.parse(line) as NotedRecord);
  }

  /** Gaps as the file sink writes them. */
  gaps(): {
    readonly device: string;
    readonly epoch: number;
    readonly from: number;
    readonly state: string;
  }[] {
    return this.#lines('{"gap"').map((line) => JSON.parse(line).gap);
  }

  /** Numbers of the messages whose records have been written, as `epoch/PIV`. */
  delivered(): Set<string> {
    return new Set(this.records().map(({ dh }) => dh.replace(/\/\d+$/, "")));
  }

  async close(): Promise<void> {
    for (const device of this.#devices) {
      device.disconnect();
    }
    await this.closeGateways();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Ends what still runs. */
  async closeGateways(): Promise<void> {
    for (const run of this.#running) {
      await run.kill();
    }
  }

  #lines(begin: string): string[] {
    const file = join(this.folder, "records.ndjson");
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    return text
      .slice(0, text.lastIndexOf("\n") + 1)
      .split("\n")
      .filter((line) => line.startsWith(begin));
  }

  #configText({ sinks, links, lines }: HouseOptions): string {
    return [
      "version: 1",
      "deployment: paderborn",
      "gateway: test",
      `spool: { folder: ${this.spool}, bytes: 8 MiB, days: 1, linger: 5 ms }`,
      "devices: ./devices.d",
      "links:",
      `  - { kind: mqtt, listen: "127.0.0.1:${this.mqttPort}" }`,
      ...(links ?? []),
      "sinks:",
      ...(sinks ?? ["  - { kind: file, name: notebook, path: ./records.ndjson }"]),
      `health: { listen: "127.0.0.1:${this.healthPort}" }`,
      ...(lines ?? []),
      "",
    ].join("\n");
  }
}

/** One start of the gateway. */
export class GatewayRun {
  readonly process: Running;
  readonly #house: House;
  #over = false;

  constructor(house: House, surroundings: Surroundings) {
    this.#house = house;
    const args = ["gateway", "--config", house.config, "--log-format", "json"];
    this.process = startHasen(args, { cwd: house.folder, ...surroundings });
    void this.process.ended.then(() => {
      this.#over = true;
    });
  }

  async ready(): Promise<void> {
    await until(
      "the gateway is ready",
      () => {
        if (this.#over) {
          throw new Error(`the gateway ended: ${this.process.said()}`);
        }
        return this.events().some((event) => event.endsWith(": ready"));
      },
      patience,
    );
  }

  /** What its log says, line by line. */
  log(): { readonly level: string; readonly event: string; readonly time: string }[] {
    const lines = this.process.said().split("\n").slice(0, -1);
    return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  }

  events(): string[] {
    return this.log().map(({ event }) => event);
  }

  async health(): Promise<Health> {
    const answer = await fetch(`http://127.0.0.1:${this.#house.healthPort}/healthz`);
    return { code: answer.status, ...((await answer.json()) as Omit<Health, "code">) };
  }

  /** Waits until /healthz says this. */
  async is(status: Health["status"]): Promise<Health> {
    let last: Health | null = null;
    await until(
      `/healthz says ${status}`,
      async () => {
        last = await this.health();
        return last.status === status;
      },
      patience,
    );
    return last!;
  }

  async metric(name: string): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.#house.healthPort}/metrics`);
    const line = (await answer.text()).split("\n").find((text) => text.startsWith(`${name} `));
    return Number(line?.split(" ")[1] ?? 0);
  }

  /** Ends it as `systemctl stop` does: how it ended, and how long that took, ms. */
  async stop(): Promise<Ended & { readonly took: number }> {
    const began = performance.now();
    this.process.child.kill("SIGTERM");
    const ended = await this.process.ended;
    return { ...ended, took: performance.now() - began };
  }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    this.process.child.kill("SIGKILL");
    await this.process.ended;
  }
}
