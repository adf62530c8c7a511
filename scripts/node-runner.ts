import { SensorNode, type SensorNodeOptions } from "../firmware/node.ts";
import type { Fault } from "../protocols/fault.ts";

/** Between two looks whether the gateway has taken everything, ms. */
const farewellPoll = 20;

/** Runs one device in real time: ticks it whenever it wants to be. */
export class NodeRunner {
  readonly node: SensorNode;
  #timer: NodeJS.Timeout | null = null;
  #ended = false;

  /** `onNews`: something came that the next tick sees, a frame from the gateway or the first of a sensor. */
  constructor(options: Omit<SensorNodeOptions, "wake">, onNews: () => void = () => {}) {
    this.node = new SensorNode({
      ...options,
      wake: () => {
        onNews();
        this.#schedule(0);
      },
    });
  }

  /** Boots and begins to tick; a Fault where nothing was and nothing will be sent. */
  boot(): Fault | null {
    const refused = this.node.boot();
    if (refused === null) {
      this.#schedule(0);
    } else {
      this.#ended = true;
    }
    return refused;
  }

  /** Seals what is open, gives the gateway `farewell` ms to take it where there is a way, and ends the epoch in order. */
  async stop(farewell: number): Promise<void> {
    const { node } = this;
    if (this.#ended) {
      return;
    }
    node.flush();
    this.#schedule(0);
    const deadline = performance.now() + farewell;
    while (node.uplink.outbox.frames > 0 && node.platform.link.ready() && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, farewellPoll));
    }
    this.#ended = true;
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    node.stop();
  }

  #schedule(delay: number): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    if (!this.#ended) {
      this.#timer = setTimeout(() => this.#schedule(this.node.tick()), delay);
    }
  }
}
