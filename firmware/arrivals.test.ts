import { describe, expect, it } from "vitest";
import { VirtualTime } from "../boards/platforms/timers.ts";
import { fromHex } from "../protocols/bytes.ts";
import type { Fault } from "../protocols/fault.ts";
import { arrivalSensor, createArrivals } from "./arrivals.ts";
import { lorawanSensor } from "./drivers/lorawan-sensor.ts";

/** A bay's sensor, and what it has to say. */
function bay() {
  const time = new VirtualTime();
  const faults: Fault[] = [];
  let news = 0;
  let say = (_bytes: Uint8Array): void => {};
  const uart = {
    open: (_settings: unknown, onBytes: (bytes: Uint8Array) => void) => {
      say = onBytes;
    },
    write: () => {},
    close: () => {},
  };
  const hooks = { onFault: (bad: Fault) => faults.push(bad), onNews: () => news++ };
  const clock = { monotonic: () => time.monotonic(), unix: () => null };
  const sensor = arrivalSensor(
    lorawanSensor,
    { codec: "bosch-tps110" },
    { label: "bay 7", clock, open: () => uart },
    hooks,
  );
  const sampler = createArrivals(sensor);
  sensor.open(0);
  return {
    time,
    faults,
    sensor,
    sampler,
    news: () => news,
    say: (hex: string) => say(fromHex(hex.replaceAll(" ", "")) ?? new Uint8Array(0)),
  };
}

describe("a sensor that decides when it measures", () => {
  it("gives a row for each measurement, with the time at which it came", () => {
    const { time, sampler, say, news } = bay();
    expect(sampler.take(0)).toBeNull();
    say("06 01 00000000 01");
    time.advance(700);
    say("06 01 00000001 00");
    time.advance(50);
    expect(news()).toBe(2);
    expect(sampler.wait(time.monotonic())).toBe(0);
    expect(sampler.take(time.monotonic())).toMatchObject({ values: [1], time: 0 });
    expect(sampler.take(time.monotonic())).toMatchObject({ values: [0], time: 700 });
    expect(sampler.take(time.monotonic())).toBeNull();
  });

  it("counts a message that the broker says twice once, however its bytes are cut", () => {
    const { sampler, say } = bay();
    say("06 01 000000");
    say("05 01 06 01 00000005 01");
    expect(sampler.take(0)).toMatchObject({ values: [1] });
    expect(sampler.take(0)).toBeNull();
  });

  it("keeps what a message leaves out as missing, in columns that grow with what the sensor says", () => {
    const { sampler, say } = bay();
    say("07 02 00000000 01 ff");
    say("06 01 00000001 00");
    const first = sampler.take(0);
    expect(first).toMatchObject({ values: [-1, 1] }); // in the order of the table of quantities
    const second = sampler.take(0);
    expect(second).toMatchObject({ values: [null, 0] });
    expect(second?.columns).toBe(first?.columns);
  });

  it("is called silent once when nothing comes, and talks again when something does", () => {
    const { time, sampler, say, faults } = bay();
    time.advance(lorawanSensor.silence);
    expect(sampler.wait(time.monotonic())).toBe(Number.POSITIVE_INFINITY);
    sampler.wait(time.monotonic());
    expect(faults).toMatchObject([{ fault: "silent" }]);
    say("06 01 00000009 01");
    expect(sampler.take(time.monotonic())).toMatchObject({ values: [1] });
  });

  it("gives up the oldest measurements when nobody takes them, and says so", () => {
    const { sampler, say, faults } = bay();
    for (let i = 0; i < 70; i++) {
      say(`06 01 000000${i.toString(16).padStart(2, "0")} 01`);
    }
    expect(faults.filter(({ fault }) => fault === "full")).toHaveLength(6);
    let rows = 0;
    while (sampler.take(0) !== null) {
      rows++;
    }
    expect(rows).toBe(64);
  });
});
