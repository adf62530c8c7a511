import {
  closeSync,
  fdatasync,
  fstatSync,
  mkdirSync,
  openSync,
  promises,
  readdirSync,
  readSync,
  write,
} from "node:fs";
import { type Fault, isFault } from "../../protocols/fault.ts";
import { syncFolder } from "../durable-file.ts";
import { diskFault, type FilePort, type SpoolFile } from "./file-port.ts";
import { takeLock } from "./lock.ts";

/** The file port on a real disk. Files are 0600, folders 0700, whatever the umask. */
export const nodeFiles: FilePort = {
  list: (folder) => attempt(folder, () => readdirSync(folder)),
  makeFolder: (folder) => failure(attempt(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }))),
  open: (path, create) =>
    attempt(path, () => new NodeFile(path, openSync(path, create ? "wx+" : "r+", 0o600))),
  rename: (from, to) => settle(from, promises.rename(from, to)),
  remove: (path) => settle(path, promises.unlink(path)),
  syncFolder: (folder) => settle(folder, syncFolder(folder)),
  lock: (path) => attempt(path, () => takeLock(path)),
};

/** The same for somebody who only looks: files are opened for reading, and everything that would change one is refused. */
export const readOnlyFiles: FilePort = {
  list: nodeFiles.list,
  makeFolder: (folder) => diskFault("EROFS", folder),
  open: (path, create) =>
    create ? diskFault("EROFS", path) : attempt(path, () => new NodeFile(path, openSync(path, "r"))),
  rename: async (from) => diskFault("EROFS", from),
  remove: async (path) => diskFault("EROFS", path),
  syncFolder: async (folder) => diskFault("EROFS", folder),
  lock: (path) => diskFault("EROFS", path),
};

class NodeFile implements SpoolFile {
  readonly #path: string;
  readonly #handle: number;

  constructor(path: string, handle: number) {
    this.#path = path;
    this.#handle = handle;
  }

  size(): number | Fault {
    return attempt(this.#path, () => fstatSync(this.#handle).size);
  }

  read(target: Uint8Array, position: number): number | Fault {
    let done = 0;
    while (done < target.length) {
      const got = attempt(this.#path, () =>
        readSync(this.#handle, target, done, target.length - done, position + done),
      );
      if (isFault(got)) {
        return got;
      }
      if (got === 0) {
        break;
      }
      done += got;
    }
    return done;
  }

  write(bytes: Uint8Array, position: number): Promise<Fault | null> {
    return new Promise((resolve) => {
      const rest = (from: number): void => {
        write(this.#handle, bytes, from, bytes.length - from, position + from, (error, written) => {
          if (error !== null) {
            resolve(faultOf(error, this.#path));
          } else if (written === 0) {
            resolve(diskFault("EIO", `${this.#path}: wrote ${from} of ${bytes.length} bytes`));
          } else if (from + written < bytes.length) {
            rest(from + written);
          } else {
            resolve(null);
          }
        });
      };
      rest(0);
    });
  }

  datasync(): Promise<Fault | null> {
    return new Promise((resolve) => {
      fdatasync(this.#handle, (error) => resolve(error === null ? null : faultOf(error, this.#path)));
    });
  }

  close(): void {
    attempt(this.#path, () => closeSync(this.#handle));
  }
}

function attempt<T>(path: string, call: () => T): T | Fault {
  try {
    return call();
  } catch (error) {
    return faultOf(error, path);
  }
}

async function settle(path: string, call: Promise<unknown>): Promise<Fault | null> {
  try {
    await call;
    return null;
  } catch (error) {
    return faultOf(error, path);
  }
}

function failure(result: unknown): Fault | null {
  return isFault(result) ? result : null;
}

function faultOf(error: unknown, path: string): Fault {
  const errno = (error as NodeJS.ErrnoException).code ?? String(error);
  return diskFault(errno, path);
}
