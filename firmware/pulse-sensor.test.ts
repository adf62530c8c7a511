import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "../boards/platforms/seeded.ts";
import { SimulatedContact } from "../boards/platforms/simulated-contact.ts";
import { PowerCut, SimulatedStorage } from "../boards/platforms/simulated-storage.ts";
import { VirtualTime } from "../boards/platforms/timers.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import { s0Meter } from "./drivers/s0-meter.ts";
import { keepEvery, openPulseCount } from "./pulse-count.ts";
import { pulseSensor } from "./pulse-sensor.ts";
import type { Sensor } from "./sensor.ts";

interface Setting {
  readonly time: VirtualTime;
  readonly storage: SimulatedStorage;
  readonly contact: SimulatedContact;
}

function sensorOn({ time, storage, contact }: Setting, faults: Fault[] = []): Sensor {
  const sensor = pulseSensor(
    s0Meter,
    { start: 5 },
    {
      clock: { monotonic: () => time.monotonic(), unix: () => null },
      storage,
      name: "pulses",
      keepEvery,
      open: () => contact,
    },
    { onFault: (bad) => faults.push(bad), onNews: () => {} },
  );
  expect(sensor.open(time.monotonic())).toBeNull();
  return sensor;
}

/** What the sensor says, in thousandths of a Wh. */
function reading(sensor: Sensor, { time }: Setting): unknown {
  return sensor.fresh(time.monotonic())?.values[0];
}

function newSetting(seed: number): Setting {
  const time = new VirtualTime();
  return { time, storage: new SimulatedStorage(seeded(seed)), contact: new SimulatedContact(time) };
}

/** A contact that bounces when it closes and when it opens, with short spikes in between. */
function bounce({ time, contact }: Setting, dice: () => number): void {
  const chatter = (end: boolean): void => {
    for (let i = Math.floor(dice() * 6); i > 0; i--) {
      contact.set(dice() < 0.5);
      time.advance(1 + Math.floor(dice() * 3));
    }
    contact.set(end);
  };
  chatter(true);
  time.advance(30 + Math.floor(dice() * 90));
  chatter(false);
  time.advance(30 + Math.floor(dice() * 300));
  if (dice() < 0.3) {
    contact.set(true);
    time.advance(1 + Math.floor(dice() * 13));
    contact.set(false);
    time.advance(30);
  }
}

describe("an S0 meter", () => {
  it("counts 10,000 bouncing pulses, none lost and none added, though its process is killed again and again", () => {
    const setting = newSetting(1);
    const dice = seeded(7);
    let sensor = sensorOn(setting);
    for (let pulse = 0; pulse < 10_000; pulse++) {
      bounce(setting, dice);
      sensor.wait(setting.time.monotonic(), setting.time.monotonic());
      if (dice() < 0.01) {
        sensor = sensorOn(setting); // the old one is gone without a word
      }
    }
    expect(reading(sensor, setting)).toBe((5 + 10_000) * 1000);
  });

  it("loses the pulses of one minute at most to a power cut, and never counts backwards or beyond", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1_000_000 }), (cut, seed) => {
        const setting = newSetting(seed);
        const dice = seeded(seed);
        setting.storage.cutAtWrite(cut);
        let made = 0;
        const perMinute: number[] = [];
        try {
          const sensor = sensorOn(setting);
          for (; made < 3000; made++) {
            bounce(setting, dice);
            perMinute.push(setting.time.monotonic());
            sensor.wait(setting.time.monotonic(), setting.time.monotonic());
          }
        } catch (error) {
          if (!(error instanceof PowerCut)) {
            throw error;
          }
        }
        setting.storage.cutAtWrite(Number.POSITIVE_INFINITY);
        setting.storage.replace("pulses.now", new Uint8Array(0)); // the page cache is gone
        const again = openPulseCount(setting.storage, "pulses", keepEvery);
        const recent = perMinute.filter((time) => time > setting.time.monotonic() - 61_000).length;
        return !isFault(again) && again.count <= made + 1 && again.count >= made - recent - 1;
      }),
      { numRuns: 60 },
    );
  });

  it("says when its count cannot be kept, goes on counting, and keeps it later", () => {
    const setting = newSetting(3);
    const faults: Fault[] = [];
    const sensor = sensorOn(setting, faults);
    const refusal: Fault = { fault: "storage", detail: "full" };
    setting.storage.refusal = refusal;
    bounce(setting, seeded(1));
    setting.time.advance(60_000);
    sensor.settled(0, setting.time.monotonic());
    expect(faults).toEqual([refusal]);
    setting.storage.refusal = null;
    setting.time.advance(60_000);
    sensor.settled(0, setting.time.monotonic());
    expect(faults).toHaveLength(1);
    setting.storage.replace("pulses.now", new Uint8Array(0));
    expect(reading(sensorOn(setting), setting)).toBe(6000);
  });

  it("is not begun where its count cannot be read: it would begin at 0 again", () => {
    const setting = newSetting(4);
    setting.storage.refusal = { fault: "storage", detail: "it can only be read" };
    const { time, storage, contact } = setting;
    const sensor = pulseSensor(
      s0Meter,
      {},
      {
        clock: { monotonic: () => time.monotonic(), unix: () => null },
        storage,
        name: "pulses",
        keepEvery,
        open: () => contact,
      },
      { onFault: () => {}, onNews: () => {} },
    );
    expect(sensor.open(0)).toMatchObject({ fault: "storage" });
  });

  it("takes up the highest count that holds, whatever else its files hold", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (records, now) => {
        const storage = new SimulatedStorage(seeded(1));
        storage.replace("pulses", records);
        storage.replace("pulses.now", now);
        const count = openPulseCount(storage, "pulses", keepEvery);
        return !isFault(count) && count.count >= 0;
      }),
    );
  });
});
