import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { patience } from "../bad-input/house.ts";
import { endsOfTests } from "../ends.ts";
import { has, until } from "../programs.ts";
import { dlmsAuth, dlmsKey } from "./dlms-meter.ts";
import { dsmrKey } from "./dsmr-meter.ts";
import { LineMeter } from "./line-meter.ts";
import { busIds, busKey } from "./mbus-meter.ts";
import { type MeterSite, meterName, meterSite, troubleOf } from "./meter-site.ts";
import { simulators } from "./simulators.ts";
import { wirelessKey } from "./wmbus-meter.ts";

/** Every language at a gateway's own port: the built gateway, a simulated meter at a pseudo-terminal, a real Mosquitto as the city. */

const here = has("socat") && has("mosquitto");

const ends = endsOfTests();

/** Plugs in a simulated meter that speaks every half second and whose own time stands still, so that its values are known. */
async function meterAt({ head }: MeterSite, language: string, profile: string): Promise<void> {
  const simulator = simulators.find((one) => one.language === language)!;
  const line = await head.plug({ paced: false });
  const meter = simulator.create({ profile, seed: 1 });
  const options = { period: 500, speed: 0, noise: { rate: 0, seed: 1 } };
  const speaker = new LineMeter(line, meter, options);
  ends.push(() => speaker.end());
}

function keyFile({ house }: MeterSite, name: string, key: string): void {
  writeFileSync(join(house.folder, name), `${key}\n`, { mode: 0o600 });
}

/** Waits for a meter's first record of each channel and gives the values. */
async function firstValues({ city }: MeterSite, channels: readonly string[], name = meterName) {
  await until(
    `${channels.join(", ")} of ${name} have come`,
    () => channels.every((channel) => city.of(channel, name).length > 0),
    patience,
  );
  return channels.map((channel) => {
    const { v, u } = city.of(channel, name)[0]!;
    return `${v} ${u}`;
  });
}

const other = "ffffffffffffffffffffffffffffffff";

