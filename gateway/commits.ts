/** Durations kept until somebody counts them: the first seconds' worth. */
const beforeMax = 10_000;

/** Hands each commit's duration to whoever counts them, also those from before somebody did. */
export class Commits {
  #listener: ((seconds: number) => void) | null = null;
  #before: number[] = [];

  add(milliseconds: number): void {
    const seconds = milliseconds / 1000;
    if (this.#listener !== null) {
      this.#listener(seconds);
    } else if (this.#before.length < beforeMax) {
      this.#before.push(seconds);
    }
  }

  listen(listener: (seconds: number) => void): void {
    this.#listener = listener;
    for (const seconds of this.#before.splice(0)) {
      listener(seconds);
    }
  }
}
