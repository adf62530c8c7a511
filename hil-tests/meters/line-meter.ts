import { noisy } from "./noise.ts";
import type { MeterAnswer, SimulatedMeter } from "./simulator.ts";

/** What a meter speaks on. `baud`: of these bytes alone, where the line can change its speed. */
export interface MeterLine {
  write(bytes: Uint8Array, baud?: number): void;
  onRequest: ((bytes: Uint8Array) => void) | null;
}

export interface LineMeterOptions {
  /** Between two telegrams that it sends by itself, ms. */
  readonly period: number;
  /** How much faster than real time the meter's own time passes. */
  readonly speed: number;
  /** Chance of a byte to be lost on the line, and its seed. */
  readonly noise: { readonly rate: number; readonly seed: number };
  /** Told what went out. */
  readonly onSent?: (bytes: Uint8Array) => void;
}

/** Between two steps of the meter's time where it waits to be asked, ms. */
const stepMax = 1000;

/** Lets a simulated meter speak on a line, in real time, until `end`. */
export class LineMeter {
  readonly #line: MeterLine;
  readonly #meter: SimulatedMeter;
  readonly #options: LineMeterOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #answers = new Set<NodeJS.Timeout>();
  #pieces = 0;
  #waited = 0;

  constructor(line: MeterLine, meter: SimulatedMeter, options: LineMeterOptions) {
    this.#line = line;
    this.#meter = meter;
    this.#options = options;
    line.onRequest = (bytes) => this.#hear(bytes);
    const step = Math.min(stepMax, options.period);
    this.#timer = setInterval(() => this.#step(step), step);
  }

  end(): void {
    clearInterval(this.#timer);
    for (const answer of this.#answers) {
      clearTimeout(answer);
    }
    this.#line.onRequest = null;
  }

  #step(ms: number): void {
    this.#meter.step(Math.round(ms * this.#options.speed));
    this.#waited += ms;
    if (this.#waited >= this.#options.period) {
      this.#waited = 0;
      const telegram = this.#meter.telegram();
      if (telegram !== null) {
        this.#send(telegram);
      }
    }
  }

  #hear(bytes: Uint8Array): void {
    let pause = 0;
    for (const answer of this.#meter.receive(bytes)) {
      pause += answer.pause;
      this.#later(answer, pause);
    }
  }

  #later({ bytes, baud }: MeterAnswer, pause: number): void {
    const timer = setTimeout(() => {
      this.#answers.delete(timer);
      this.#send(bytes, baud);
    }, pause);
    this.#answers.add(timer);
  }

  #send(bytes: Uint8Array, baud?: number): void {
    const { noise, onSent } = this.#options;
    const sent =
      noise.rate > 0
        ? noisy(bytes, { seed: noise.seed + this.#pieces, kind: "loss", rate: noise.rate })
        : bytes;
    this.#pieces++;
    this.#line.write(sent, baud);
    onSent?.(sent);
  }
}
