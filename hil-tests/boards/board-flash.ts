/**
 * A board's flash as its interpreter's `Storage` shows it (jsflash.c, 2v29): a write at offset 0 erases what is there, bits only go
 * from 1 to 0, space of erased files comes back by tidying up alone. The power can be cut within any step, leaving a word's part written.
 */
export class BoardFlash {
  readonly files = new Map<string, Uint8Array>();
  readonly #size: number;
  readonly #dice: () => number;
  #trash = 0;
  #stepsLeft = Number.POSITIVE_INFINITY;
  /** Steps that were made since the last powerOn. */
  steps = 0;
  /** Nothing can be written any more. */
  isOff = false;
  /** What a worn chip does: takes no more bytes. */
  isWorn = false;

  constructor(size: number, dice: () => number) {
    this.#size = size;
    this.#dice = dice;
  }

  /** The power comes, and goes within the `steps`-th step from now on; steps are erasures, new files, and words. */
  powerOn(steps = Number.POSITIVE_INFINITY): void {
    this.isOff = false;
    this.steps = 0;
    this.#stepsLeft = steps;
  }

  /** The object that `require("Storage")` gives. */
  storage() {
    return {
      read: (name: string, offset = 0, length = 0) => {
        const file = this.files.get(name);
        const end = length > 0 ? offset + length : undefined;
        return file === undefined ? undefined : String.fromCharCode(...file.subarray(offset, end));
      },
      write: (name: string, data: string, offset = 0, size = 0) => this.#write(name, data, offset, size),
      erase: (name: string) => this.#erase(name),
      getFree: () => this.#free(),
      getStats: () => ({ trashBytes: this.#trash }),
      compact: () => this.#step(() => this.#tidy()),
    };
  }

  #free(): number {
    const used = [...this.files.values()].reduce((sum, file) => sum + fileHead + aligned(file.length), 0);
    return this.#size - used - this.#trash - fileHead;
  }

  #tidy(): void {
    this.#trash = 0;
  }

  #write(name: string, data: string, offset: number, size: number): boolean {
    const length = size === 0 ? data.length : size;
    const found = this.files.get(name);
    const wrong = found !== undefined && (found.length !== length || found.some((byte) => byte !== 255));
    if (offset === 0 && (found === undefined || wrong)) {
      this.#create(name, length, wrong);
    }
    const file = this.files.get(name);
    if (file === undefined || offset + data.length > file.length || this.isWorn) {
      throw new Error("Unable to find or create file");
    }
    if (file.subarray(offset, offset + data.length).some((byte) => byte !== 255)) {
      throw new Error("File already written with different data");
    }
    for (let at = 0; at < data.length; at += 4) {
      this.#step(
        () => put(file, offset + at, data.slice(at, at + 4)),
        () => put(file, offset + at, data.slice(at, at + Math.floor(this.#dice() * 4))),
      );
    }
    return true;
  }

  #create(name: string, length: number, wrong: boolean): void {
    if (wrong) {
      this.#erase(name);
    }
    if (aligned(length) > this.#free()) {
      if (aligned(length) > this.#free() + this.#trash) {
        throw new Error("Unable to find or create file");
      }
      this.#step(() => this.#tidy()); // what no upload may bring about unasked
    }
    this.#step(() => this.files.set(name, new Uint8Array(length).fill(255)));
  }

  #erase(name: string): void {
    const file = this.files.get(name);
    if (file !== undefined) {
      this.#step(() => {
        this.files.delete(name);
        this.#trash += fileHead + aligned(file.length);
      });
    }
  }

  /** One step; where the power goes in it, it is made, not made, or made in part. */
  #step(whole: () => void, torn: () => void = () => (this.#dice() < 0.5 ? whole() : undefined)): void {
    if (this.isOff) {
      throw new Error("there is no power");
    }
    this.steps++;
    if (this.steps >= this.#stepsLeft) {
      this.isOff = true;
      torn();
      throw new Error("the power went away");
    }
    whole();
  }
}

const fileHead = 32;

function aligned(length: number): number {
  return (length + 3) & ~3;
}

function put(file: Uint8Array, offset: number, text: string): void {
  for (let i = 0; i < text.length; i++) {
    file[offset + i] = text.charCodeAt(i);
  }
}
