import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { SerialPort } from "serialport";
import { espruinoPath } from "../interpreters/espruino-program.ts";
import { until } from "../programs.ts";

/**
 * The real interpreter for Linux behind a pair of pseudo-terminals. It keeps its flash in the folder, and ends where a board would start
 * anew: then it is started again, as power would do.
 */
export class EspruinoBoard {
  readonly port: string;
  starts = 0;
  readonly #folder: string;
  #program: ChildProcess | null = null;
  #socat: ChildProcess | null = null;
  #line: SerialPort | null = null;
  #isOver = false;

  constructor(folder: string) {
    this.#folder = folder;
    this.port = join(folder, "port");
  }

  async plugIn(): Promise<void> {
    const far = join(this.#folder, "far");
    const ends = [`pty,raw,echo=0,link=${this.port}`, `pty,raw,echo=0,link=${far}`];
    this.#socat = spawn("socat", ends, { stdio: "ignore" });
    await until("socat makes its ports", () => existsSync(this.port) && existsSync(far), 5000);
    const line = new SerialPort({ path: far, baudRate: 115200, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      line.open((error) => (error ? reject(error) : resolve()));
    });
    line.on("data", (bytes: Buffer) => void this.#program?.stdin?.write(bytes));
    this.#line = line;
    this.#start();
  }

  async unplug(): Promise<void> {
    this.#isOver = true;
    for (const child of [this.#program, this.#socat]) {
      if (child !== null && child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
    }
    const line = this.#line;
    if (line?.isOpen === true) {
      await new Promise<void>((resolve) => line.close(() => resolve()));
    }
  }

  #start(): void {
    this.starts++;
    const program = spawn(espruinoPath() ?? "espruino", [], {
      cwd: this.#folder,
      stdio: ["pipe", "pipe", "ignore"],
    });
    program.stdin.on("error", () => {}); // what is written to one that just ended
    program.stdout.on("data", (bytes: Buffer) => void this.#line?.write(bytes));
    program.once("exit", () => (this.#isOver ? undefined : this.#start()));
    this.#program = program;
  }
}
