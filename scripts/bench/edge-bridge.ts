import { type Mosquitto, startMosquitto } from "../../hil-tests/mosquitto.ts";
import { generous } from "./city.ts";
import { deviceCount } from "./edge-gateway.ts";
import { Load } from "./load.ts";

/** The peer: mosquitto with a bridge to the city, everything in memory, with fifty publishers. */
export class EdgeBridge {
  readonly load: Load;
  readonly #mosquitto: Mosquitto;

  static async start(cityPort: number): Promise<EdgeBridge> {
    const lines = [
      ...generous,
      "connection city",
      `address 127.0.0.1:${cityPort}`,
      "topic # out 1",
      "cleansession false",
      "notifications false",
      "try_private false",
      "restart_timeout 1",
    ];
    const mosquitto = await startMosquitto({ lines });
    const publishers = Array.from({ length: deviceCount }, (_, i) => ({
      clientId: `bench-${i}`,
      topic: `bench/${i}`,
    }));
    return new EdgeBridge(mosquitto, await Load.start(mosquitto.port, publishers));
  }

  private constructor(mosquitto: Mosquitto, load: Load) {
    this.#mosquitto = mosquitto;
    this.load = load;
  }

  get pid(): number {
    return this.#mosquitto.pid!;
  }

  async stop(): Promise<void> {
    this.load.stop();
    await this.#mosquitto.stop();
  }
}
