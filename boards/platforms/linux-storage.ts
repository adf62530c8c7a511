import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { type Fault, fault, isFault } from "../../protocols/fault.ts";
import type { Storage } from "../platform.ts";

/**
 * A folder as a device's storage. A file is on disk (fdatasync of the file, fsync of the folder where its list changed) before
 * a call returns. Files are for their owner alone.
 */
export class LinuxStorage implements Storage {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  read(name: string): Uint8Array | Fault {
    try {
      return new Uint8Array(readFileSync(join(this.folder, name)));
    } catch (error) {
      return codeOf(error) === "ENOENT" ? new Uint8Array(0) : this.#fault(name, error);
    }
  }

  append(name: string, bytes: Uint8Array): Fault | null {
    const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY;
    return this.#within(name, flags, (file) => {
      const { size } = fstatSync(file);
      try {
        writeAll(file, bytes);
        fdatasyncSync(file);
      } catch (error) {
        ftruncateSync(file, size); // a disk that fills up takes half a record
        throw error;
      }
      if (size === 0) {
        this.#syncFolder();
      }
    });
  }

  replace(name: string, bytes: Uint8Array): Fault | null {
    const fresh = `${name}.new`;
    const flags = constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY;
    const written = this.#within(fresh, flags, (file) => {
      writeAll(file, bytes);
      fdatasyncSync(file);
    });
    if (isFault(written)) {
      return written;
    }
    try {
      renameSync(join(this.folder, fresh), join(this.folder, name));
      this.#syncFolder();
      return null;
    } catch (error) {
      return this.#fault(name, error);
    }
  }

  scratch(name: string, bytes: Uint8Array): void {
    // A disk that refuses this refuses the durable record as well, and that is told.
    this.#within(name, constants.O_CREAT | constants.O_WRONLY, (file) => writeAll(file, bytes));
  }

  #within(name: string, flags: number, work: (file: number) => void): Fault | null {
    let file = -1;
    try {
      file = openSync(join(this.folder, name), flags, 0o600);
      work(file);
      return null;
    } catch (error) {
      return this.#fault(name, error);
    } finally {
      if (file >= 0) {
        closeSync(file);
      }
    }
  }

  #syncFolder(): void {
    const folder = openSync(this.folder, constants.O_RDONLY);
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }

  #fault(name: string, error: unknown): Fault {
    const why = reasons[codeOf(error)] ?? "the system refused it";
    return fault("storage", `${join(this.folder, name)}: ${why}`);
  }
}

/** Holds a storage folder for one process; another one that has it is a Fault. */
export interface StorageHold {
  readonly storage: LinuxStorage;
  release(): void;
}

/**
 * Opens the folder, made where it does not exist. Two devices on one folder would begin the same epoch, so it is held by an
 * abstract socket named for the folder's inode: the kernel lets go of it with the process, however that ends.
 */
export function holdStorage(folder: string): Promise<StorageHold | Fault> {
  let name: string;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { dev, ino } = statSync(folder);
    name = `\0dreihasen-device-${dev}-${ino}`;
  } catch (error) {
    const why = reasons[codeOf(error)] ?? "the system refused it";
    return Promise.resolve(fault("storage", `${folder}: ${why}`));
  }
  return new Promise((resolve) => {
    const server: Server = createServer((socket) => socket.destroy());
    server.once("error", () =>
      resolve(fault("storage", `${folder}: another device on this machine uses it`)),
    );
    server.listen(name, () => {
      server.unref();
      resolve({ storage: new LinuxStorage(folder), release: () => void server.close() });
    });
  });
}

function writeAll(file: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    at += writeSync(file, bytes, at);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "this user may not use it",
  EPERM: "this user may not use it",
  EROFS: "it can only be read; is the card worn out?",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EIO: "the disk failed",
  ENOTDIR: "a part of this path is a file",
  EISDIR: "it is a folder",
};
