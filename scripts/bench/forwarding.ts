import type { City } from "./city.ts";
import type { Load } from "./load.ts";
import type { PayloadKind, Sent } from "./load-order.ts";
import { processCpu } from "./process-cpu.ts";
import { median } from "./runner.ts";

interface Round extends Sent {
  /** CPU of the edge's process, us for a record. */
  readonly cpu: number;
}

/** Rounds of messages through an edge to its city. */
export class Forwarding {
  readonly #city: City;
  readonly #edge: { readonly load: Load; readonly pid: number };
  readonly #rounds: Round[] = [];

  constructor(city: City, edge: { readonly load: Load; readonly pid: number }) {
    this.#city = city;
    this.#edge = edge;
  }

  /** Delivered per second, from the first message sent to the last record arrived. */
  async round(run: { each: number; payload: PayloadKind; records: number }): Promise<number> {
    const { load, pid } = this.#edge;
    await load.load(run.each, run.payload);
    const before = processCpu(pid);
    const start = performance.now();
    const arrived = this.#city.ear.expect(run.records);
    const sent = await load.send();
    const { at } = await arrived;
    this.#rounds.push({ ...sent, cpu: (processCpu(pid) - before) / run.records });
    return (run.records * 1000) / (at - start);
  }

  figures(name: string): Record<string, number> {
    const middle = (figure: (round: Round) => number) => Number(median(this.#rounds.map(figure)).toFixed(2));
    return {
      [`${name}: ack p50 ms`]: middle(({ p50 }) => p50),
      [`${name}: ack p99 ms`]: middle(({ p99 }) => p99),
      [`${name}: acks/s`]: Math.round(middle(({ messages, seconds }) => messages / seconds)),
      [`${name}: payload bytes`]: Math.round(middle(({ payloadBytes }) => payloadBytes)),
      [`${name}: CPU us/record`]: middle(({ cpu }) => cpu),
    };
  }
}
