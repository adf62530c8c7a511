import type { Pulse } from "../platform.ts";
import type { Timers } from "./timers.ts";

/** A contact against ground at an input with debouncing, as a board has it: who simulates the meter opens and closes it. */
export class SimulatedContact implements Pulse {
  readonly #timers: Timers;
  #debounce = 0;
  #onPulse: ((time: number) => void) | null = null;
  #closed = false;
  #settle = (): void => {};

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  open(debounce: number, onPulse: (time: number) => void): void {
    this.#debounce = debounce;
    this.#onPulse = onPulse;
  }

  close(): void {
    this.#settle();
    this.#onPulse = null;
  }

  /** The contact's state now. A closed one that stays closed for the debouncing time is a pulse. */
  set(closed: boolean): void {
    this.#settle();
    this.#settle = this.#timers.after(this.#debounce, () => this.#settled(closed));
  }

  #settled(closed: boolean): void {
    const pulse = closed && !this.#closed;
    this.#closed = closed;
    if (pulse) {
      this.#onPulse?.(this.#timers.monotonic());
    }
  }
}
