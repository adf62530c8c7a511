import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualTime } from "../boards/platforms/timers.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { quantities } from "../protocols/quantity.ts";
import { analogSensor } from "./analog-sensor.ts";
import { analogInput } from "./drivers/analog-input.ts";

function sensorAt(read: (done: (level: number | Fault) => void) => void, options = {}) {
  const time = new VirtualTime();
  const faults: Fault[] = [];
  const sensor = analogSensor(
    analogInput,
    options,
    {
      label: "analog-input, a0",
      clock: { monotonic: () => time.monotonic(), unix: () => null },
      open: () => ({ read }),
    },
    { onFault: (bad) => faults.push(bad), onNews: () => {} },
  );
  expect(sensor.open(time.monotonic())).toBeNull();
  return { sensor, time, faults };
}

describe("a sensor that gives a voltage", () => {
  it("has a value once it was asked, and none of before", () => {
    const { sensor, time } = sensorAt((done) => done(32_768), {
      quantity: "temperature",
      atZero: -40_000,
      atFull: 60_000,
    });
    expect(sensor.fresh(time.monotonic())).toBeNull();
    expect(sensor.settled(time.monotonic(), time.monotonic())).toBe(true);
    expect(sensor.fresh(time.monotonic())?.values).toEqual([1000]); // 10.00 Cel
  });

  it("that cannot be read is asked three times, then called silent with what to check", () => {
    let asked = 0;
    const { sensor, time, faults } = sensorAt((done) => {
      asked++;
      done(fault("bus", "a0 gives no voltage"));
    });
    expect(sensor.settled(time.monotonic(), time.monotonic())).toBe(true);
    expect(asked).toBe(3);
    expect(faults.map((bad) => bad.fault)).toEqual(["bus", "bus", "bus", "silent"]);
    expect(faults.at(-1)?.detail).toContain("common ground");
  });

  it("gives values in the exponent of their quantity, rising or falling with the level as its two points say", () => {
    const choices = analogInput.options[0]?.choices ?? [];
    expect(choices.length).toBeGreaterThan(0);
    const scale = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
    fc.assert(
      fc.property(
        fc.constantFrom(...choices),
        scale,
        scale,
        fc.nat(65_503),
        (quantity, atZero, atFull, level) => {
          const options = { quantity, atZero, atFull };
          const [column] = analogInput.columns(options) ?? [];
          expect(column?.exponent).toBe(quantities[quantity as keyof typeof quantities].exponent);
          const values = analogInput.values(level, options);
          const exact = (atZero + ((atFull - atZero) * level) / 65_535) / 1000;
          expect(isFault(values)).toBe(false);
          const value = Number((values as readonly number[])[0]) * 10 ** (column?.exponent ?? 0);
          expect(Math.abs(value - exact)).toBeLessThanOrEqual(0.5001 * 10 ** (column?.exponent ?? 0));
        },
      ),
    );
  });
});
