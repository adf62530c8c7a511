import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { computerDrivers } from "../firmware/drivers/computer.ts";
import { lorawanSensor } from "../firmware/drivers/lorawan-sensor.ts";
import { silence } from "../firmware/sensor.ts";
import { createLog } from "../gateway/log.ts";
import type { Language } from "../gateway/words/words.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import { deviceLog } from "./device-log.ts";

/** What the log says of these faults, the clock standing still. */
function saidOf(faults: readonly Fault[], lang: Language): string {
  const destination = new PassThrough();
  const log = deviceLog(createLog({ format: "human", destination }), () => 0, lang);
  for (const bad of faults) {
    log.fault?.(bad.fault, bad.detail, bad);
  }
  return String(destination.read() ?? "");
}

const all = [...computerDrivers, lorawanSensor];
const optical = ["sml-meter", "d0-meter", "d0-asked-meter"];

describe("the log of a device", () => {
  it.each(all.map(({ name, advice }) => [name, advice] as const))(
    "says of a silent %s what its own driver advises, in both languages",
    (name, advice) => {
      for (const lang of ["en", "de"] as const) {
        const nothing = saidOf([silence(`${name}, port`, advice, { seconds: 30, bytes: 0 })], lang);
        const garbage = saidOf([silence(`${name}, port`, advice, { seconds: 30, bytes: 7 })], lang);
        expect(nothing).toContain(advice.noBytes[lang]);
        expect(garbage).toContain(advice.noMeasurement[lang]);
        expect(nothing).toContain("30 s");
        expect(/optical|Lesekopf/.test(nothing + garbage)).toBe(optical.includes(name));
      }
    },
  );

  it("says what a key that is wrong wants, once, in the person's language", () => {
    const bad = fault("wrong-key", "the telegram is encrypted and the key does not open it");
    const german = saidOf([bad, fault("wrong-key", "another"), bad], "de");
    expect(german.match(/Vergleichen Sie den Schlüssel/g)).toHaveLength(1);
    expect(saidOf([bad], "en")).toContain("Compare the key");
  });
});
