import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SerialPort } from "serialport";
import { until } from "../programs.ts";
import { ReplBoard, type ReplBoardOptions } from "./repl-board.ts";

/** A board at one end of a pair of pseudo-terminals, as a cable would have it; `port` is the other end. */
export class PtyBoard {
  readonly port: string;
  readonly board: ReplBoard;
  readonly #folder: string;
  #socat: ChildProcess | null = null;
  #line: SerialPort | null = null;

  constructor(folder: string, options: ReplBoardOptions) {
    this.#folder = folder;
    this.port = join(folder, "port");
    this.board = new ReplBoard(options);
  }

  /** Plugs it in: the port appears, and the board starts. */
  async plugIn(): Promise<void> {
    const far = join(this.#folder, "far");
    const ends = [`pty,raw,echo=0,link=${this.port}`, `pty,raw,echo=0,link=${far}`];
    this.#socat = spawn("socat", ends, { stdio: "ignore" });
    await until("socat makes its ports", () => existsSync(this.port) && existsSync(far), 5000);
    const line = new SerialPort({ path: far, baudRate: 115200, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      line.open((error) => (error ? reject(error) : resolve()));
    });
    line.on("data", (bytes: Buffer) => this.board.receive(bytes.toString("latin1")));
    this.board.attach((text) => void line.write(text, "latin1"));
    this.#line = line;
    this.board.start();
  }

  async unplug(): Promise<void> {
    this.board.stop();
    this.board.attach(() => {});
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
