import type { Fault } from "../../protocols/fault.ts";
import { frameMax, type Link } from "../../protocols/link.ts";
import type { Timers } from "./timers.ts";

/** How a simulated link treats frames; chances from 0 to 1, delays in ms. */
export interface LinkWeather {
  readonly loss: number;
  readonly duplication: number;
  /** Longest delay; frames overtake each other. */
  readonly delay: number;
  readonly damage: number;
}

export const fairWeather: LinkWeather = { loss: 0, duplication: 0, delay: 0, damage: 0 };

/** A link between a device and whoever stands for its gateway: loses, doubles, delays and damages frames both ways, by its seed. */
export class SimulatedLink implements Link {
  readonly name = "simulated";
  readonly frameMax: number;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  /** Takes the frames of the device. */
  onUp: ((frame: Uint8Array) => void) | null = null;
  /** Sees every frame the device hands over, whatever becomes of it. */
  onSent: ((frame: Uint8Array) => void) | null = null;
  weather: LinkWeather = fairWeather;
  /** Whether the line is there at all. */
  connected = true;
  readonly #timers: Timers;
  readonly #dice: () => number;

  constructor(options: { readonly timers: Timers; readonly dice: () => number; readonly frameMax?: number }) {
    this.#timers = options.timers;
    this.#dice = options.dice;
    this.frameMax = options.frameMax ?? frameMax;
  }

  ready(): boolean {
    return this.connected;
  }

  send(frame: Uint8Array): Fault | null {
    this.onSent?.(frame);
    this.#carry(frame, (arrived) => this.onUp?.(arrived));
    return null;
  }

  /** Sends a frame to the device. */
  sendDown(frame: Uint8Array): void {
    this.#carry(frame, (arrived) => this.onFrame?.(arrived));
  }

  #carry(frame: Uint8Array, deliver: (frame: Uint8Array) => void): void {
    const { loss, duplication, delay, damage } = this.weather;
    const copies = this.#dice() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.connected && this.#dice() >= loss) {
        const arrived = new Uint8Array(frame);
        if (this.#dice() < damage) {
          arrived[Math.floor(this.#dice() * arrived.length)] ^= 1 << Math.floor(this.#dice() * 8);
        }
        this.#timers.after(this.#dice() * delay, () => deliver(arrived));
      }
    }
  }
}
