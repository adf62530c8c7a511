import { describe, expect, it } from "vitest";
import { decimalText } from "../../protocols/decimal.ts";
import { patience } from "../bad-input/house.ts";
import { endsOfTests } from "../ends.ts";
import { has, until } from "../programs.ts";
import { type MeterSite, meterSite, meterName as name, troubleOf } from "./meter-site.ts";
import type { Plug } from "./plug.ts";
import { SmlMeter } from "./sml-meter.ts";

/** Meters directly on the gateway: the built gateway, a meter at a pseudo-terminal, a real Mosquitto as the city. */

const here = has("socat") && has("mosquitto");

const ends = endsOfTests();

/** A Holley meter that pushes ten times a second and knows what it has said: tenths of a Wh, whole W. */
class Pusher {
  readonly said = { activeEnergyImported: new Set<string>(), activePower: new Set<string>() };
  readonly #meter = new SmlMeter({ profile: "holley", number: 1, seed: 1 });
  readonly #timer: NodeJS.Timeout;

  constructor(plug: Plug) {
    this.#timer = setInterval(() => {
      this.#meter.step(1000);
      const { imported, power } = this.#meter.state;
      this.said.activeEnergyImported.add(decimalText(Math.trunc(imported / 10_000), -1));
      this.said.activePower.add(decimalText(Math.trunc(power / 100), 0));
      plug.line?.write(this.#meter.telegram());
    }, 500);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

interface Site extends MeterSite {
  readonly meter: Pusher;
}

async function site(meter = `{ name: ${name}, language: sml, port: ./head, interval: 1 s }`): Promise<Site> {
  const made = await meterSite([meter], ends);
  const pusher = new Pusher(made.head);
  ends.push(() => pusher.stop());
  return { ...made, meter: pusher };
}

/** Every record is one that the meter said, each identity has one value, and no moment has two rows. */
function allTrue({ city, meter }: Site): void {
  const values = new Map<string, string>();
  const rows = new Map<string, string>();
  for (const { n, v, t, labels } of city.records) {
    const channel = n?.split(":").at(-1) as keyof Pusher["said"];
    const identity = `${n} ${labels?.["dh"]}`;
    expect(values.get(identity) ?? v).toBe(v);
    values.set(identity, v!);
    expect(rows.get(`${n} ${t}`) ?? identity).toBe(identity);
    rows.set(`${n} ${t}`, identity);
    if (meter.said[channel] !== undefined) {
      expect(meter.said[channel]).toContain(v);
    }
  }
}

describe.skipIf(!here)("a meter directly on the gateway (needs socat and mosquitto)", () => {
  it("is read into the city's records, exactly and under a key of its own", async () => {
    const all = await site();
    const { house, head, city } = all;
    await head.plug();
    const run = await house.start();
    await until("ten readings have come", () => city.of("activeEnergyImported").length >= 10, patience);
    await until("its trouble is over", async () => (await troubleOf(run)) === null, patience);
    allTrue(all);
    expect(city.of("activePower")[0]!.u).toBe("W");
    expect(city.gaps).toEqual([]);
    const { stdout } = await house.hasen("gaps", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ gaps: [] });
  });

  it("may be missing at the start and pulled out later: told both times, and read when it is there", async () => {
    const all = await site();
    const { house, head, city } = all;
    const run = await house.start();
    await until("the missing port is told", async () => /head/.test((await troubleOf(run)) ?? ""), patience);
    await head.plug();
    await until("readings have come", () => city.of("activePower").length >= 2, patience);
    await head.unplug();
    await until(
      "the pulled adapter is told",
      async () => /head/.test((await troubleOf(run)) ?? ""),
      patience,
    );
    await head.plug();
    await until("its trouble is over", async () => (await troubleOf(run)) === null, patience);
    const before = city.of("activePower").length;
    await until("more has come", () => city.of("activePower").length > before + 2, patience);
    allTrue(all);
  });

  it("says nothing twice and loses nothing acknowledged when the gateway is killed again and again", async () => {
    const all = await site();
    const { house, head, city } = all;
    await head.plug();
    for (let life = 1; life <= 4; life++) {
      const run = await house.start();
      const before = new Set(city.of("activePower").map(({ labels }) => labels?.["dh"])).size;
      const more = () => new Set(city.of("activePower").map(({ labels }) => labels?.["dh"])).size;
      await until("something new has come", () => more() > before + 1, patience);
      await run.kill();
    }
    const run = await house.start();
    const { stdout } = await house.hasen("gaps", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ gaps: [] });
    await run.stop();
    allTrue(all);
    expect(city.gaps).toEqual([]);
  });

  it("that speaks another language than the config says is told as bytes without a measurement", async () => {
    const { house, head, city } = await site(`{ name: ${name}, language: d0, port: ./head, interval: 1 s }`);
    await head.plug();
    const run = await house.start();
    const told = async () => /bytes but no measurement/.test((await troubleOf(run)) ?? "");
    await until("the wrong language is told", told, 60_000);
    expect(city.records).toEqual([]);
  });

  it("with the name of a device is refused, and the device keeps its key", async () => {
    const { house, head } = await site();
    await head.plug();
    await house.device(name);
    const run = await house.start();
    await until(
      "the name is told",
      async () => /name of a device/.test((await troubleOf(run)) ?? ""),
      patience,
    );
    const { code, stderr } = await house.hasen("gateway", "--check");
    expect(stderr).toContain("MTR-065");
    expect(code).toBe(65);
  });

  it("that was revoked stays silent until it gets a new key, and goes on under that without a restart", async () => {
    const all = await site();
    const { house, head, city } = all;
    await head.plug();
    const run = await house.start();
    await until("a reading has come", () => city.of("activePower").length > 0, patience);
    await house.hasen("device", "revoke", name);
    await until(
      "the revoked meter is told",
      async () => /revoked/.test((await troubleOf(run)) ?? ""),
      patience,
    );
    const replaced = await house.hasen("device", "replace", name);
    expect(replaced.stderr).toContain("no file is written");
    const before = city.of("activePower").length;
    await until("it is heard again", () => city.of("activePower").length > before, patience);
    allTrue(all);
  });
});
