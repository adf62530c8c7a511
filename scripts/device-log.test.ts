import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { saidFault } from "../boards/platforms/said-fault.ts";
import { computerDrivers } from "../firmware/drivers/computer.ts";
import { lorawanSensor } from "../firmware/drivers/lorawan-sensor.ts";
import { silence } from "../firmware/sensor.ts";
import type { Adverts } from "../gateway/ble/adverts.ts";
import { createLog } from "../gateway/log.ts";
import { type ProblemError, problem, problemText } from "../gateway/problem.ts";
import type { Language } from "../gateway/words/words.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import { advertUart } from "./advert-uart.ts";
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

  it("says what a port of this computer has to say in the person's language, and the rest in English", () => {
    const port = saidFault("bus", { en: "another program uses it", de: "ein anderes Programm benutzt ihn" });
    expect(saidOf([port], "de")).toContain("fault bus: ein anderes Programm benutzt ihn");
    expect(saidOf([port], "en")).toContain("fault bus: another program uses it");
    expect(saidOf([fault("bus", "no answer at I2C address 68")], "de")).toContain(
      "no answer at I2C address 68",
    );
  });

  it("says what is wrong with a Bluetooth adapter in the person's language", () => {
    const faults: Fault[] = [];
    const adverts = {
      watch: (_adapter: string, { state }: { state(problem: ProblemError | null): void }) => {
        state(problem("BLE-070", { adapter: "hci0" }));
        return () => {};
      },
    } as unknown as Adverts;
    const uart = advertUart(adverts, { adapter: "hci0", address: "a4:c1:38:00:11:22", language: "bthome" });
    const settings = { baud: 9600, dataBits: 8, parity: "none", stopBits: 1 } as const;
    uart.open(
      settings,
      () => {},
      (state) => state === null || faults.push(state),
    );
    const said = (lang: Language) => problemText(problem("BLE-070", { adapter: "hci0" }), lang).what;
    expect(said("de")).not.toBe(said("en"));
    expect(saidOf(faults, "de")).toContain(said("de"));
    expect(saidOf(faults, "en")).toContain(said("en"));
  });

  it("says what a key that is wrong wants, once, in the person's language", () => {
    const bad = fault("wrong-key", "the telegram is encrypted and the key does not open it");
    const german = saidOf([bad, fault("wrong-key", "another"), bad], "de");
    expect(german.match(/Vergleichen Sie den Schlüssel/g)).toHaveLength(1);
    expect(saidOf([bad], "en")).toContain("Compare the key");
  });
});
