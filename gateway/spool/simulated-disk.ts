import type { Fault } from "../../protocols/fault.ts";
import { diskFault, type FileLock, type FilePort, type LockHolder, type SpoolFile } from "./file-port.ts";

/**
 * A disk in memory that does what real ones do at the worst moment: it forgets what was not synced, keeps some sectors of a
 * write and not others, and fails any call. Everything it does follows from a seed. Used by tests and simulations.
 */

/** What a power cut keeps or loses as a whole. */
const sectorBytes = 512;

export type DiskOperation =
  | "open"
  | "create"
  | "read"
  | "write"
  | "datasync"
  | "rename"
  | "remove"
  | "syncFolder"
  | "lock";

export interface DiskCall {
  readonly operation: DiskOperation;
  readonly path: string;
  /** Counted from 0. */
  readonly index: number;
}

/** What a call fails with; "SHORT" writes a part and then finds no room. */
export type DiskFailure = "EIO" | "ENOSPC" | "EROFS" | "SHORT";

interface Pending {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** One file: as the page cache shows it, as it is on the medium, and what lies between. */
interface Inode {
  /** The medium's own array until something is written. */
  cache: Uint8Array;
  /** Never written into: images of a crash share it. */
  medium: Uint8Array;
  pending: Pending[];
}

type NameChange =
  | { readonly kind: "set"; readonly path: string; readonly inode: Inode; readonly from: string | null }
  | { readonly kind: "remove"; readonly path: string };

export class SimulatedDisk implements FilePort {
  /** Decides for each call whether it fails. */
  failing: (call: DiskCall) => DiskFailure | null = () => null;
  /** Called when a call begins to act and when it has acted: the moments at which a power cut makes a difference. */
  watch: () => void = () => {};
  calls = 0;
  readonly #random: () => number;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #changes: NameChange[] = [];
  readonly #locks = new Set<string>();

  constructor(random: () => number) {
    this.#random = random;
  }

