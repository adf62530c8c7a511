/** A simulated platform: takes batches, confirms late, fails before or after it has taken one, says nothing, and refuses some for ever. */
import type { VirtualTime } from "../../boards/platforms/timers.ts";
import type { Delivery, Sink, SinkBatch } from "../../gateway/sink.ts";
import type { Truth } from "./truth.ts";
import type { CityWeather } from "./weather.ts";

export interface CityOptions {
  readonly index: number;
  readonly time: VirtualTime;
  readonly truth: Truth;
  readonly dice: () => number;
  readonly weather: () => CityWeather;
}

export class City {
  readonly name: string;
  readonly window: number;
  readonly #options: CityOptions;
  readonly #recordsMax: number;
  /** One message in so many is never taken; 0 for none. */
  readonly #poison: number;
  /** Answers nobody has given yet. */
  #hanging: (() => void)[] = [];

  constructor(options: CityOptions) {
    const { index, dice } = options;
    this.#options = options;
    this.name = `city-${index}`;
    this.window = 1 + Math.floor(dice() * 4);
    this.#recordsMax = 1 + Math.floor(dice() * 40);
    this.#poison = dice() < 0.4 ? 25 : 0;
  }

  /** What one life of a gateway speaks to. */
  connect(): Sink {
    return {
      name: this.name,
      recordsMax: this.#recordsMax,
      window: this.window,
      start: async () => {},
      stop: async () => {},
      state: () => ({ connected: true, trouble: null }),
      send: (batch) => new Promise((answer) => this.#take(batch, answer)),
    };
  }

  /** What hung so far fails: connections were closed. */
  heal(): void {
    for (const fail of this.#hanging.splice(0)) {
      fail();
    }
  }

  #take(batch: SinkBatch, answer: (delivery: Delivery) => void): void {
    const { time, dice, weather } = this.#options;
    const { failure, delay } = weather();
    const fail = () => answer({ fault: "unreachable", detail: "the city is away", transient: true });
    if (batch.records.some(({ dh }) => this.#refuses(dh))) {
      time.after(dice() * delay, () =>
        answer({ fault: "refused", detail: "the city will not have this", transient: false }),
      );
    } else if (dice() < failure / 2) {
      time.after(dice() * delay, fail);
    } else {
      time.after(dice() * delay, () => {
        this.#keep(batch);
        if (dice() < weather().hang) {
          this.#hanging.push(fail);
        } else if (dice() < failure / 2) {
          fail();
        } else {
          time.after(dice() * delay, () => answer({ delivered: true }));
        }
      });
    }
  }

  #keep({ records, gaps }: SinkBatch): void {
    const { truth, index } = this.#options;
    for (const record of records) {
      truth.delivered(index, record);
    }
    for (const gap of gaps) {
      truth.named(index, gap);
    }
  }

  #refuses(dh: string): boolean {
    const [epoch, piv] = dh.split("/").map(Number);
    return this.#poison > 0 && (epoch * 31 + piv * 7) % this.#poison === 1;
  }
}
