import { type Mosquitto, startMosquitto } from "../../hil-tests/mosquitto.ts";
import { has } from "../../hil-tests/programs.ts";
import type { Unmeasured } from "./bench.ts";
import { CityEar } from "./city-ear.ts";

/** Mosquitto without a limit to what it queues, and without the 40 ms that a small packet may wait for another's TCP acknowledgement. */
export const generous = ["max_queued_messages 0", "max_inflight_messages 1000", "set_tcp_nodelay true"];

/** Null where there is a mosquitto. */
export function noMosquitto(): Unmeasured | null {
  return has("mosquitto")
    ? null
    : { unmeasured: "mosquitto is not installed (Debian: apt install mosquitto)" };
}

/** The city: a mosquitto, and somebody who counts what arrives. */
export class City {
  readonly mosquitto: Mosquitto;
  readonly ear: CityEar;

  /** `mark`: see CityEar. */
  static async start(mark: string | null): Promise<City> {
    const mosquitto = await startMosquitto({ lines: generous });
    const city = new City(mosquitto, new CityEar(mosquitto.port, mark));
    await city.ear.listen();
    return city;
  }

  private constructor(mosquitto: Mosquitto, ear: CityEar) {
    this.mosquitto = mosquitto;
    this.ear = ear;
  }

  /** Takes the city down. */
  async down(): Promise<void> {
    this.ear.close();
    await this.mosquitto.kill();
  }

  /** Resolves when somebody listens again. */
  async up(): Promise<void> {
    await this.mosquitto.restart();
    await this.ear.listen();
  }

  async stop(): Promise<void> {
    this.ear.close();
    await this.mosquitto.stop();
  }
}

/** Stands once in each SenML record of ours, and nowhere else. */
export const recordMark = '"dh":';
