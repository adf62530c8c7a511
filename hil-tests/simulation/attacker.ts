/** Somebody who hears everything and has no key: sends again what was sent, changed or not, and makes up frames. */

/** Frames remembered. */
const overheardMax = 64;

export class Attacker {
  readonly #dice: () => number;
  readonly #kids: readonly number[];
  readonly #overheard: Uint8Array[] = [];

  constructor(dice: () => number, kids: readonly number[]) {
    this.#dice = dice;
    this.#kids = kids;
  }

  overhear(frame: Uint8Array): void {
    if (this.#overheard.length < overheardMax) {
      this.#overheard.push(frame);
    } else if (this.#dice() < 0.2) {
      this.#overheard[Math.floor(this.#dice() * overheardMax)] = frame;
    }
  }

  /** The next attempt; null while nothing was heard that could be used. */
  frame(): Uint8Array | null {
    const dice = this.#dice;
    const known = this.#overheard[Math.floor(dice() * this.#overheard.length)];
    if (known === undefined) {
      return null;
    }
    const style = dice();
    if (style < 0.4) {
      return known;
    }
    const forged = known.slice();
    if (style < 0.7) {
      forged[Math.floor(dice() * forged.length)] ^= 1 << Math.floor(dice() * 8);
    } else if (style < 0.9) {
      // The next numbers of a device, which it has not used yet.
      const kid = this.#kids[Math.floor(dice() * this.#kids.length)];
      forged[1] = kid >> 8;
      forged[2] = kid & 255;
      forged[4] += 1 + Math.floor(dice() * 3);
    } else {
      forged.forEach((_, i) => {
        forged[i] = Math.floor(dice() * 256);
      });
    }
    return forged;
  }
}