  /** The disk after a power cut now: synced data is there, of the rest some sectors and some names. */
  crash(random: () => number): SimulatedDisk {
    const after = new SimulatedDisk(random);
    const names = new Map(this.#durableNames);
    const kept = Math.floor(random() * (this.#changes.length + 1));
    for (const change of this.#changes.slice(0, kept)) {
      applyChange(names, change);
    }
    const style = random();
    for (const [path, inode] of names) {
      let medium = inode.pending.length > 0 ? inode.medium.slice() : inode.medium;
      for (const write of inode.pending) {
        medium = land(medium, write, () => (style < 0.2 ? true : style < 0.4 ? false : random() < style));
      }
      after.#settle(path, medium);
    }
    return after;
  }

  /** The disk after the process was killed now: the page cache lives on, unsynced. */
  kill(): SimulatedDisk {
    const after = new SimulatedDisk(this.#random);
    const copies = new Map<Inode, Inode>();
    const copy = (inode: Inode): Inode => {
      const known = copies.get(inode) ?? {
        cache: inode.cache.slice(),
        medium: inode.medium.slice(),
        pending: [...inode.pending],
      };
      copies.set(inode, known);
      return known;
    };
    after.#names = new Map([...this.#names].map(([path, inode]) => [path, copy(inode)]));
    after.#durableNames = new Map([...this.#durableNames].map(([path, inode]) => [path, copy(inode)]));
    after.#changes = this.#changes.map((change) =>
      change.kind === "set" ? { ...change, inode: copy(change.inode) } : change,
    );
    return after;
  }

  get paths(): readonly string[] {
    return [...this.#names.keys()].sort();
  }

  /** A file's bytes as a reader sees them. */
  bytesOf(path: string): Uint8Array | null {
    return this.#names.get(path)?.cache ?? null;
  }

  /** Puts bytes on the medium, as damage or a person would. */
  replace(path: string, bytes: Uint8Array): void {
    this.#settle(path, bytes.slice());
  }

  /** Takes a file away, as a person would. */
  vanish(path: string): void {
    this.#names.delete(path);
    this.#durableNames.delete(path);
  }

  list(folder: string): readonly string[] {
    const prefix = `${folder}/`;
    const below = [...this.#names.keys()].filter((path) => path.startsWith(prefix));
    return [...new Set(below.map((path) => path.slice(prefix.length).split("/")[0]))];
  }

  makeFolder(): Fault | null {
    return null;
  }

  open(path: string, create: boolean): SpoolFile | Fault {
    const failure = this.#call(create ? "create" : "open", path);
    if (failure !== null) {
      return diskFault(failure, path);
    }
    const known = this.#names.get(path);
    if ((known !== undefined) === create) {
      return diskFault(create ? "EEXIST" : "ENOENT", path);
    }
    const inode = known ?? { cache: new Uint8Array(0), medium: new Uint8Array(0), pending: [] };
    if (create) {
      this.#change({ kind: "set", path, inode, from: null });
    }
    return this.#handle(path, inode);
  }

  async rename(from: string, to: string): Promise<Fault | null> {
    const failure = this.#call("rename", from);
    const inode = this.#names.get(from);
    if (failure !== null || inode === undefined) {
      return diskFault(failure ?? "ENOENT", from);
    }
    this.#change({ kind: "set", path: to, inode, from });
    this.watch();
    return null;
  }

  async remove(path: string): Promise<Fault | null> {
    const failure = this.#call("remove", path);
    if (failure !== null || !this.#names.has(path)) {
      return diskFault(failure ?? "ENOENT", path);
    }
    this.#change({ kind: "remove", path });
    this.watch();
    return null;
  }

  async syncFolder(folder: string): Promise<Fault | null> {
    const failure = this.#call("syncFolder", folder);
    if (failure !== null) {
      return diskFault(failure, folder);
    }
    for (const change of this.#changes) {
      applyChange(this.#durableNames, change);
    }
    this.#changes = [];
    this.watch();
    return null;
  }

  lock(path: string): FileLock | LockHolder | Fault {
    const failure = this.#call("lock", path);
    if (failure !== null) {
      return diskFault(failure, path);
    }
    if (this.#locks.has(path)) {
      return { pid: 1, since: 0 };
    }
    this.#locks.add(path);
    return { release: () => this.#locks.delete(path) };
  }

  #handle(path: string, inode: Inode): SpoolFile {
    return {
      size: () => inode.cache.length,
      read: (target, position) => {
        const failure = this.#call("read", path);
        if (failure !== null) {
          return diskFault(failure, path);
        }
        const there = inode.cache.subarray(position, position + target.length);
        target.set(there);
        return there.length;
      },
      write: async (bytes, position) => {
        const failure = this.#call("write", path);
        if (failure === null || failure === "SHORT" || failure === "EIO") {
          const part =
            failure === null ? bytes : bytes.subarray(0, Math.floor(this.#random() * bytes.length));
          const write = { position, bytes: part.slice() };
          const cache = inode.cache === inode.medium ? inode.medium.slice() : inode.cache;
          inode.cache = land(cache, write, () => true);
          inode.pending.push(write);
        }
        this.watch();
        return failure === null ? null : diskFault(failure === "SHORT" ? "ENOSPC" : failure, path);
      },
      datasync: async () => {
        const failure = this.#call("datasync", path);
        inode.medium = inode.pending.length > 0 ? inode.medium.slice() : inode.medium;
        for (const write of inode.pending) {
          // After a failed sync the pages count as clean: what did not reach the medium by now never will.
          inode.medium = land(inode.medium, write, () => failure === null || this.#random() < 0.5);
        }
        inode.pending = [];
        this.watch();
        return failure === null ? null : diskFault(failure, path);
      },
      close: () => {},
    };
  }

  #call(operation: DiskOperation, path: string): DiskFailure | null {
    if (operation !== "read" && operation !== "open") {
      this.watch();
    }
    return this.failing({ operation, path, index: this.calls++ });
  }

  #change(change: NameChange): void {
    applyChange(this.#names, change);
    this.#changes.push(change);
  }

  #settle(path: string, bytes: Uint8Array): void {
    const inode = { cache: bytes, medium: bytes, pending: [] };
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }
}

function applyChange(names: Map<string, Inode>, change: NameChange): void {
  if (change.kind === "remove") {
    names.delete(change.path);
    return;
  }
  names.set(change.path, change.inode);
  if (change.from !== null) {
    names.delete(change.from);
  }
}

/** Those sectors of a write that `keeps` says; the file grows as far as they reach. */
function land(bytes: Uint8Array, write: Pending, keeps: () => boolean): Uint8Array {
  let result = bytes;
  let at = write.position;
  const end = write.position + write.bytes.length;
  while (at < end) {
    const to = Math.min(end, (Math.floor(at / sectorBytes) + 1) * sectorBytes);
    if (keeps()) {
      if (to > result.length) {
        const grown = new Uint8Array(end);
        grown.set(result);
        result = grown;
      }
      result.set(write.bytes.subarray(at - write.position, to - write.position), at);
    }
    at = to;
  }
  return result;
}

/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };
}
