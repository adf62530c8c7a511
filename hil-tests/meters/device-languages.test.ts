import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DeviceSite, problemOf, type StartedDevice, timesAt, valuesAt } from "../device-site.ts";
import { has, until } from "../programs.ts";
import type { TestGateway } from "../test-gateway.ts";
import { dlmsAuth, dlmsKey } from "./dlms-meter.ts";
import { dsmrKey, gasMeterId } from "./dsmr-meter.ts";
import { openLine } from "./line.ts";
import { LineMeter } from "./line-meter.ts";
import { busIds, busKey } from "./mbus-meter.ts";
import { simulators } from "./simulators.ts";
import { wirelessKey } from "./wmbus-meter.ts";

/** Meters that encrypt, at a device of their own: `hasen device run` with their keys in files, meters at pseudo-terminals. */

const patience = 20_000;
const wrong = "ffffffffffffffffffffffffffffffff";

let site: DeviceSite;

beforeEach(async () => {
  site = await DeviceSite.open();
});

afterEach(() => site.close());

/** A simulated meter that speaks every half second and whose own time stands still, at the port that is returned. */
async function meterAt(language: string, profile: string): Promise<string> {
  const simulator = simulators.find((one) => one.language === language)!;
  const line = await openLine({ kind: "socat" });
  const meter = simulator.create({ profile, seed: 1 });
  const speaker = new LineMeter(line, meter, { period: 500, speed: 0, noise: { rate: 0, seed: 1 } });
  site.atEnd(() => line.close());
  site.atEnd(() => speaker.end());
  return line.path;
}

async function firstOf(device: StartedDevice, gateway: TestGateway, quantity: string): Promise<string> {
  await until(
    `${quantity} has come`,
    () => {
      return valuesAt(gateway, quantity).length > 0;
    },
    patience,
  );
  for (const key of [dlmsKey, dlmsAuth, wirelessKey]) {
    expect(device.said()).not.toContain(key);
  }
  return valuesAt(gateway, quantity)[0]!;
}

describe.skipIf(!has("socat"))("a meter that encrypts, at a device (needs socat)", () => {
  it.each([
    ["wmbus", "mode5", `wmbus-meter, address: "${busIds.heat}"`, wirelessKey, "heatEnergy", "2941000"],
    ["wmbus", "mode7", `wmbus-meter, address: "${busIds.water}"`, wirelessKey, "waterVolume", "154.201"],
    [
      "wmbus",
      "im871a",
      `wmbus-meter, receiver: im871a, address: "${busIds.heat}"`,
      wirelessKey,
      "heatEnergy",
      "2941000",
    ],
    [
      "wmbus",
      "amber-rssi",
      `wmbus-meter, receiver: amber-rssi, address: "${busIds.water}"`,
      wirelessKey,
      "waterVolume",
      "154.201",
    ],
    ["mbus", "sealed", "mbus-meter, address: 1", busKey, "heatEnergy", "2941000"],
    ["mbus", "sealed", `mbus-meter, address: "${busIds.water}"`, busKey, "waterVolume", "154.201"],
    ["dlms", "mbus-sealed", "dlms-meter", dlmsKey, "activeEnergyImported", "2941646"],
    ["dsmr", "sealed", "dsmr-meter", dsmrKey, "activeEnergyImportedTariff1", "2941646"],
  ])(
    "%s %s is read with the key in its file: %s",
    async (language, profile, sensor, key, quantity, value) => {
      const port = await meterAt(language, profile);
      const wire = await site.gatewayWire();
      await site.file("meter-key", `${key}\n`);
      const device = await site.start(
        [`{ driver: ${sensor}, port: ${port}, keyFile: ./meter-key, interval: 1 s }`],
        wire.devicePath,
      );
      expect(await firstOf(device, wire.gateway, quantity)).toBe(value);
    },
  );

  it("is known for its own where its authentication key is given too", async () => {
    const port = await meterAt("dlms", "hdlc-sealed");
    const wire = await site.gatewayWire();
    await site.file("key", dlmsKey);
    await site.file("auth", dlmsAuth);
    const device = await site.start(
      [`{ driver: dlms-meter, port: ${port}, keyFile: key, authFile: auth, interval: 1 s }`],
      wire.devicePath,
    );
    expect(await firstOf(device, wire.gateway, "activePower")).toBe("76");
  });

  it("tells a wrong key and a missing one apart, without showing any", async () => {
    const wire = await site.gatewayWire();
    const port = await meterAt("wmbus", "mode5");
    await site.file("key", wrong);
    const sensor = `driver: wmbus-meter, port: ${port}, address: "${busIds.gas}", interval: 1 s`;
    const first = await site.start([`{ ${sensor}, keyFile: ./key }`], wire.devicePath);
    await until("the wrong key is told", () => /fault wrong-key/.test(first.said()), patience);
    first.stop.abort();
    await first.exit;
    const second = await site.start([`{ ${sensor} }`], wire.devicePath);
    await until("the missing key is told", () => /fault no-key/.test(second.said()), patience);
    expect(first.said() + second.said()).not.toContain(wrong);
    expect(valuesAt(wire.gateway, "gasVolume")).toEqual([]);
  });
});

