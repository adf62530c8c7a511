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
/** Empty files in place of segments that were removed on purpose: a number with neither is a file that is gone. */
const removedNames = /^segment-(\d{6,9})\.removed$/;

/** The numbers that names in a folder stand for. */
export interface FileNumbers {
  /** Highest of all; 0 where there is none. */
  readonly highest: number;
  /** Of files that were removed on purpose. */
  readonly removed: readonly number[];
  /** How many are missing: files that somebody or something took away. */
  readonly gone: number;
}

export function fileNumbers(names: readonly string[]): FileNumbers {
  const numbersOf = (pattern: RegExp): number[] =>
    names.flatMap((name) => {
      const number = Number(pattern.exec(name)?.[1] ?? 0);
      return number > 0 ? [number] : [];
    });
  const there = numbersOf(segmentNames);
  const removed = numbersOf(removedNames).filter((number) => !there.includes(number));
  const highest = Math.max(0, ...there, ...removed);
  return { highest, removed, gone: highest - there.length - removed.length };
}

/** Segment files as files: made, kept unused, removed. */
export class SegmentStore {
  /** Zeros written for new files. */
  bytesWritten = 0;
  readonly #port: FilePort;
  readonly #files: OpenFiles;
  readonly #folder: string;
  readonly #spares: Slot[];
  /** Highest number in a file's name. */
  #highest: number;
  /** Numbers of files that were removed on purpose. */
  readonly #removed: Set<number>;

  constructor(
    port: FilePort,
    files: OpenFiles,
    state: { readonly folder: string; readonly spares: readonly Slot[]; readonly numbers: FileNumbers },
  ) {
    this.#port = port;
    this.#files = files;
    this.#folder = state.folder;
    this.#spares = [...state.spares];
    this.#highest = state.numbers.highest;
    this.#removed = new Set(state.numbers.removed);
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

  /**
   * Removes a file for good and leaves word of it, so that nobody takes it for lost. Where the folder cannot be synced it may be there
   * again after a power cut, with nothing in it that anybody waits for.
   */
  async remove({ path }: Slot): Promise<Fault | null> {
    this.#files.close(path);
    const failure = this.#leaveWord(numberOf(path)) ?? (await this.#port.remove(path));
    if (failure === null) {
      await this.#port.syncFolder(this.#folder);
    }
    return failure;
  }

  /** A new file of zeros, whole on the medium, so that commits write into room that is there. */
  async create(bytes: number): Promise<Slot | Fault> {
    const [again] = this.#removed;
    const number = again ?? this.#highest + 1;
    const path = this.#pathOf(number, "log");
    const file = this.#port.open(path, true);
    if (isFault(file)) {
      return file;
    }
    this.#highest = Math.max(this.#highest, number);
    const failure = (await this.#fill(file, bytes)) ?? (await this.#port.syncFolder(this.#folder));
    if (failure !== null) {
      file.close();
      if ((await this.#port.remove(path)) === null && again === undefined) {
        // A number without a file would be taken for a file that is gone.
        this.#highest--;
      }
      return failure;
    }
    if (again !== undefined) {
      this.#removed.delete(again);
      await this.#port.remove(this.#pathOf(again, "removed"));
    }
    this.#files.add(path, file);
    return { path, bytes };
  }

  #leaveWord(number: number): Fault | null {
    const path = this.#pathOf(number, "removed");
    const made = this.#port.open(path, true);
    // It may stand there from an earlier time.
    const word = isFault(made) ? this.#port.open(path, false) : made;
    if (isFault(word)) {
      return word;
    }
    word.close();
    this.#removed.add(number);
    return null;
  }

  #pathOf(number: number, ending: "log" | "removed"): string {
    return `${this.#folder}/segment-${String(number).padStart(6, "0")}.${ending}`;
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

function numberOf(path: string): number {
  return Number(segmentNames.exec(path.slice(path.lastIndexOf("/") + 1))?.[1] ?? 0);
}
