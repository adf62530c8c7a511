import { PassThrough } from "node:stream";
import { connectAsync } from "mqtt";
import { describe, expect, it } from "vitest";
import { Adverts } from "../gateway/ble/adverts.ts";
import { hasBluez } from "../hil-tests/boards/bluez.ts";
import { endsOfTests } from "../hil-tests/ends.ts";
import { airKey, airSimulators } from "../hil-tests/meters/air-sensor.ts";
import { lorawanNodes, lorawanServers } from "../hil-tests/meters/lorawan-node.ts";
import { startMosquitto } from "../hil-tests/mosquitto.ts";
import { has, until } from "../hil-tests/programs.ts";
import { fromHex } from "../protocols/bytes.ts";
import { nodeCiphers } from "../protocols/crypto-node.ts";
import { isFault } from "../protocols/fault.ts";
import { meterLanguage } from "../protocols/index.ts";
import { lorawanCodec } from "../protocols/lorawan/index.ts";
import { parseUplink } from "../protocols/lorawan/uplink.ts";
import { hasen } from "./hasen.ts";
import { simulateCommand } from "./simulate.ts";
import type { SimulateOrder } from "./simulate-order.ts";

const usual = { noise: 0, seed: 1, speed: 1, once: false, lang: "en" } as const;
const patience = 20_000;

const ends = endsOfTests();

/** Starts one; resolves with the first line it writes for programs, and what it says to people. */
async function started(order: Partial<SimulateOrder> & { readonly language: string }) {
  const stop = new AbortController();
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const ended = simulateCommand({ ...usual, ...order, stop: stop.signal }, streams);
  ends.push(async () => {
    stop.abort();
    expect(await ended).toBe(0);
  });
  const text = await new Promise<string>((resolve) =>
    streams.stdout.once("data", (bytes) => resolve(String(bytes))),
  );
  return { line: text.trim(), said: String(streams.stderr.read() ?? "") };
}

async function run(...args: string[]) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const exit = await hasen(["--lang", "de", "simulate", ...args], streams);
  return {
    exit,
    stdout: streams.stdout.read() as Buffer | null,
    stderr: String(streams.stderr.read() ?? ""),
  };
}

const sensors = airSimulators.flatMap((simulator) =>
  simulator.profiles.map((profile) => [simulator.language, profile, simulator] as const),
);

describe("a simulated Bluetooth sensor", () => {
  it.each(sensors)(
    "%s %s: every advert of an hour reads, and each is a new one",
    (language, profile, simulator) => {
      const sensor = simulator.create({ seed: 3, profile });
      const mac = fromHex(simulator.address.replaceAll(":", ""))!;
      const key = profile === "sealed" ? fromHex(airKey) : null;
      const seen = new Set<string>();
      for (let minute = 0; minute < 60; minute++) {
        const advert = sensor.advert();
        seen.add(Buffer.from(advert).toString("hex"));
        const decoder = meterLanguage(language)!.decoder({ ciphers: nodeCiphers, key, mac });
        const [result] = [...decoder.push(advert), ...decoder.end()];
        expect(isFault(result)).toBe(false);
        sensor.step(60_000);
      }
      expect(seen.size).toBe(60);
    },
  );

  it.each(airSimulators)("gives one advert of $language with --once", async ({ language }) => {
    const { exit, stdout } = await run(language, "--once");
    expect(exit).toBe(0);
    const decoder = meterLanguage(language)!.decoder();
    expect([...decoder.push(stdout!), ...decoder.end()]).toMatchObject([{ measurements: expect.any(Array) }]);
  });

  it.skipIf(!hasBluez)(
    "is heard at the bus it names, as a gateway hears sensors (needs dbus, python3-dbusmock and python3-gi)",
    async () => {
      const { line, said } = await started({ language: "ruuvi" });
      expect(said).toContain(`DBUS_SYSTEM_BUS_ADDRESS=${line} hasen gateway`);
      expect(said).toContain('language: ruuvi, address: "CB:B8:33:4C:88:4F"');
      const before = process.env["DBUS_SYSTEM_BUS_ADDRESS"];
      process.env["DBUS_SYSTEM_BUS_ADDRESS"] = line;
      const heard: Uint8Array[] = [];
      const stop = new Adverts().watch("hci0", {
        address: "CB:B8:33:4C:88:4F",
        language: "ruuvi",
        advert: (data) => heard.push(data),
        state: () => {},
      });
      ends.push(() => {
        process.env["DBUS_SYSTEM_BUS_ADDRESS"] = before;
        stop();
      });
      await until("two adverts are heard", () => heard.length > 1, patience);
      const decoder = meterLanguage("ruuvi")!.decoder();
      expect(isFault([...decoder.push(heard[0]!), ...decoder.end()][0])).toBe(false);
    },
    2 * patience,
  );
});

describe("a simulated network server of LoRaWAN sensors", () => {
  it.skipIf(!has("mosquitto")).each(lorawanServers)(
    "%s tells of its sensors as the real one does (needs mosquitto)",
    async (profile) => {
      const broker = await startMosquitto();
      ends.push(() => broker.stop());
      const ear = await connectAsync(broker.url);
      ends.push(() => ear.endAsync(true));
      const heard: string[] = [];
      ear.on("message", (_topic, payload) => heard.push(payload.toString("utf8")));
      await ear.subscribeAsync(["application/+/device/+/event/up", "v3/+/devices/+/up"]);
      const { said } = await started({ language: "lorawan", profile, port: broker.url, speed: 20 });
      await until("both sensors are heard twice", () => heard.length >= 4, patience);
      for (const { devEui, codec } of lorawanNodes) {
        expect(said).toContain(`devEui: ${devEui}, codec: ${codec}`);
        const uplinks = heard
          .map(parseUplink)
          .flatMap((one) => (isFault(one) || one.devEui !== devEui ? [] : [one]));
        expect(new Set(uplinks.map(({ counter }) => counter)).size).toBeGreaterThan(1);
        const [first] = uplinks;
        expect(lorawanCodec(codec)!.decode(first!.port, first!.bytes)).toMatchObject({ fault: null });
      }
    },
    2 * patience,
  );

  it("wants a broker, and says of one that is not there what to do", async () => {
    const nowhere = await run("lorawan");
    expect([nowhere.exit, nowhere.stderr]).toEqual([
      64,
      expect.stringContaining("--port mqtt://127.0.0.1:1883"),
    ]);
    const dead = await run("lorawan", "--port", "mqtt://127.0.0.1:1");
    expect([dead.exit, dead.stderr]).toEqual([69, expect.stringContaining("SIM-071")]);
  });
});
