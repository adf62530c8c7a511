import { expect, it, vi } from "vitest";
import type { Delivery, Sink, SinkBatch } from "./sink.ts";
import { shareSink } from "./sink-share.ts";

const nothing: SinkBatch = { records: [], gaps: [] };

/** A sink that answers when it is told to; what it was sent, in order. */
function slowSink(window: number): { sink: Sink; sent: SinkBatch[]; answer: () => Promise<void> } {
  const sent: SinkBatch[] = [];
  const answers: ((delivery: Delivery) => void)[] = [];
  const sink: Sink = {
    name: "city",
    recordsMax: 10,
    window,
    start: async () => {},
    stop: async () => {},
    state: () => ({ connected: true, trouble: null }),
    send: (batch) => {
      sent.push(batch);
      return new Promise((resolve) => answers.push(resolve));
    },
  };
  const answer = async (): Promise<void> => {
    answers.shift()?.({ delivered: true });
    await new Promise((turn) => setImmediate(turn));
  };
  return { sink, sent, answer };
}

it("two forwarders together never have more under way at a sink than its window", async () => {
  const { sink, sent, answer } = slowSink(2);
  const { kept, telemetry } = shareSink(sink);
  const deliveries = [telemetry, telemetry, telemetry, kept].map((part) => part.send(nothing));
  expect(sent).toHaveLength(2);
  await answer();
  expect(sent).toHaveLength(3);
  await answer();
  await answer();
  await answer();
  expect(sent).toHaveLength(4);
  expect(await Promise.all(deliveries)).toEqual(Array(4).fill({ delivered: true }));
  void telemetry.send(nothing);
  void kept.send(nothing);
  expect(sent).toHaveLength(6);
});

it("what must not vanish does not wait behind readings that wait", async () => {
  const { sink, sent, answer } = slowSink(1);
  const { kept, telemetry } = shareSink(sink);
  const named = (reason: string): SinkBatch => ({
    records: [],
    gaps: [{ device: "urn:dev:ops:a-b", epoch: 1, from: 1, to: 1, state: "open", reason }],
  });
  void telemetry.send(named("first"));
  void telemetry.send(named("second"));
  void kept.send(named("kept"));
  await answer();
  await answer();
  expect(sent.map(({ gaps }) => gaps[0].reason)).toEqual(["first", "kept", "second"]);
});

it("a sink that throws keeps nobody's place", async () => {
  const { sink } = slowSink(1);
  const throws = vi.fn((_batch: SinkBatch): Promise<Delivery> => {
    throw new Error("not a number: NaN");
  });
  const { telemetry } = shareSink({ ...sink, send: throws });
  for (let i = 0; i < 3; i++) {
    await expect(telemetry.send(nothing)).rejects.toThrow("not a number");
  }
  expect(throws).toHaveBeenCalledTimes(3);
});
