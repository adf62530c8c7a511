import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SerialPort } from "serialport";
import { until } from "../programs.ts";

/** A pair of pseudo-terminals as a cable: `port` is what a command is given, the other end is what stands at it. */
export class PtyPair {
  readonly port: string;
  /** The other end, for a program that opens it itself. */
  readonly far: string;
  #socat: ChildProcess | null = null;
  #line: SerialPort | null = null;

  /** `name` where a folder has several. */
  constructor(folder: string, name = "") {
    this.port = join(folder, `${name}port`);
    this.far = join(folder, `${name}far`);
  }

  /** Takes the other end in hand; with null it is left to a program. */
  async open(onBytes: ((bytes: Buffer) => void) | null): Promise<void> {
    const ends = [`pty,raw,echo=0,link=${this.port}`, `pty,raw,echo=0,link=${this.far}`];
    this.#socat = spawn("socat", ends, { stdio: "ignore" });
    await until("socat makes its ports", () => existsSync(this.port) && existsSync(this.far), 5000);
    if (onBytes === null) {
      return;
    }
    const line = new SerialPort({ path: this.far, baudRate: 115200, autoOpen: false });
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
