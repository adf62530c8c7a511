import type { EspruinoStorage } from "../../boards/platforms/espruino-globals.ts";

/**
 * Flash as the interpreter's `Storage` keeps it (jsflash.c, 2v29), for machines without the interpreter: a write at offset 0 erases a file
 * that is not empty or has another size, bytes only go from 1 to 0, and the power can be cut within each step.
 */
export class SimulatedFlash implements EspruinoStorage {
  readonly files = new Map<string, Uint8Array>();
  readonly #dice: () => number;
  #stepsLeft = Number.POSITIVE_INFINITY;
  /** After a cut nothing can be written; what tries it gets an error, as it does of a worn chip. */
  isOff = false;

  constructor(dice: () => number) {
    this.#dice = dice;
  }

  /** The power comes, and goes within the `steps`-th step from now on: an erasure, a file's creation, or the writing of its bytes. */
  powerOn(steps: number): void {
    this.isOff = false;
    this.#stepsLeft = steps;
  }

  readArrayBuffer(name: string): ArrayBuffer | undefined {
    return this.files.get(name)?.buffer as ArrayBuffer | undefined;
  }

  write(name: string, data: Uint8Array | string, offset: number, size: number): boolean {
    if (name.length > 28) {
      throw new Error("Filename too long");
    }
    const length = size === 0 ? data.length : size;
    const found = this.files.get(name);
    if (
      offset === 0 &&
      (found === undefined || found.length !== length || found.some((byte) => byte !== 255))
    ) {
      if (found !== undefined) {
        this.erase(name);
      }
      if (length === 0) {
        throw new Error("Can't create zero length file");
      }
      this.#step(() => this.files.set(name, new Uint8Array(length).fill(255)));
    }
    const file = this.files.get(name);
    if (file === undefined || offset + data.length > file.length) {
      throw new Error("Unable to find or create file");
    }
    if (file.subarray(offset, offset + data.length).some((byte) => byte !== 255)) {
      throw new Error("File already written with different data");
    }
    if (typeof data !== "string" && data.length > 0) {
      this.#step(
        () => file.set(data, offset),
        () => file.set(data.subarray(0, Math.floor(this.#dice() * data.length)), offset),
      );
    }
    return true;
  }

  erase(name: string): void {
    try {
      if (this.files.has(name)) {
        this.#step(() => this.files.delete(name));
      }
    } catch {
      // It says nothing of itself.
    }
  }

  getFree(): number {
    return [...this.files.values()].reduce((left, file) => left - file.length - 32, storageBytes);
  }

  #step(whole: () => void, torn?: () => void): void {
    if (this.isOff) {
      throw new Error("there is no power");
    }
    this.#stepsLeft--;
    if (this.#stepsLeft > 0) {
      whole();
      return;
    }
    this.isOff = true;
    if (torn !== undefined) {
      torn();
    } else if (this.#dice() < 0.5) {
      whole();
    }
    throw new Error("the power went away");
  }
}

/** Of a Puck.js. */
const storageBytes = 40_960;
