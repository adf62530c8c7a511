import { type Fault, isFault } from "../../protocols/fault.ts";
import type { FilePort } from "./file-port.ts";

/** Damaged segments set aside for people to look at. They count against the spool's bytes and are the first to go. */
export class Quarantine {
  readonly #port: FilePort;
  readonly #folder: string;
  readonly #files: { path: string; bytes: number }[] = [];

  constructor(port: FilePort, folder: string) {
    this.#port = port;
    this.#folder = `${folder}/quarantine`;
    const names = port.list(this.#folder);
    for (const name of isFault(names) ? [] : [...names].sort()) {
      const path = `${this.#folder}/${name}`;
      this.#files.push({ path, bytes: sizeOf(port, path) });
    }
  }

  get bytes(): number {
    return this.#files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get files(): number {
    return this.#files.length;
  }

  /** Moves a file here under a name that tells why. */
  async setAside(path: string, reason: string): Promise<Fault | null> {
    const failure = this.#port.makeFolder(this.#folder);
    if (failure !== null) {
      return failure;
    }
    const base = `${this.#folder}/${path.slice(path.lastIndexOf("/") + 1)}.${reason}`;
    let target = base;
    for (let n = 2; this.#files.some((file) => file.path === target); n++) {
      target = `${base}.${n}`;
    }
    const bytes = sizeOf(this.#port, path);
    const moved = await this.#port.rename(path, target);
    if (moved === null) {
      this.#files.push({ path: target, bytes });
    }
    return moved;
  }

  /** Removes the file set aside first; false when there is none. */
  async removeOne(): Promise<boolean> {
    const oldest = this.#files.shift();
    if (oldest === undefined) {
      return false;
    }
    await this.#port.remove(oldest.path);
    return true;
  }
}

function sizeOf(port: FilePort, path: string): number {
  const file = port.open(path, false);
  if (isFault(file)) {
    return 0;
  }
  const size = file.size();
  file.close();
  return isFault(size) ? 0 : size;
}
