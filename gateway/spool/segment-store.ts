import { type Fault, isFault } from "../../protocols/fault.ts";
import { pageBytes } from "./block.ts";
import type { FilePort, SpoolFile } from "./file-port.ts";
import type { OpenFiles } from "./open-files.ts";

/** A segment file whose content nobody needs. */
export interface Slot {
  readonly path: string;
  readonly bytes: number;
}

export const segmentNames = /^segment-(\d{6,9})\.log$/;

/** Segment files as files: made, kept unused, removed. */
export class SegmentStore {
  /** Zeros written for new files. */
  bytesWritten = 0;
  readonly #port: FilePort;
  readonly #files: OpenFiles;
  readonly #folder: string;
  readonly #spares: Slot[];
  /** Highest number in a file's name. */
  #numbers: number;

  constructor(
    port: FilePort,
    files: OpenFiles,
    state: { readonly folder: string; readonly spares: readonly Slot[]; readonly numbers: number },
  ) {
    this.#port = port;
    this.#files = files;
    this.#folder = state.folder;
    this.#spares = [...state.spares];
    this.#numbers = state.numbers;
  }

  /** Bytes of the files kept unused. */
  get spareBytes(): number {
    return this.#spares.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** An unused file, the one put back last. */
  take(): Slot | null {
    return this.#spares.pop() ?? null;
  }

  /** Puts a file back that has no content any more. */
  put({ path, bytes }: Slot): void {
    this.#spares.push({ path, bytes });
  }

  async remove({ path }: Slot): Promise<void> {
    this.#files.close(path);
    if ((await this.#port.remove(path)) === null) {
      await this.#port.syncFolder(this.#folder);
    }
  }

  /** A new file of zeros, whole on the medium, so that commits write into room that is there. */
  async create(bytes: number): Promise<Slot | Fault> {
    const path = `${this.#folder}/segment-${String(++this.#numbers).padStart(6, "0")}.log`;
    const file = this.#port.open(path, true);
    if (isFault(file)) {
      return file;
    }
    const failure = (await this.#fill(file, bytes)) ?? (await this.#port.syncFolder(this.#folder));
    if (failure !== null) {
      file.close();
      if ((await this.#port.remove(path)) === null) {
        // A number without a file would be taken for a file that is gone.
        this.#numbers--;
      }
      return failure;
    }
    this.#files.add(path, file);
    return { path, bytes };
  }

  async #fill(file: SpoolFile, bytes: number): Promise<Fault | null> {
    const zeros = new Uint8Array(Math.min(bytes, 64 * pageBytes));
    for (let at = 0; at < bytes; at += zeros.length) {
      const failure = await file.write(zeros.subarray(0, bytes - at), at);
      if (failure !== null) {
        return failure;
      }
    }
    this.bytesWritten += bytes;
    return file.datasync();
  }
}
