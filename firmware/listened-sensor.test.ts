import { describe, expect, it } from "vitest";
import type { DriverColumn, ReaderSink } from "./driver.ts";
import { listenedSensor } from "./listened-sensor.ts";

const columns: readonly DriverColumn[] = [{ quantity: "activePower", exponent: -2 }];

/** A sensor whose every piece of bytes is a telegram with its first byte as value; 0 is a damaged one. */
function sensorOf() {
  let take: (bytes: Uint8Array) => void = () => {};
  const faults: string[] = [];
  const news = { count: 0 };
  const forgotten = { count: 0 };
  const sensor = listenedSensor(
    {
      columns,
      settings: { baud: 9600, dataBits: 8, parity: "none", stopBits: 1 },
      silence: 12_000,
      reader: {
        push: (bytes: Uint8Array, _time: number, sink: ReaderSink) => {
          if (bytes.length === 0) {
            forgotten.count++;
          } else if (bytes[0] === 0) {
            sink.fault({ fault: "checksum", detail: "" });
          } else {
            sink.measured(columns, [bytes[0] ?? null]);
          }
        },
      },
      line: { open: (_settings, onBytes) => (take = onBytes), write: () => {}, close: () => {} },
    },
    { onFault: ({ fault }) => faults.push(fault), onNews: () => news.count++ },
  );
  expect(sensor.open(0)).toBeNull();
  return { sensor, faults, news, forgotten, say: (value: number) => take(Uint8Array.of(value)) };
}

describe("a meter that is listened to", () => {
  it("gives a row the first good telegram behind its time, and forgets what had begun before", () => {
    const { sensor, faults, news, forgotten, say } = sensorOf();
    say(9); // nobody listens yet
    expect(sensor.settled(1000, 1000)).toBe(false);
    expect(forgotten.count).toBe(1);
    expect(sensor.wait(1000, 2000)).toBe(11_000);
    say(0);
    expect(sensor.settled(1000, 2000)).toBe(false);
    say(5);
    say(6);
    expect(news.count).toBe(1);
    expect(sensor.settled(1000, 2500)).toBe(true);
    expect(sensor.fresh(2500)?.values).toEqual([5]);
    expect(faults).toEqual(["checksum"]);
    expect(sensor.wait(61_000, 2500)).toBe(58_500);
  });

  it("gives nothing of the row before when none comes, and calls itself silent once", () => {
    const { sensor, faults, say } = sensorOf();
    sensor.settled(0, 0);
    say(5);
    expect(sensor.settled(0, 100)).toBe(true);
    for (const due of [60_000, 120_000]) {
      expect(sensor.settled(due, due)).toBe(false);
      expect(sensor.settled(due, due + 12_000)).toBe(true);
      expect(sensor.fresh(due + 12_000)).toBeNull();
    }
    expect(faults).toEqual(["silent"]);
    sensor.settled(180_000, 180_000);
    say(7);
    expect(sensor.settled(180_000, 180_100)).toBe(true);
    expect(sensor.fresh(180_100)?.values).toEqual([7]);
  });
});
