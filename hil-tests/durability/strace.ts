/** System calls that fail, or end the process, at the N-th time: strace between the gateway and its kernel. */
import { spawnSync } from "node:child_process";
import { programPath } from "../programs.ts";

export interface Injection {
  readonly call: string;
  /** Which one, counted from 1 within a thread. */
  readonly when: number;
  /** Killed on entering it, or the call is not made: it fails so, or claims to have done what it should. */
  readonly effect: "kill" | "EIO" | "ENOSPC" | "EROFS" | "lie";
  /** How many from there on fail; all where it is left out. A kill needs no more than one. */
  readonly times?: number;
}

/**
 * The start of a command line under which a program suffers this. The program stays the process that was started (-D); one thread
 * makes its file calls, so that they are counted in order.
 */
export function suffering({ call, when, effect, times = 1 }: Injection): string[] {
  const what = effect === "kill" ? "signal=SIGKILL" : effect === "lie" ? "retval=0" : `error=${effect}`;
  const range = effect === "kill" ? `${when}` : `${when}..${when + times - 1}`;
  return [
    "env",
    "UV_THREADPOOL_SIZE=1",
    programPath("strace") ?? "strace",
    "-D",
    "-f",
    "-qqq",
    "-o",
    "/dev/null",
    "-e",
    `trace=${call}`,
    "-e",
    `inject=${call}:${what}:when=${range}`,
  ];
}

/** Why this cannot be done here; null where it can. */
export function straceTrouble(): string | null {
  const strace = programPath("strace");
  if (strace === null) {
    return "no strace here";
  }
  const args = [
    "-D",
    "-f",
    "-qqq",
    "-o",
    "/dev/null",
    "-e",
    "trace=fsync",
    "-e",
    "inject=fsync:error=EIO:when=1..2",
  ];
  const run = spawnSync(strace, [...args, "true"], { stdio: "ignore", timeout: 20_000 });
  return run.status === 0 ? null : "ptrace is not allowed here";
}