describe.skipIf(!here)("directly on the gateway (needs socat and mosquitto)", () => {
  it("a sealed DLMS meter is read with its two keys", async () => {
    const site = await meterSite(
      [
        `{ name: ${meterName}, language: dlms, port: ./head, interval: 1 s, keyFile: ./key, authFile: ./auth }`,
      ],
      ends,
    );
    keyFile(site, "key", dlmsKey);
    keyFile(site, "auth", dlmsAuth);
    await meterAt(site, "dlms", "hdlc-sealed");
    const run = await site.house.start();
    expect(await firstValues(site, ["activeEnergyImported", "activePower"])).toEqual(["2941646 Wh", "76 W"]);
    expect(await troubleOf(run)).toBeNull();
  });

  it("meters on the air share one receiver, each under its own id and key; a wrong key is told as such", async () => {
    const ways = "language: wmbus, port: ./head, interval: 1 s";
    const site = await meterSite(
      [
        `{ name: pb-house-heat, ${ways}, address: ${busIds.heat}, keyFile: ./key }`,
        `{ name: pb-house-water, ${ways}, address: ${busIds.water}, keyFile: ./key }`,
        `{ name: pb-house-gas, ${ways}, address: ${busIds.gas}, keyFile: ./other }`,
        `{ name: pb-house-power, ${ways}, address: ${busIds.electricity} }`,
      ],
      ends,
    );
    keyFile(site, "key", wirelessKey);
    keyFile(site, "other", other);
    await meterAt(site, "wmbus", "mode5");
    const run = await site.house.start();
    const heat = ["heatEnergy", "heatPower", "heatVolume", "flowTemperature", "returnTemperature"];
    expect(await firstValues(site, heat, "pb-house-heat")).toEqual([
      "2941000 Wh",
      "76 W",
      "1204.318 m3",
      "65.2 Cel",
      "43.1 Cel",
    ]);
    expect(await firstValues(site, ["waterVolume"], "pb-house-water")).toEqual(["154.201 m3"]);
    const told = async (name: string, word: RegExp) => word.test((await troubleOf(run, name)) ?? "");
    await until("the wrong key is told", () => told("pb-house-gas", /key/), patience);
    await until("the missing key is told", () => told("pb-house-power", /key/), patience);
    expect(site.city.records.filter(({ n }) => /gas|power/.test(n ?? ""))).toEqual([]);
    expect(await troubleOf(run, "pb-house-heat")).toBeNull();
  });

  it("meters on the air in formats of their makers' own are forwarded like any other", async () => {
    const ways = "language: wmbus, port: ./head, interval: 1 s";
    const site = await meterSite(
      [
        `{ name: pb-house-heat, ${ways}, address: ${busIds.heat} }`,
        `{ name: pb-house-water, ${ways}, address: ${busIds.water} }`,
      ],
      ends,
    );
    await meterAt(site, "wmbus", "makers");
    await site.house.start();
    expect(await firstValues(site, ["heatEnergy"], "pb-house-heat")).toEqual(["2941000 Wh"]);
    expect(await firstValues(site, ["waterVolume"], "pb-house-water")).toEqual(["154.201 m3"]);
  });

  it.each(["im871a", "amber"])(
    "meters on the air are heard by a receiver with frames of its own: %s",
    async (receiver) => {
      const ways = `language: wmbus, port: ./head, interval: 1 s, receiver: ${receiver}, keyFile: ./key`;
      const site = await meterSite(
        [
          `{ name: pb-house-heat, ${ways}, address: ${busIds.heat} }`,
          `{ name: pb-house-water, ${ways}, address: ${busIds.water} }`,
        ],
        ends,
      );
      keyFile(site, "key", wirelessKey);
      await meterAt(site, "wmbus", receiver);
      await site.house.start();
      expect(await firstValues(site, ["flowTemperature"], "pb-house-heat")).toEqual(["65.2 Cel"]);
      expect(await firstValues(site, ["waterVolume"], "pb-house-water")).toEqual(["154.201 m3"]);
    },
  );

  it("meters on one M-Bus are asked in turn, at their primary and their secondary address", async () => {
    const ways = "language: mbus, port: ./head, interval: 2 s";
    const site = await meterSite(
      [
        `{ name: pb-house-heat, ${ways}, address: 1 }`,
        `{ name: pb-house-water, ${ways}, address: ${busIds.water} }`,
        `{ name: pb-house-none, ${ways}, address: 9 }`,
      ],
      ends,
    );
    await meterAt(site, "mbus", "house");
    const run = await site.house.start();
    expect(await firstValues(site, ["heatEnergy", "flowTemperature"], "pb-house-heat")).toEqual([
      "2941000 Wh",
      "65.2 Cel",
    ]);
    expect(await firstValues(site, ["waterVolume"], "pb-house-water")).toEqual(["154.201 m3"]);
    const told = async () => /does not answer/.test((await troubleOf(run, "pb-house-none")) ?? "");
    await until("the meter that is not there is told", told, patience);
    expect(await troubleOf(run, "pb-house-water")).toBeNull();
  });

  it("meters that seal what they say on one M-Bus are read with the key; one without its key is told as such", async () => {
    const ways = "language: mbus, port: ./head, interval: 2 s";
    const site = await meterSite(
      [
        `{ name: pb-house-heat, ${ways}, address: 1, keyFile: ./key }`,
        `{ name: pb-house-water, ${ways}, address: ${busIds.water}, keyFile: ./key }`,
        `{ name: pb-house-gas, ${ways}, address: 3 }`,
      ],
      ends,
    );
    keyFile(site, "key", busKey);
    await meterAt(site, "mbus", "sealed");
    const run = await site.house.start();
    expect(await firstValues(site, ["heatEnergy"], "pb-house-heat")).toEqual(["2941000 Wh"]);
    expect(await firstValues(site, ["waterVolume"], "pb-house-water")).toEqual(["154.201 m3"]);
    const told = async () => /no key is given/.test((await troubleOf(run, "pb-house-gas")) ?? "");
    await until("the missing key is told", told, patience);
    expect(site.city.of("gasVolume", "pb-house-gas")).toEqual([]);
  });

  it("a gas meter behind a P1 port is a record with its own time, beside the electricity meter's", async () => {
    const site = await meterSite(
      [`{ name: ${meterName}, language: dsmr, port: ./head, interval: 1 s }`],
      ends,
    );
    await meterAt(site, "dsmr", "v5");
    await site.house.start();
    const channels = ["activeEnergyImportedTariff1", "gasVolume"];
    expect(await firstValues(site, channels)).toEqual(["2941646 Wh", "1234.567 m3"]);
    const [record] = site.city.of("gasVolume");
    expect(Number(record!.t)).toBe(Date.UTC(2025, 11, 31, 23) / 1000);
    expect(site.city.of("gasVolume")).toHaveLength(1);
  });

  it("a heat meter behind a P1 port is a record with its own time, in the joules that it counts", async () => {
    const site = await meterSite(
      [`{ name: ${meterName}, language: dsmr, port: ./head, interval: 1 s }`],
      ends,
    );
    await meterAt(site, "dsmr", "heat");
    await site.house.start();
    expect(await firstValues(site, ["gasVolume", "heatEnergyJoules"])).toEqual([
      "1234.567 m3",
      "94218000000 J",
    ]);
    const [record] = site.city.of("heatEnergyJoules");
    expect(Number(record!.t)).toBe(Date.UTC(2025, 11, 31, 23) / 1000);
  });

  it("a P1 port that seals its telegrams is read with the meter's key", async () => {
    const site = await meterSite(
      [`{ name: ${meterName}, language: dsmr, port: ./head, interval: 1 s, keyFile: ./key }`],
      ends,
    );
    keyFile(site, "key", dsmrKey);
    await meterAt(site, "dsmr", "sealed");
    await site.house.start();
    expect(await firstValues(site, ["activeEnergyImportedTariff1"])).toEqual(["2941646 Wh"]);
  });

  it.each(["modeA", "modeB", "modeC"])(
    "a D0 meter of %s is asked, at the speeds it names",
    async (profile) => {
      const site = await meterSite(
        [`{ name: ${meterName}, language: d0, mode: asked, port: ./head, interval: 5 s }`],
        ends,
      );
      await meterAt(site, "d0", profile);
      const run = await site.house.start();
      expect(await firstValues(site, ["activeEnergyImported"])).toEqual(["2941600 Wh"]);
      await until("nothing is in the way", async () => (await troubleOf(run)) === null, patience);
    },
  );

  it("a key file that holds no key is told, and read when it does", async () => {
    const site = await meterSite(
      [`{ name: ${meterName}, language: dlms, port: ./head, interval: 1 s, keyFile: ./key }`],
      ends,
    );
    await meterAt(site, "dlms", "mbus-sealed");
    const run = await site.house.start();
    await until("the missing file is told", async () => /key/.test((await troubleOf(run)) ?? ""), patience);
    keyFile(site, "key", dlmsKey);
    expect(await firstValues(site, ["activeEnergyImported"])).toEqual(["2941646 Wh"]);
  });
});
