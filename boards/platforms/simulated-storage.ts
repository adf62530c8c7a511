import { type Fault, fault } from "../../protocols/fault.ts";
import type { Storage } from "../platform.ts";

/** The power went away in the middle of something. Whoever simulates a power cut catches it, and nobody else. */
export class PowerCut extends Error {}

/** Storage in memory that survives its device. It can be made to refuse, and the power can be cut within any write. */
export class SimulatedStorage implements Storage {
  /** Content by name, with room behind it: a test appends a hundred thousand times. */
  readonly #files = new Map<string, { room: Uint8Array; length: number }>();
  #writesLeft = Infinity;
  #dice: () => number;
  /** While set, every write is refused with it: a read-only or full storage. */
  refusal: Fault | null = null;
  /** Writes so far, refused ones not counted. */
  writes = 0;

  constructor(dice: () => number) {
    this.#dice = dice;
  }

  /** Cuts the power within the `count`-th write from now on (1: the next one): some of its first bytes arrive. */
  cutAtWrite(count: number): void {
    this.#writesLeft = count;
  }

  read(name: string): Uint8Array {
    const file = this.#files.get(name);
    return file === undefined ? new Uint8Array(0) : file.room.slice(0, file.length);
  }

  append(name: string, bytes: Uint8Array): Fault | null {
    if (this.refusal !== null) {
      return this.refusal;
    }
    const cut = this.#cuts();
    const arrived = cut ? bytes.subarray(0, Math.floor(this.#dice() * (bytes.length + 1))) : bytes;
    const file = this.#files.get(name) ?? { room: new Uint8Array(256), length: 0 };
    if (file.length + arrived.length > file.room.length) {
      const room = new Uint8Array(2 * (file.length + arrived.length));
      room.set(file.room);
      file.room = room;
    }
    file.room.set(arrived, file.length);
    file.length += arrived.length;
    this.#files.set(name, file);
    return this.#written(cut);
  }

  replace(name: string, bytes: Uint8Array): Fault | null {
    if (this.refusal !== null) {
      return this.refusal;
    }
    const cut = this.#cuts();
    if (!cut || this.#dice() < 0.5) {
      this.#put(name, bytes);
    }
    return this.#written(cut);
  }

  scratch(name: string, bytes: Uint8Array): void {
    this.#put(name, bytes);
  }

  /** Damages a file from outside, as a worn card does. */
  corrupt(name: string, change: (bytes: Uint8Array) => Uint8Array): void {
    this.#put(name, change(this.read(name)));
  }

  #put(name: string, bytes: Uint8Array): void {
    this.#files.set(name, { room: new Uint8Array(bytes), length: bytes.length });
  }

  #cuts(): boolean {
    this.writes++;
    this.#writesLeft--;
    return this.#writesLeft === 0;
  }

  #written(cut: boolean): null {
    if (cut) {
      this.#writesLeft = Infinity;
      throw new PowerCut("the power went away in a write");
    }
    return null;
  }
}

/** What a storage says that can only be read. */
export const readOnly: Fault = fault("storage", "the storage can only be read");
