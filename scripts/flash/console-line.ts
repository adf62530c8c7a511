import { realTimers, type Timers } from "../../boards/platforms/timers.ts";

/** A line to a board's console: a serial port, or what a test puts in its place. */
export interface Wire {
  /** Bytes as characters. */
  write(text: string): void;
  /** Whom to give what comes. */
  onText(take: (text: string) => void): void;
  /** After the board started anew: a port on USB goes away and comes back. Rejects with the problem where it does not. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** Characters that are kept of what a board says unasked. */
const heardMax = 65536;

/** What a board says, kept until somebody takes it. */
export class ConsoleLine {
  heard = "";
  readonly #wire: Wire;
  readonly #timers: Timers;
  #wake: () => void = () => {};
  #listener: ((text: string) => void) | null = null;

  constructor(wire: Wire, timers: Timers = realTimers) {
    this.#wire = wire;
    this.#timers = timers;
    wire.onText((text) => {
      this.heard = (this.heard + text).slice(-heardMax);
      this.#listener?.(text);
      this.#wake();
    });
  }

  write(text: string): void {
    this.#wire.write(text);
  }

  /** Forgets what was heard so far. */
  forget(): void {
    this.heard = "";
  }

  /** Also gives what comes to somebody who only listens; null ends it. */
  listen(listener: ((text: string) => void) | null): void {
    this.#listener = listener;
  }

  /** Waits until `find` finds something in what was heard; null where it has not by then, ms. */
  async until<T>(find: (heard: string) => T | null, patience: number): Promise<T | null> {
    const end = this.monotonic() + patience;
    for (;;) {
      const found = find(this.heard);
      const left = end - this.monotonic();
      if (found !== null || left <= 0) {
        return found;
      }
      await this.#more(left);
    }
  }

  /** ms that never run backwards. */
  monotonic(): number {
    return this.#timers.monotonic();
  }

  reopen(): Promise<void> {
    this.forget();
    return this.#wire.reopen();
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  #more(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const forget = this.#timers.after(patience, resolve);
      this.#wake = () => {
        forget();
        resolve();
      };
    });
  }
}
