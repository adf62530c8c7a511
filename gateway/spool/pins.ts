import type { Ring } from "./ring.ts";
import type { Segment } from "./segment.ts";

/** Entries that must stay until somebody lets go of them, by offset. A pin holds its whole segment. */
export class Pins {
  readonly #ring: Ring;
  readonly #segmentsMax: number;
  readonly #counts = new Map<number, number>();

  /** At most `segmentsMax` segments are held at once. */
  constructor(ring: Ring, segmentsMax: number) {
    this.#ring = ring;
    this.#segmentsMax = segmentsMax;
  }

  /** Whether one more segment may be held: the next entry may begin one. */
  get mayPin(): boolean {
    return this.#held() < this.#segmentsMax;
  }

  pin(offset: number): boolean {
    const segment = this.#holding(offset);
    if (segment === null || (segment.pins === 0 && this.#held() >= this.#segmentsMax)) {
      return false;
    }
    segment.pins++;
    this.#counts.set(offset, (this.#counts.get(offset) ?? 0) + 1);
    return true;
  }

  unpin(offset: number): void {
    const count = this.#counts.get(offset) ?? 0;
    const segment = this.#holding(offset);
    if (count === 0 || segment === null) {
      return;
    }
    segment.pins--;
    if (count > 1) {
      this.#counts.set(offset, count - 1);
    } else {
      this.#counts.delete(offset);
    }
  }

  #held(): number {
    return this.#ring.segments.filter(({ pins }) => pins > 0).length;
  }

  #holding(offset: number): Segment | null {
    const index = this.#ring.indexOf(offset);
    return index >= 0 && offset < this.#ring.endOf(index) ? this.#ring.segments[index] : null;
  }
}
