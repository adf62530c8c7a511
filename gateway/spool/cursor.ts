/** How far one reader of the spool has come, by name; it survives restarts. */
export class Cursor {
  readonly name: string;
  /** Entries that were recycled before this reader had passed them, ever. */
  drops: number;
  #position: number;
  readonly #moved: () => void;
  readonly #head: () => number;

  constructor(
    name: string,
    state: { position: number; drops: number },
    head: () => number,
    moved: () => void,
  ) {
    this.name = name;
    this.drops = state.drops;
    this.#position = state.position;
    this.#head = head;
    this.#moved = moved;
  }

  /** Offset of the next entry to deliver; all before it are delivered or counted in `drops`. */
  get position(): number {
    return this.#position;
  }

  /** Everything before `offset` is delivered. Never moves back, nor beyond what is durable. */
  advance(offset: number): void {
    const to = Math.min(offset, this.#head());
    if (to > this.#position) {
      this.#position = to;
      this.#moved();
    }
  }
}
