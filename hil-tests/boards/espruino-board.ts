import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { espruinoPath } from "../interpreters/espruino-program.ts";
import { has } from "../programs.ts";
import { PtyPair } from "./pty-pair.ts";

/**
 * The real interpreter for Linux behind a pair of pseudo-terminals. It keeps its flash in the folder, and ends where a board would start
 * anew: then it is started again, as power would do.
 *
 * It is held on one core, as a board has one: its console's thread and its main loop share a ring without a lock, as the interrupt and the
 * loop of a board do (jsdevices.c; jshInterruptOff is empty in targets/linux/jshardware.c). On two cores they write it at the same time
 * once the loop no longer sleeps, which it does not while a socket is open, and characters get lost or come again.
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
    const [command = "", ...words] = [...oneCore(), espruinoPath() ?? "espruino"];
    const program = spawn(command, words, {
      cwd: this.#folder,
      stdio: ["pipe", "pipe", "ignore"],
    });
    program.stdin.on("error", () => {}); // what is written to one that just ended
    program.stdout.on("data", (bytes: Buffer) => this.#pair.write(bytes));
    program.once("exit", () => (this.#isOver ? undefined : this.#start()));
    this.#program = program;
  }
}

/** What to write before a command so that it stays on one of the cores that are there: the last one. */
function oneCore(): readonly string[] {
  const cores = /^Cpus_allowed_list:.*?(\d+)$/m.exec(readFileSync("/proc/self/status", "latin1"));
  return has("taskset") && cores !== null ? ["taskset", "-c", cores[1] ?? "0"] : [];
}
