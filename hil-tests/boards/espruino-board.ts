import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { espruinoPath } from "../interpreters/espruino-program.ts";
import { PtyPair } from "./pty-pair.ts";

/**
 * The real interpreter for Linux behind a pair of pseudo-terminals. It keeps its flash in the folder, and ends where a board would start
 * anew: then it is started again, as power would do.
 */
export class EspruinoBoard {
  readonly #folder: string;
  readonly #pair: PtyPair;
  #program: ChildProcess | null = null;
  #isOver = false;

  constructor(folder: string) {
    this.#folder = folder;
    this.#pair = new PtyPair(folder);
  }

  get port(): string {
    return this.#pair.port;
  }

  async plugIn(): Promise<void> {
    await this.#pair.open((bytes) => void this.#program?.stdin?.write(bytes));
    this.#start();
  }

  async unplug(): Promise<void> {
    this.#isOver = true;
    const program = this.#program;
    if (program !== null && program.exitCode === null && program.signalCode === null) {
      program.kill("SIGKILL");
      await once(program, "exit");
    }
    await this.#pair.close();
  }

  #start(): void {
    const program = spawn(espruinoPath() ?? "espruino", [], {
      cwd: this.#folder,
      stdio: ["pipe", "pipe", "ignore"],
    });
    program.stdin.on("error", () => {}); // what is written to one that just ended
    program.stdout.on("data", (bytes: Buffer) => this.#pair.write(bytes));
    program.once("exit", () => (this.#isOver ? undefined : this.#start()));
    this.#program = program;
  }
}
