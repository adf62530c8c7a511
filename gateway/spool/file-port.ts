import { type Fault, type FaultCode, fault, isFault } from "../../protocols/fault.ts";

/**
 * What the spool asks of a disk, and all it asks: the real one is node-files.ts, the one that loses, tears and fails on demand
 * is simulated-disk.ts. Paths are absolute, folders are parted by "/". Nothing here throws: a call that fails gives a Fault,
 * `full` where room is short (ENOSPC, EDQUOT), `storage` for everything else.
 *
 * Calls that reach the medium are asynchronous; what the page cache answers is synchronous.
 */
export interface FilePort {
  /** Names in a folder, in no order. An absent folder is a Fault. */
  list(folder: string): readonly string[] | Fault;
  /** Makes a folder that only its owner may enter, and those above it; one that is there is left alone. */
  makeFolder(folder: string): Fault | null;
  /** Opens for reading and writing; `create` makes an empty file (mode 0600) where none is, and refuses one that is there. */
  open(path: string, create: boolean): SpoolFile | Fault;
  rename(from: string, to: string): Promise<Fault | null>;
  remove(path: string): Promise<Fault | null>;
  /** Makes the folder's entries durable: files created, renamed and removed in it. */
  syncFolder(folder: string): Promise<Fault | null>;
  /** Takes a lock that ends with this process, however it ends. */
  lock(path: string): FileLock | LockHolder | Fault;
}

/** An open file. A short transfer is finished inside the port: a write is whole or a Fault. */
export interface SpoolFile {
  size(): number | Fault;
  /** Fills `target` from `position` on; gives the bytes read, fewer at the end of the file. */
  read(target: Uint8Array, position: number): number | Fault;
  write(bytes: Uint8Array, position: number): Promise<Fault | null>;
  /** fdatasync: what was written, and the length it needs to be read back, is on the medium. */
  datasync(): Promise<Fault | null>;
  close(): void;
}

export interface FileLock {
  release(): void;
}

/** The process that has the lock. */
export interface LockHolder {
  readonly pid: number;
  /** Unix ms at which it took the lock. */
  readonly since: number;
}

/** The Fault of a failed system call, from its errno name (ENOSPC, EIO...) and what it was about. */
export function diskFault(errno: string, what: string): Fault {
  const code: FaultCode = errno === "ENOSPC" || errno === "EDQUOT" ? "full" : "storage";
  return fault(code, `${what}: ${says[errno] ?? "the disk failed"}`);
}

/** Whether the Fault means that this user has no right to the file. */
export function isForbidden({ detail }: Fault): boolean {
  return detail.endsWith(forbidden);
}

const forbidden = "this user may not use it";
/** The system's error names, for people. */
const says: Readonly<Record<string, string>> = {
  EACCES: forbidden,
  EPERM: forbidden,
  ENOSPC: "no room is left on the disk; “df -h” shows who uses it",
  EDQUOT: "this user's share of the disk is used up",
  EROFS: "the disk can only be read; it is mounted so, or it protects itself because it has failed",
  EIO: "the disk failed to read or write; “dmesg | tail” shows what the system noticed",
  ENOENT: "it is not there",
  EEXIST: "it is there already",
  ENOTDIR: "a file is in the place of its folder",
  EISDIR: "a folder is in its place",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
};

/** Reads, and asks again a few times where the disk refuses: what is given up as unreadable may be given up for good. */
export function readPatiently(file: SpoolFile, target: Uint8Array, position: number): number | Fault {
  let got = file.read(target, position);
  for (let tries = 1; isFault(got) && tries < readTriesMax; tries++) {
    got = file.read(target, position);
  }
  return got;
}

const readTriesMax = 3;
