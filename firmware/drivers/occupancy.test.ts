import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Occupancy, type OccupancyState } from "./occupancy.ts";

const settings = { occupiedBelow: 1500, freeAbove: 1900, dwell: 10_000, silence: 3000, frozen: 600_000 };

/** Feeds one distance every 200 ms for `duration`, a millimetre of noise on it; the state at the end. */
function feed(bay: Occupancy, from: number, duration: number, distance: number): OccupancyState {
  let state: OccupancyState = null;
  for (let time = from; time <= from + duration; time += 200) {
    state = bay.update(distance + ((time / 200) % 2), time);
  }
  return state;
}

describe("a parking bay", () => {
  it("is unknown until a state has held for the dwell time", () => {
    const bay = new Occupancy(settings);
    expect(feed(bay, 0, 9800, 2400)).toBeNull();
    expect(feed(bay, 10_000, 0, 2400)).toBe(0);
  });

  it("becomes occupied when a car stays, not when one passes", () => {
    const bay = new Occupancy(settings);
    feed(bay, 0, 20_000, 2400);
    expect(feed(bay, 20_200, 5000, 900)).toBe(0);
    expect(feed(bay, 25_400, 20_000, 2400)).toBe(0);
    expect(feed(bay, 45_600, 10_000, 900)).toBe(1);
  });

  it("keeps its state between the two thresholds", () => {
    const bay = new Occupancy(settings);
    feed(bay, 0, 20_000, 900);
    expect(feed(bay, 20_200, 60_000, 1700)).toBe(1);
    feed(bay, 80_400, 20_000, 2400);
    expect(feed(bay, 100_600, 60_000, 1700)).toBe(0);
  });

  it("is unknown while the sensor is silent, and after that until a state has held again", () => {
    const bay = new Occupancy(settings);
    feed(bay, 0, 20_000, 900);
    expect(bay.state(23_000)).toBe(1);
    expect(bay.state(23_001)).toBeNull();
    expect(feed(bay, 60_000, 9000, 900)).toBeNull();
    expect(feed(bay, 69_200, 1000, 900)).toBe(1);
  });

  it("is unknown while the sensor gives no echo", () => {
    const bay = new Occupancy(settings);
    feed(bay, 0, 20_000, 900);
    expect(bay.update(null, 22_000)).toBe(1);
    expect(bay.update(null, 24_000)).toBeNull();
  });

  it("is unknown while the sensor is frozen", () => {
    const bay = new Occupancy(settings);
    let state: OccupancyState = null;
    for (let time = 0; time < 600_000; time += 1000) {
      state = bay.update(900, time);
    }
    expect(state).toBe(1);
    expect(bay.update(900, 600_000)).toBeNull();
    expect(bay.isFrozen(600_000)).toBe(true);
    expect(feed(bay, 601_000, 9000, 910)).toBeNull();
    expect(feed(bay, 610_200, 1000, 910)).toBe(1);
  });

  it("is never called occupied from distances that all mean free, nor the other way round", () => {
    const distance = fc.integer({ min: settings.freeAbove, max: 4500 });
    const step = fc.record({ distance: fc.option(distance), wait: fc.nat(5000) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const bay = new Occupancy(settings);
        let time = 0;
        for (const one of steps) {
          time += one.wait;
          expect(bay.update(one.distance, time)).not.toBe(1);
        }
      }),
    );
  });
});
