import { describe, expect, it } from "vitest";
import type { BehindReading } from "../protocols/dsmr-behind.ts";
import { createArrivals } from "./arrivals.ts";
import { behindSensor } from "./behind-sensor.ts";

const quarter = 900_000;

function gas(integer: number, time: number, more: Partial<BehindReading> = {}): BehindReading {
  return { quantity: "gasVolume", value: { integer, exponent: -3 }, time, meter: "47", ...more };
}

function rig(interval = quarter) {
  const meters: string[] = [];
  const sensor = behindSensor(interval, { onNews: () => {}, onMeter: ({ meter }) => meters.push(meter) });
  const sampler = createArrivals(sensor);
  const rows = () => {
    const taken = [];
    for (let row = sampler.take(0); row !== null; row = sampler.take(0)) {
      taken.push([row.columns[0]!.quantity, row.columns[0]!.exponent, row.values[0], row.time]);
    }
    return taken;
  };
  return { sensor, rows, meters };
}

describe("a meter behind another one", () => {
  it("gives a row for each new reading, with the time it was taken, however often it is said again", () => {
    const { sensor, rows, meters } = rig();
    for (const time of [0, 0, 0, quarter, quarter, 5 * quarter]) {
      sensor.take(gas(1000 + time, time));
    }
    expect(rows()).toEqual([
      ["gasVolume", -3, 1000, 0],
      ["gasVolume", -3, 1000 + quarter, quarter],
      ["gasVolume", -3, 1000 + 5 * quarter, 5 * quarter],
    ]);
    expect(rows()).toEqual([]);
    expect(meters).toEqual(["47"]);
  });

  it("comes no more often than its device's interval, and never with an older time", () => {
    const { sensor, rows } = rig();
    for (const minutes of [0, 5, 10, 15, 20, 14, 30]) {
      sensor.take(gas(minutes, minutes * 60_000));
    }
    expect(rows().map(([, , value]) => value)).toEqual([0, 15, 30]);
  });

  it("keeps its columns as long as its steps stay, so that rows share a pack", () => {
    const { sensor } = rig();
    sensor.take(gas(1, 0));
    sensor.take(gas(2, quarter));
    sensor.take(gas(3, 2 * quarter, { value: { integer: 3, exponent: -2 } }));
    const [first, second, third] = [sensor.next()!, sensor.next()!, sensor.next()!];
    expect(second.columns).toBe(first.columns);
    expect(third.columns).not.toBe(first.columns);
  });

  it("of a kind that is there already is named, and not mixed with the first", () => {
    const { sensor, rows, meters } = rig();
    sensor.take(gas(1, 0));
    sensor.take(gas(2, quarter, { meter: "48" }));
    sensor.take(gas(9, 0, { quantity: "waterVolume", meter: "49" }));
    expect(rows().map(([quantity, , value]) => [quantity, value])).toEqual([
      ["gasVolume", 1],
      ["waterVolume", 9],
    ]);
    expect(meters).toEqual(["47", "48", "49"]);
  });

  it("is bounded, whatever a line says", () => {
    const { sensor, rows, meters } = rig(1);
    for (let i = 0; i < 1000; i++) {
      sensor.take(gas(i, i, { meter: String(i % 50) }));
    }
    expect(meters.length).toBeLessThanOrEqual(16);
    expect(rows().length).toBeLessThanOrEqual(64);
  });
});
