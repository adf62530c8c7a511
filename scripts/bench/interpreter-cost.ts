import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boardBundle } from "../../hil-tests/interpreters/board-bundle.ts";
import { espruinoPath } from "../../hil-tests/interpreters/espruino-program.ts";
import { has } from "../../hil-tests/programs.ts";

/** Calls in the shorter and in the longer run; what lies between them is the cost, without the start. */
const few = 24;
const many = 72; // whole packs
/** Without valgrind the clock is asked, and small differences drown in it. */
const timedFew = 200;
const timedMany = 4200;

/** What one call costs on the real interpreter: in instructions where valgrind counts them, which is the same on every run, else in ns. */
export class InterpreterCost {
  readonly unit = has("valgrind") ? "instructions" : "ns";
  readonly #folder = mkdtempSync(join(tmpdir(), "dreihasen-cost-"));
  readonly #setup: string;

  private constructor(setup: string) {
    this.#setup = setup;
  }

  /** `contents` is TypeScript that stands in hil-tests/interpreters and leaves on `globalThis` what is to be called. */
  static async of(contents: string): Promise<InterpreterCost | string> {
    return espruinoPath() === null
      ? "ESPRUINO not set: it names the interpreter for Linux (hil-tests/README.md)"
      : new InterpreterCost(await boardBundle(contents, true));
  }

  /** Of the call alone: that of an empty function is taken off. */
  per(call: string): number {
    return this.#cost(call) - this.#cost("0");
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #cost(call: string): number {
    return this.unit === "instructions"
      ? (this.#instructions(call, many) - this.#instructions(call, few)) / (many - few)
      : (this.#nanoseconds(call, timedMany) - this.#nanoseconds(call, timedFew)) / (timedMany - timedFew);
  }

  #instructions(call: string, times: number): number {
    const count = ["--tool=callgrind", "--callgrind-out-file=/dev/null", espruinoPath() ?? ""];
    const { stderr } = this.#run("valgrind", count, `${loop(call, times)};print("done")`);
    return Number(/refs:\s+([\d,]+)/.exec(stderr)?.[1].replaceAll(",", ""));
  }

  #nanoseconds(call: string, times: number): number {
    const timed = `var t=getTime();${loop(call, times)};print("done",(getTime()-t)*1e9)`;
    return Number(/done ([\d.]+)/.exec(this.#run(espruinoPath() ?? "", [], timed).stdout)?.[1]);
  }

  #run(program: string, args: readonly string[], script: string) {
    const file = join(this.#folder, "cost.js");
    writeFileSync(file, `${this.#setup}\n${script}\n`);
    const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
    const run = spawnSync(program, [...args, file], { cwd: this.#folder, encoding: "latin1", stdio });
    if (!run.stdout.includes("done")) {
      throw new Error(
        `the interpreter did not come to the end of what was to be measured: ${run.stdout.slice(-300)}`,
      );
    }
    return run;
  }
}

function loop(call: string, times: number): string {
  return `function once(i){${call}}for(var i=0;i<${times};i++)once(i)`;
}
