/** Who else waits for a message that is on its way to the disk: copies of its frame that came meanwhile. */
export class Copies {
  readonly #waiting = new Map<string, (() => void)[]>();

  /** `settled` is called when the message of this name (device and number) is settled. */
  join(name: string, settled: () => void): void {
    const copies = this.#waiting.get(name);
    if (copies === undefined) {
      this.#waiting.set(name, [settled]);
    } else {
      copies.push(settled);
    }
  }

  /** The message is on disk, or will never be. */
  settle(name: () => string): void {
    if (this.#waiting.size > 0) {
      const key = name();
      const copies = this.#waiting.get(key) ?? [];
      this.#waiting.delete(key);
      for (const settled of copies) {
        settled();
      }
    }
  }
}
