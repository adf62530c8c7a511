/** A message bus of our own with a Bluetooth service on it that has no radio (python-dbusmock). */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { has, pythonWith, until } from "../programs.ts";

const python = pythonWith("dbusmock", "gi.repository.GLib");

/** Whether this machine has what it takes. */
export const hasBluez = has("dbus-daemon") && python !== null;

export type BluezEvent = {
  readonly event: "ready" | "done" | "connected" | "disconnected" | "listening" | "written";
  readonly address?: string;
  readonly hex?: string;
  readonly order?: string;
};

export class Bluez {
  readonly address: string;
  readonly events: BluezEvent[] = [];
  readonly #folder: string;
  readonly #daemon: ChildProcess;
  #service: ChildProcess | null = null;
  #said = "";

  private constructor(folder: string, address: string, daemon: ChildProcess) {
    this.#folder = folder;
    this.address = address;
    this.#daemon = daemon;
  }

  /** A bus on which nobody answers for Bluetooth yet; `forbidden`: it lets nobody speak with who will. */
  static async open({ forbidden = false } = {}): Promise<Bluez> {
    const folder = mkdtempSync(join(tmpdir(), "dreihasen-bus-"));
    const config = join(folder, "bus.conf");
    writeFileSync(config, busConfig(join(folder, "bus"), forbidden));
    const daemon = spawn("dbus-daemon", [`--config-file=${config}`, "--nofork", "--print-address"]);
    const address = await new Promise<string>((resolve, reject) => {
      daemon.once("error", reject);
      createInterface(daemon.stdout!).once("line", resolve);
    });
    return new Bluez(folder, address, daemon);
  }

  /** Starts the Bluetooth service. */
  async startService(): Promise<void> {
    const script = scriptPath();
    const service = spawn(python ?? "python3", [script, this.address]);
    this.#service = service;
    service.stderr.on("data", (text) => {
      this.#said += text;
    });
    createInterface(service.stdout).on("line", (line) => this.events.push(JSON.parse(line)));
    await this.#next("ready", {});
  }

  async stopService(): Promise<void> {
    const service = this.#service;
    this.#service = null;
    await ended(service, () => service?.stdin?.end());
  }

  /** Gives an order to bluez.py and waits until it is obeyed. */
  async order(kind: string, more: object = {}): Promise<void> {
    const before = this.count("done");
    this.#service?.stdin?.write(`${JSON.stringify({ do: kind, ...more })}\n`);
    await until(
      `bluez.py obeys ${kind} (${this.#said.slice(-500)})`,
      () => this.count("done") > before,
      20_000,
    );
  }

  count(event: BluezEvent["event"], address?: string): number {
    return this.events.filter((one) => one.event === event && (address ?? one.address) === one.address)
      .length;
  }

  async close(): Promise<void> {
    await this.stopService();
    await ended(this.#daemon, () => this.#daemon.kill("SIGTERM"));
    rmSync(this.#folder, { recursive: true });
  }

  #next(event: BluezEvent["event"], more: { address?: string }): Promise<void> {
    const before = this.count(event, more.address);
    return until(
      `bluez.py says ${event} (${this.#said.slice(-500)})`,
      () => this.count(event, more.address) > before,
      20_000,
    );
  }
}

/** Beside this file; for what was bundled, in the repository that it was bundled from. */
function scriptPath(): string {
  const beside = fileURLToPath(new URL("bluez.py", import.meta.url));
  const bundled = fileURLToPath(new URL("../hil-tests/boards/bluez.py", import.meta.url));
  return existsSync(beside) ? beside : bundled;
}

async function ended(process: ChildProcess | null, end: () => void): Promise<void> {
  if (process !== null && process.exitCode === null && process.signalCode === null) {
    const gone = new Promise((resolve) => process.once("exit", resolve));
    end();
    await gone;
  }
}

function busConfig(path: string, forbidden: boolean): string {
  return `<busconfig>
  <type>session</type>
  <listen>unix:path=${path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    ${forbidden ? '<deny send_destination="org.bluez"/>' : ""}
  </policy>
</busconfig>
`;
}
