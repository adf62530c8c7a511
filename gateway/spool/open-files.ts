import { type Fault, isFault } from "../../protocols/fault.ts";
import type { FilePort, SpoolFile } from "./file-port.ts";

/** Open files at once, at most: a ring may have more segments than a process may have files open. */
const openMax = 32;

/** Opens files when they are wanted and closes those not wanted for longest. */
export class OpenFiles {
  readonly #port: FilePort;
  readonly #open = new Map<string, SpoolFile>();
  /** Never closed to make room: a commit may be under way. */
  #kept: string | null = null;

  constructor(port: FilePort) {
    this.#port = port;
  }

  get(path: string): SpoolFile | Fault {
    const known = this.#open.get(path);
    if (known !== undefined) {
      return known;
    }
    const file = this.#port.open(path, false);
    if (!isFault(file)) {
      this.add(path, file);
    }
    return file;
  }

  add(path: string, file: SpoolFile): void {
    for (const oldest of this.#open.keys()) {
      if (this.#open.size < openMax) {
        break;
      }
      if (oldest !== this.#kept) {
        this.close(oldest);
      }
    }
    this.#open.set(path, file);
  }

  keep(path: string): void {
    this.#kept = path;
  }

  close(path: string): void {
    this.#open.get(path)?.close();
    this.#open.delete(path);
  }

  closeAll(): void {
    for (const path of [...this.#open.keys()]) {
      this.close(path);
    }
  }
}
