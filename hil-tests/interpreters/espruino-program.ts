import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The real interpreter for Linux, where `ESPRUINO` names it; null where not. */
export function espruinoPath(): string | null {
  const path = process.env["ESPRUINO"];
  return path !== undefined && path !== "" && existsSync(path) ? path : null;
}

/** The lane's name for a test runner's list: what to do to have it run. */
export const espruinoLane =
  espruinoPath() === null ? "on Espruino (skipped: ESPRUINO is not set)" : "on Espruino";

export interface EspruinoRun {
  /** What the script printed, line by line, without the interpreter's own greeting. */
  readonly lines: readonly string[];
  /** Whether it ended by itself. */
  readonly ended: boolean;
}

/**
 * Runs a script in a folder, where the interpreter keeps its flash (`espruino.flash`). It ends with its input; byte 04 would end it too.
 * What it prints has CR LF. An `input` that has ended is read as characters without end, which leave no room for those of serial ports: with
 * "pipe" nothing is typed, and nothing ends.
 */
export function runEspruino(
  folder: string,
  script: string,
  deadline = 30_000,
  input: "ignore" | "pipe" = "ignore",
): Promise<EspruinoRun> {
  const file = join(folder, "script.js");
  writeFileSync(file, script);
  return new Promise((resolve, reject) => {
    const child = spawn(espruinoPath() ?? "espruino", [file], {
      cwd: folder,
      stdio: [input, "pipe", "pipe"],
    });
    let text = "";
    child.stdout?.setEncoding("latin1").on("data", (more: string) => {
      text += more;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), deadline);
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ lines: printed(text), ended: code === 0 });
    });
  });
}

const greetingEnd = "http://espruino.com/Donate";

function printed(text: string): string[] {
  const lines = text.split(/\r?\n/);
  const end = lines.findIndex((line) => line.includes(greetingEnd));
  return lines
    .slice(end + 1)
    .map((line) => line.replace(/^>/, ""))
    .filter((line) => line !== "");
}
