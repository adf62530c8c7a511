/** One sink used by two forwarders: together they never have more under way than it allows, and what must not vanish goes first. */
import type { Delivery, Sink, SinkBatch } from "./sink.ts";

export interface SharedSink {
  /** For what must not vanish: one delivery at a time. */
  readonly kept: Sink;
  /** For readings: the whole window, less what the other uses. */
  readonly telemetry: Sink;
}

export function shareSink(sink: Sink): SharedSink {
  let underWay = 0;
  const waiting: Record<keyof SharedSink, (() => void)[]> = { kept: [], telemetry: [] };
  const free = (): void => {
    const next = waiting.kept.shift() ?? waiting.telemetry.shift();
    if (next === undefined) {
      underWay--;
    } else {
      next();
    }
  };
  const concluded = async (delivery: Promise<Delivery>): Promise<Delivery> => {
    try {
      return await delivery;
    } finally {
      free();
    }
  };
  // Neither of these is an async function: it would hold the batch until the answer is there.
  const begin = (batch: SinkBatch): Promise<Delivery> => {
    let delivery: Promise<Delivery>;
    try {
      delivery = sink.send(batch);
    } catch (error) {
      delivery = Promise.reject(error);
    }
    return concluded(delivery);
  };
  const send = (part: keyof SharedSink, batch: SinkBatch): Promise<Delivery> => {
    if (underWay >= sink.window) {
      return new Promise<void>((resolve) => waiting[part].push(resolve)).then(() => begin(batch));
    }
    underWay++;
    return begin(batch);
  };
  const view = (part: keyof SharedSink, window: number): Sink => ({
    name: sink.name,
    recordsMax: sink.recordsMax,
    window,
    start: () => sink.start(),
    stop: () => sink.stop(),
    state: () => sink.state(),
    whenReachable: (call) => sink.whenReachable?.(call),
    send: (batch) => send(part, batch),
  });
  return { kept: view("kept", 1), telemetry: view("telemetry", sink.window) };
}