describe.skipIf(!has("socat"))("a gas meter behind a P1 port of a device (needs socat)", () => {
  it("is a reading with its own time, once, beside those of the electricity meter", async () => {
    const port = await meterAt("dsmr", "v5");
    const wire = await site.gatewayWire();
    const device = await site.start(
      [`{ driver: dsmr-meter, port: ${port}, interval: 1 s }`],
      wire.devicePath,
    );
    await until(
      "both have come",
      () =>
        valuesAt(wire.gateway, "activeEnergyImportedTariff1").length > 2 &&
        valuesAt(wire.gateway, "gasVolume").length > 0,
      patience,
    );
    expect(valuesAt(wire.gateway, "gasVolume")).toEqual(["1234.567"]); // its time stands still, so nothing new comes
    expect(timesAt(wire.gateway, "gasVolume")).toEqual([Date.UTC(2025, 11, 31, 23)]); // 2026 began in Amsterdam
    expect(device.said()).toContain(`gasVolume of the meter ${gasMeterId}`);
  });
});

describe.skipIf(!has("socat"))("a meter of a device that nobody answers for (needs socat)", () => {
  it.each([
    ["de", /Seit \d+ s kam nichts\. Prüfen Sie die Adresse des Zählers, die Spannung am Bus/],
    ["en", /nothing came for \d+ s: check the meter's address, the bus voltage/],
  ] as const)("is told with what to check on a bus, not on an optical head: %s", async (lang, what) => {
    const wire = await site.gatewayWire();
    const line = await openLine({ kind: "socat" });
    site.atEnd(() => line.close());
    const device = await site.start(
      [`{ driver: mbus-meter, port: ${line.path}, interval: 1 s }`],
      wire.devicePath,
      { lang },
    );
    await until("the silence is told", () => what.test(device.said()), patience);
    expect(device.said()).not.toMatch(/optical|Lesekopf/);
  });
});

describe("a meter's key file of a device", () => {
  const sensor = "{ driver: wmbus-meter, port: /dev/ttyNotThere, keyFile: ./meter-key }";

  it("that others can read is refused", async () => {
    await site.file("meter-key", wirelessKey, 0o644);
    const device = await site.start([sensor], "/dev/ttyNotThere");
    expect(await problemOf(device.exit)).toMatchObject({ code: "MTR-078", exit: 77 });
  });

  it("that holds no key is refused by a check as well, and what it holds is not shown", async () => {
    await site.file("meter-key", "correct horse battery staple");
    const device = await site.start([sensor], "/dev/ttyNotThere", { check: true });
    const problem = await problemOf(device.exit);
    expect(problem).toMatchObject({ code: "MTR-066", exit: 65 });
    expect(JSON.stringify(problem)).not.toContain("horse");
  });

  it("that is missing is named", async () => {
    const device = await site.start([sensor], "/dev/ttyNotThere");
    expect(await problemOf(device.exit)).toMatchObject({ code: "FIL-066", exit: 66 });
  });

  it("is a key that meters without encryption do not have", async () => {
    const device = await site.start(
      ["{ driver: sml-meter, port: /dev/ttyNotThere, keyFile: ./meter-key }"],
      "/dev/ttyNotThere",
    );
    expect(await problemOf(device.exit)).toMatchObject({ code: "CFG-003", exit: 65 });
  });
});
