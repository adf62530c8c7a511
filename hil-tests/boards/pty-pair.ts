import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SerialPort } from "serialport";
import { until } from "../programs.ts";

/** A pair of pseudo-terminals as a cable: `port` is what a command is given, the other end is what stands at it. */
export class PtyPair {
  readonly port: string;
  readonly #far: string;
  #socat: ChildProcess | null = null;
  #line: SerialPort | null = null;

  constructor(folder: string) {
    this.port = join(folder, "port");
    this.#far = join(folder, "far");
  }

  async open(onBytes: (bytes: Buffer) => void): Promise<void> {
    const ends = [`pty,raw,echo=0,link=${this.port}`, `pty,raw,echo=0,link=${this.#far}`];
    this.#socat = spawn("socat", ends, { stdio: "ignore" });
    await until("socat makes its ports", () => existsSync(this.port) && existsSync(this.#far), 5000);
    const line = new SerialPort({ path: this.#far, baudRate: 115200, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      line.open((error) => (error ? reject(error) : resolve()));
    });
    line.on("data", onBytes);
    this.#line = line;
  }

  write(bytes: Buffer): void {
    this.#line?.write(bytes);
  }

  /** Pulls the cable: the port goes away. */
  async close(): Promise<void> {
    const line = this.#line;
    if (line?.isOpen === true) {
      await new Promise<void>((resolve) => line.close(() => resolve()));
    }
    if (this.#socat !== null && this.#socat.exitCode === null) {
      this.#socat.kill();
      await once(this.#socat, "exit");
    }
    rmSync(this.port, { force: true });
  }
}
