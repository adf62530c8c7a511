import { startMosquitto } from "../../hil-tests/mosquitto.ts";
import type { Bench } from "./bench.ts";
import { generous, noMosquitto } from "./city.ts";
import { deviceCount, EdgeGateway } from "./edge-gateway.ts";
import { Load } from "./load.ts";
import type { PayloadKind, Sent } from "./load-order.ts";
import { processCpu } from "./process-cpu.ts";
import { median } from "./runner.ts";

/** Messages of one device in a round. */
const each = 600;
/** A sealed pack of so many rows of one reading is a frame of about 100 bytes. */
const payload: PayloadKind = { rows: 15 };
const peerPayload: PayloadKind = { bytes: 100 };
/** A city that is never there, so that the gateway does nothing but receive. */
const nowhere = 1;

/**
 * The whole gateway as it is shipped: 50 devices with 20 messages of 100 bytes on their way each, QoS 1, every message verified and
 * on disk before its PUBACK; against mosquitto, which acknowledges from memory. Same generator, in turns.
 */
export const ingestDurable: Bench = {
  name: "ingest-durable",
  unit: "messages/s",
  peer: "mosquitto in memory",
  prepare: async () => {
    const missing = noMosquitto();
    if (missing !== null) {
      return missing;
    }
    const gateway = await EdgeGateway.create({ cityPort: nowhere });
    await gateway.start();
    await gateway.connect();
    const mosquitto = await startMosquitto({ lines: generous });
    const publishers = Array.from({ length: deviceCount }, (_, i) => ({
      clientId: `bench-${i}`,
      topic: `bench/${i}`,
    }));
    const load = await Load.start(mosquitto.port, publishers);
    const ours = new Side(gateway.load, gateway.pid, payload);
    const theirs = new Side(load, mosquitto.pid ?? 0, peerPayload);
    return {
      ours: () => ours.round(),
      theirs: () => theirs.round(),
      extra: () => ({ ...ours.figures("ours"), ...theirs.figures("mosquitto") }),
      close: async () => {
        load.stop();
        await Promise.all([gateway.stop(), mosquitto.stop()]);
      },
    };
  },
};

interface Round extends Sent {
  /** Of the broker's process, us for a message. */
  readonly cpu: number;
}

/** One broker, its publishers, and how it did. */
class Side {
  readonly #load: Load;
  readonly #pid: number;
  readonly #payload: PayloadKind;
  readonly #rounds: Round[] = [];

  constructor(load: Load, pid: number, payload: PayloadKind) {
    this.#load = load;
    this.#pid = pid;
    this.#payload = payload;
  }

  /** Messages acknowledged per second. */
  async round(): Promise<number> {
    await this.#load.load(each, this.#payload);
    const before = processCpu(this.#pid);
    const sent = await this.#load.send();
    this.#rounds.push({ ...sent, cpu: (processCpu(this.#pid) - before) / sent.messages });
    return sent.messages / sent.seconds;
  }

  figures(name: string): Record<string, number> {
    const middle = (figure: (round: Round) => number) => Number(median(this.#rounds.map(figure)).toFixed(2));
    return {
      [`${name}: PUBACK p50 ms`]: middle(({ p50 }) => p50),
      [`${name}: PUBACK p99 ms`]: middle(({ p99 }) => p99),
      [`${name}: payload bytes`]: Math.round(middle(({ payloadBytes }) => payloadBytes)),
      [`${name}: CPU us/message`]: middle(({ cpu }) => cpu),
    };
  }
}
