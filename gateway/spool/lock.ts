import { readFileSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import type { FileLock, LockHolder } from "./file-port.ts";

/**
 * One process per folder. The lock is a symbolic link whose target names its holder: the kernel makes it whole or not at all, so
 * a power cut leaves no empty lock file behind. A holder is known by pid, boot and the process's start time, so that neither
 * SIGKILL, nor a restart of the machine, nor a pid used again keeps a dead process's lock alive. Processes in another pid
 * namespace (containers that share the folder) cannot see each other and are not kept apart.
 */
export function takeLock(path: string): FileLock | LockHolder {
  const mine = nameOf(process.pid);
  for (let tries = 0; tries < 8; tries++) {
    if (place(mine, path)) {
      return { release: () => releaseLock(path, mine) };
    }
    const theirs = holderAt(path);
    if (theirs === null) {
      continue;
    }
    const holder = parse(theirs);
    if (holder !== null && isAlive(holder)) {
      return { pid: holder.pid, since: holder.since };
    }
    clearStale(path, theirs, mine);
  }
  // Eight others were faster: somebody has it.
  return { pid: parse(holderAt(path) ?? "")?.pid ?? 0, since: Date.now() };
}

/** The living process that has a folder's lock; null where none has it, or nobody may look. Takes nothing. */
export function lockHolder(path: string): LockHolder | null {
  const holder = parse(holderAt(path) ?? "");
  return holder !== null && isAlive(holder) ? { pid: holder.pid, since: holder.since } : null;
}

interface Holder {
  readonly pid: number;
  /** Clock ticks after boot, /proc/<pid>/stat field 22. */
  readonly started: string;
  /** First digits of the boot's random id. */
  readonly boot: string;
  readonly since: number;
}

function place(target: string, path: string): boolean {
  try {
    symlinkSync(target, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      return false;
    }
    throw error;
  }
}

function holderAt(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // EINVAL: a plain file of that name, which is nobody's lock.
    return code === "EINVAL" ? "" : null;
  }
}

/** Moves a dead holder's lock away under a name of our own, so that of two who want it only one removes it. */
function clearStale(path: string, stale: string, mine: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    const moved = holderAt(aside);
    if (moved !== null && moved !== stale && moved !== mine) {
      // Between our look and our move another process took the lock over: give it back.
      place(moved, path);
    }
    unlinkSync(aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw error;
    }
  }
}

function releaseLock(path: string, mine: string): void {
  if (holderAt(path) === mine) {
    try {
      unlinkSync(path);
    } catch {
      // A lock that cannot be removed is a dead process's lock to the next start.
    }
  }
}

function nameOf(pid: number): string {
  return `${pid}.${startOf(pid) ?? "0"}.${bootId()}.${Date.now()}`;
}

function parse(name: string): Holder | null {
  const parts = /^(\d{1,10})\.(\d{1,20})\.([0-9a-f]{0,8})\.(\d{1,16})$/.exec(name);
  return parts === null
    ? null
    : { pid: Number(parts[1]), started: parts[2], boot: parts[3], since: Number(parts[4]) };
}

function isAlive(holder: Holder): boolean {
  return holder.boot === bootId() && startOf(holder.pid) === holder.started;
}

/** When a process began, in ticks after boot; null where it is not there, or is dead and only not yet buried (proc(5)). */
function startOf(pid: number): string | null {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === null) {
    return null;
  }
  // The second field is the program's name in parentheses, and may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? null : fields[19];
}

function bootId(): string {
  return (textOf("/proc/sys/kernel/random/boot_id") ?? "").slice(0, 8);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
