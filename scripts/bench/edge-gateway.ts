import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downTopic, upTopic } from "../../gateway/links/topics.ts";
import { type DeviceEntry, DeviceRegistry } from "../../gateway/registry/registry.ts";
import { freePort, until } from "../../hil-tests/programs.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { algCcm, mqttPassword } from "../../protocols/envelope.ts";
import { hasenProgram } from "./hasen-program.ts";
import { Load } from "./load.ts";
import type { LineOrder } from "./load-order.ts";
import { deployment } from "./sealed-load.ts";

export const deviceCount = 50;
const readyWithin = 60_000; // ms

export interface EdgeOptions {
  /** Keeps its spool here instead of in a folder of its own. */
  readonly spool?: string;
  /** `spool.bytes` and `spool.linger` of the config. */
  readonly bytes?: string;
  readonly linger?: string;
  /** The city's port; without it records go to a file. */
  readonly cityPort?: number;
}

/** The shipped gateway as its own process, and fifty devices that it knows. */
export class EdgeGateway {
  readonly entries: readonly DeviceEntry[];
  readonly spool: string;
  readonly #folder: string;
  readonly #ports: { readonly devices: number; readonly health: number };
  #child: ChildProcess | null = null;
  #load: Load | null = null;

  /** Devices and config; nothing runs yet. */
  static async create(options: EdgeOptions): Promise<EdgeGateway> {
    const folder = mkdtempSync(join(tmpdir(), "hasen-bench-edge-"));
    const registry = await DeviceRegistry.open(join(folder, "devices.d"));
    for (let i = 0; i < deviceCount; i++) {
      await registry.create({ name: `bench-meter-${i}`, alg: algCcm, personal: true });
    }
    const entries = registry.entries();
    registry.close();
    const ports = { devices: await freePort(), health: await freePort() };
    const edge = new EdgeGateway(folder, entries, ports, options.spool ?? join(folder, "spool"));
    edge.configure(options);
    return edge;
  }

  private constructor(
    folder: string,
    entries: readonly DeviceEntry[],
    ports: { readonly devices: number; readonly health: number },
    spool: string,
  ) {
    this.#folder = folder;
    this.entries = entries;
    this.#ports = ports;
    this.spool = spool;
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  get load(): Load {
    return this.#load!;
  }

  /** Forgets all that the spool holds; not while it runs. */
  empty(): void {
    rmSync(this.spool, { recursive: true, force: true });
  }

  /** Counts from the next start on. */
  configure({ bytes = "512 MiB", linger = "20 ms", cityPort }: EdgeOptions): void {
    const sink =
      cityPort === undefined
        ? `{ kind: file, name: city, path: ${join(this.#folder, "records.ndjson")}, files: 2 }`
        : `{ kind: mqtt, name: city, url: "mqtt://127.0.0.1:${cityPort}", reconnectMax: 200 ms }`;
    const text = [
      "version: 1",
      `deployment: ${deployment}`,
      "gateway: bench",
      `spool: { folder: ${this.spool}, bytes: ${bytes}, linger: ${linger} }`,
      "devices: ./devices.d",
      `links: [{ kind: mqtt, listen: "127.0.0.1:${this.#ports.devices}" }]`,
      `sinks: [${sink}]`,
      `health: { listen: "127.0.0.1:${this.#ports.health}" }`,
      "log: { level: warn }",
      "",
    ];
    writeFileSync(join(this.#folder, "gateway.yaml"), text.join("\n"), { mode: 0o600 });
  }

  /** Starts the process and does not wait for it. */
  launch(): void {
    const args = [hasenProgram, "gateway", "--config", join(this.#folder, "gateway.yaml")];
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    const child = this.#child;
    const orphaned = () => child.kill("SIGKILL");
    process.once("exit", orphaned);
    child.once("exit", () => process.off("exit", orphaned));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.lastWords = `${this.lastWords}${text}`.slice(-2000);
    });
  }

  lastWords = "";

  async start(): Promise<void> {
    this.launch();
    await until(
      "the gateway answers",
      async () => {
        if (this.#child?.exitCode !== null) {
          throw new Error(`the gateway ended: ${this.lastWords}`);
        }
        return (await this.metrics()) !== null;
      },
      readyWithin,
    );
  }

  /** Connects the devices, and lets one of them say what their packs look like. */
  async connect(epoch = 1): Promise<void> {
    this.#load?.stop();
    this.#load = await Load.start(
      this.#ports.devices,
      this.entries.map((entry) => lineOf(entry, epoch)),
    );
    await this.#load.load(1, "shape", 1);
    await this.#load.send();
  }

  /** Ends the devices, where they run. */
  hangUp(): void {
    this.#load?.stop();
    this.#load = null;
  }

  async metrics(): Promise<string | null> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.#ports.health}/metrics`);
      return answer.ok ? await answer.text() : null;
    } catch {
      return null;
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill(signal);
      await exited;
    }
  }

  async stop(): Promise<void> {
    this.#load?.stop();
    await this.end("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function lineOf(entry: DeviceEntry, epoch: number): LineOrder {
  const { root, kid, name } = entry;
  return {
    clientId: name,
    username: name,
    password: mqttPassword(nodeCrypto, { root, deployment, kid }),
    topic: upTopic(name),
    hears: downTopic(name),
    device: entry,
    epoch,
  };
}
