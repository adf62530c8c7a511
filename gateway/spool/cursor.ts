/** How far one reader of the spool has come, by name; it survives restarts. */
export class Cursor {
  readonly name: string;
  /** Entries that were recycled before this reader had passed them, ever. */
  drops: number;
  /** So many that were passed and stand in no checkpoint have one made at once, not only with the next second. */
  saveAt = Number.POSITIVE_INFINITY;
  /** Called when a checkpoint was made, or could not be. */
  whenSaved: () => void = () => {};
  #position: number;
  /** All that was passed since the start; of it, what the newest checkpoint holds, and the newest that is on disk. */
  #passed = 0;
  #saving = 0;
  #saved = 0;
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

  /** What comes again after a kill: it was passed, as the reader counts it, and stands in no checkpoint yet. */
  get unsaved(): number {
    return this.#passed - this.#saved;
  }

  /** Whether so much was passed since the last checkpoint began that another is wanted at once. */
  get due(): boolean {
    return this.#passed - this.#saving >= this.saveAt;
  }

  /**
   * Everything before `offset` is delivered. Never moves back, nor beyond what is durable. `passed` is how much that was, with what is
   * delivered ahead of this cursor and stands in another.
   */
  advance(offset: number, passed = 0): void {
    this.#passed += passed;
    const to = Math.min(offset, this.#head());
    if (to > this.#position || passed > 0) {
      this.#position = Math.max(to, this.#position);
      this.#moved();
    }
  }

  /** A checkpoint begins: it holds what is passed by now. */
  saving(): void {
    this.#saving = this.#passed;
  }

  /** It was made, or could not be: the disk's failure is told elsewhere, and holds no delivery up. */
  saved(): void {
    this.#saved = this.#saving;
  }
}
