/** The built `hasen` as a person starts it: a process of its own, with what it says and how it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** dist/hasen.mjs; `npm test` builds it before the tests run. */
export const program = fileURLToPath(new URL("../../dist/hasen.mjs", import.meta.url));

if (!existsSync(program)) {
  throw new Error("dist/hasen.mjs is not there: npm run build makes it");
}

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Standard error so far. */
  said(): string;
}

export interface Surroundings {
  /** Folder it is started in; relative names begin there. */
  readonly cwd?: string;
  /** Changes to the environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A command line to put before node, such as setpriv or unshare with their options. */
  readonly under?: readonly string[];
}

/** Starts `hasen` with these arguments. It does not outlive the test's process. */
export function startHasen(
  args: readonly string[],
  { cwd, env = {}, under = [] }: Surroundings = {},
): Running {
  const [command, ...rest] = [...under, process.execPath, program, ...args];
  const child = spawn(command, rest, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, LC_ALL: "C", NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const orphaned = () => child.kill("SIGKILL");
  process.once("exit", orphaned);
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      process.off("exit", orphaned);
      resolve({ code, stdout, stderr });
    });
  });
  return { child, ended, said: () => stderr };
}

/** Runs `hasen` to its end. */
export function hasen(args: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  return startHasen(args, surroundings).ended;
}

/** What no sentence for people may show: the system's error names, a stack, an object printed as such. */
export const unreadable =
  /\bE[A-Z]{4,}\b|\berrno\b|\bat .*[/\\]\S+:\d+:\d+|node:internal|\[object |undefined|BUG-001|\{[a-z]+\}/;
