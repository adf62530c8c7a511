/** A gateway of its own folder with devices at its door: started, broken, started again, and asked what it still has. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DeviceRegistry } from "../../gateway/registry/registry.ts";
import { freePort, until } from "../programs.ts";
import { SpoolContents } from "../spool-contents.ts";
import { GatewayProcess } from "../street/gateway-process.ts";
import { Publisher } from "./publisher.ts";
import { Truth } from "./truth.ts";

/** Beside this code where that is built too, else where the build puts it. */
const program = ["hasen.mjs", "../../dist/hasen.mjs"]
  .map((place) => fileURLToPath(new URL(place, import.meta.url)))
  .find((path) => existsSync(path));
const deployment = "durability";
const sink = "city";
export interface HallOptions {
  /** For its data; a temporary one where none is given. */
  readonly folder?: string;
  /** As in the config: a file beside the spool, or a broker. */
  readonly sink?: string;
  readonly devices?: number;
  /** Messages of a device on their way at once. */
  readonly window?: number;
}

export interface StartOptions {
  /** Programs to start it under. */
  readonly under?: readonly string[];
  /** Where it finds its folder, where that is not as this process sees it. */
  readonly inside?: string;
}

export class Hall {
  /** Where this process sees its data. */
  folder: string;
  readonly publishers: readonly Publisher[];
  readonly truth: Truth;
  /** What the gateway logged since its last start. */
  log: string[] = [];
  /** As in the config. */
  sink: string;
  #gateway: GatewayProcess | null = null;
  #health = 0;
  readonly #own: boolean;

  static async open(options: HallOptions = {}): Promise<Hall> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), "hasen-durability-"));
    mkdirSync(folder, { recursive: true });
    const registry = await DeviceRegistry.open(join(folder, "devices.d"));
    const publishers: Publisher[] = [];
    for (let i = 0; i < (options.devices ?? 2); i++) {
      const entry = await registry.create({ name: `meter-${i}`, alg: 0, personal: true });
      publishers.push(new Publisher({ entry, deployment, window: options.window ?? 8 }));
    }
    registry.close();
    return new Hall(folder, publishers, options);
  }

  private constructor(folder: string, publishers: readonly Publisher[], options: HallOptions) {
    this.folder = folder;
    this.publishers = publishers;
    this.truth = new Truth(publishers);
    this.sink = options.sink ?? fileSink;
    this.#own = options.folder === undefined;
  }

  get running(): boolean {
    return this.#gateway?.running ?? false;
  }

  get pid(): number | null {
    return this.#gateway?.pid ?? null;
  }

  /** Starts the gateway and its devices; false when it was killed on the way. */
  async start(options: StartOptions = {}): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      const ports = { devices: await freePort(), health: await freePort() };
      const gateway = this.#prepare(ports, options);
      try {
        await gateway.start();
        await this.#connect(ports.devices);
        return true;
      } catch (error) {
        await until("it is known how the gateway ended", () => !this.running).catch(() => {});
        if (gateway.killed) {
          this.#hangUp();
          return false;
        }
        // Somebody else took the port meanwhile.
        if (tries === startsMax || !this.log.some((line) => line.includes("NET-075"))) {
          throw error;
        }
      }
    }
  }

  /** Every device may send so many more messages. */
  send(more: number): void {
    for (const publisher of this.publishers) {
      publisher.sendUpTo(publisher.limit + more);
    }
  }

  get done(): boolean {
    return this.publishers.every(({ done }) => done);
  }

  get acknowledged(): number {
    return this.publishers.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  }

  /** Ends the process as a crash would. */
  async kill(): Promise<void> {
    this.#hangUp();
    await this.#gateway?.kill();
  }

  async stop(): Promise<void> {
    this.#hangUp();
    await this.#gateway?.stop();
  }

  /** What /healthz says. */
  async health(): Promise<{ readonly status: string; readonly reasons: readonly unknown[] }> {
    const answer = await fetch(`http://127.0.0.1:${this.#health}/healthz`);
    return (await answer.json()) as { status: string; reasons: unknown[] };
  }

  /** Sends once more what was acknowledged, some of it: it must be known. */
  replaySome(): void {
    for (const publisher of this.publishers) {
      for (const number of [...publisher.acknowledged].slice(-3)) {
        publisher.replay(number);
      }
    }
  }

  /** Whether the city's file holds everything that was acknowledged. */
  get arrived(): boolean {
    this.truth.deliverFile(this.#cityFile());
    return this.truth.missing(new Set()).length === 0;
  }

  /** Looks at a copy of what the stopped gateway left, and holds it against the truth: what is wrong, in words. */
  async check(): Promise<string[]> {
    const contents = await this.contents();
    return [
      ...(this.sink === fileSink ? this.truth.deliverFile(this.#cityFile()) : []),
      ...this.truth.missing(contents.waiting(sink)),
      ...this.truth.storedTwice(contents),
      ...contents.damage,
    ];
  }

  /** What the stopped gateway has in its spool; read from a copy, as reading repairs. */
  async contents(): Promise<SpoolContents> {
    const copy = mkdtempSync(join(tmpdir(), "hasen-spool-copy-"));
    try {
      if (existsSync(join(this.folder, "spool"))) {
        cpSync(join(this.folder, "spool"), copy, { recursive: true });
        rmSync(join(copy, "lock"), { force: true });
      }
      return await SpoolContents.read(copy);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    await this.kill();
    if (this.#own) {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  #cityFile(): string {
    const path = join(this.folder, "city.ndjson");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  #hangUp(): void {
    for (const publisher of this.publishers) {
      publisher.disconnect();
    }
  }

  /** Rejects as soon as the gateway is gone: a client that got no answer may wait for long. */
  async #connect(port: number): Promise<void> {
    let connected = false;
    const connecting = Promise.all(this.publishers.map((publisher) => publisher.connect(port))).then(() => {
      connected = true;
    });
    const concluded = until("the devices are connected", () => connected || !this.running, 60_000);
    await Promise.race([connecting, concluded]);
    if (!connected) {
      connecting.catch(() => {});
      throw new Error("the gateway ended while its devices connected");
    }
  }

  #prepare(ports: Ports, { under = [], inside = this.folder }: StartOptions): GatewayProcess {
    this.#health = ports.health;
    this.log = [];
    this.#writeConfig(ports);
    if (program === undefined) {
      throw new Error("npm run build makes dist/hasen.mjs");
    }
    this.#gateway = new GatewayProcess({
      program,
      config: join(inside, configName),
      healthPort: ports.health,
      onLog: (line) => this.log.push(line),
      under,
    });
    return this.#gateway;
  }

  #writeConfig(ports: Ports): void {
    const text = [
      "version: 1",
      `deployment: ${deployment}`,
      "spool: { folder: ./spool, bytes: 4 MiB, linger: 1 ms, whenFull: refuse }",
      "devices: ./devices.d",
      `links: [{ kind: mqtt, listen: "127.0.0.1:${ports.devices}" }]`,
      `sinks: [${this.sink}]`,
      `health: { listen: "127.0.0.1:${ports.health}" }`,
      "",
    ];
    writeFileSync(join(this.folder, configName), text.join("\n"), { mode: 0o600 });
  }
}

interface Ports {
  readonly devices: number;
  readonly health: number;
}

const configName = "gateway.yaml";
const startsMax = 3;

/** Delivered means synced to this file. */
export const fileSink = `{ kind: file, name: ${sink}, path: ./city.ndjson }`;
/** Nobody listens there. */
export const deadSink = `{ kind: mqtt, name: ${sink}, url: "mqtt://127.0.0.1:1" }`;
