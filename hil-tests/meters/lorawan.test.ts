import { connectAsync } from "mqtt";
import { describe, expect, it } from "vitest";
import { patience } from "../bad-input/house.ts";
import { endsOfTests } from "../ends.ts";
import { startMosquitto } from "../mosquitto.ts";
import { has, until } from "../programs.ts";
import { meterName, meterSite, troubleOf } from "./meter-site.ts";

/** LoRaWAN sensors: the built gateway, a real Mosquitto as the network server's broker, another as the city. */

const ends = endsOfTests();
const air = "pb-wald-air-001";

function chirpstack(devEui: string, counter: number, port: number, payload: number[]): [string, string] {
  const data = Buffer.from(payload).toString("base64");
  const message = { deviceInfo: { devEui }, fCnt: counter, fPort: port, data, time: "2026-11-23T12:00:00Z" };
  return [`application/1/device/${devEui}/event/up`, JSON.stringify(message)];
}

function thingsStack(devEui: string, counter: number, port: number, payload: number[]): [string, string] {
  const frm_payload = Buffer.from(payload).toString("base64");
  const message = {
    end_device_ids: { dev_eui: devEui.toUpperCase() },
    uplink_message: { f_port: port, f_cnt: counter, frm_payload },
  };
  return ["v3/parken@ttn/devices/bucht-7/up", JSON.stringify(message)];
}

describe.skipIf(!has("mosquitto"))("LoRaWAN sensors behind a network server (needs mosquitto)", () => {
  it(
    "become records with each message, once, whatever else the server says; a broker that is away is told and taken again",
    async () => {
      const server = await startMosquitto();
      ends.push(() => server.stop());
      const [bay, station] = ["ac233fc0fe000017", "a81758fffe03f5e2"];
      const { house, city } = await meterSite(
        [
          `{ name: ${meterName}, language: lorawan, port: "${server.url}", devEui: AC-23-3F-C0-FE-00-00-17, codec: bosch-tps110 }`,
          `{ name: ${air}, language: lorawan, port: "${server.url}", devEui: ${station}, codec: elsys }`,
        ],
        ends,
      );
      const run = await house.start();
      const voice = await connectAsync(server.url);
      ends.push(() => voice.endAsync(true));
      const say = ([topic, text]: [string, string]) => voice.publishAsync(topic, text, { qos: 1 });
      const states = () => city.of("occupied").map(({ v }) => String(v));

      let counter = 0;
      await until(
        "the bay is heard",
        async () => {
          await say(thingsStack(bay, ++counter, 1, [1]));
          return states().length > 0;
        },
        patience,
      );
      const heard = () => states().length;
      const before = heard();
      await say(["application/1/device/0000000000000000/event/join", "{}"]);
      await say(["v3/x/devices/y/up", "no JSON at all"]);
      await say(chirpstack("0011223344556677", 1, 1, [1]));
      await say(thingsStack(bay, 1_000_000, 1, [0]));
      await say(thingsStack(bay, 1_000_000, 1, [0]));
      await say(chirpstack(station, 7, 5, [1, 0xff, 0xce, 2, 0x29, 6, 1, 0xc7, 7, 0x0e, 0x1c]));
      await until("the free bay arrives", () => states().includes("0"), patience);
      await until("the air arrives", () => city.of("carbonDioxide", air).length > 0, patience);
      expect(states().filter((state) => state === "0")).toHaveLength(1);
      expect(heard()).toBeGreaterThan(before);
      const first = (channel: string) => String(city.of(channel, air)[0]?.v);
      expect([first("temperature"), first("relativeHumidity"), first("carbonDioxide")]).toEqual([
        "-5.0",
        "41",
        "455",
      ]);
      expect(first("batteryVoltage")).toBe("3.612");

      await server.kill();
      await until("the loss is told", async () => (await troubleOf(run)) !== null, patience);
    },
    6 * patience,
  );
});
