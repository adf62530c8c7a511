import { writeFileSync } from "node:fs";
import { join } from "node:path";
import mqtt from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startMosquitto } from "../mosquitto.ts";
import { freePort, has, until } from "../programs.ts";
import { cuttableBridge, forgetfulBroker, silentBroker } from "../stubborn-broker.ts";
import { unreadable } from "./hasen.ts";
import { House, patience } from "./house.ts";

let house: House;
let ends: (() => Promise<unknown>)[];
beforeEach(async () => {
  house = await House.open();
  ends = [() => house.close()];
});
afterEach(async () => {
  for (const end of ends.reverse()) {
    await end();
  }
});

function city(port: number, more = ""): void {
  house.configure({
    sinks: [
      `  - { kind: mqtt, name: city, url: "mqtt://127.0.0.1:${port}", confirmTimeout: 1 s, reconnectMax: 500 ms${more} }`,
    ],
  });
}

/** Who listens at the city's broker: numbers of the messages that have arrived, each with how often. */
async function listen(port: number, username?: string): Promise<Map<string, number>> {
  const arrived = new Map<string, number>();
  const login = username === undefined ? {} : { username, password: "right" };
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, ...login });
  ends.push(() => client.endAsync(true));
  client.on("message", (topic, payload) => {
    for (const { dh } of topic.endsWith("gap") ? [] : JSON.parse(payload.toString())) {
      if (dh !== undefined) {
        const number = String(dh).replace(/\/\d+$/, "");
        arrived.set(number, (arrived.get(number) ?? 0) + 1);
      }
    }
  });
  await new Promise((resolve) => client.once("connect", resolve));
  await client.subscribeAsync("#", { qos: 1 });
  return arrived;
}

describe("a city's broker", () => {
  it.skipIf(!has("mosquitto"))(
    "that refuses the password is named in health and log, and gets everything once the password is right (needs mosquitto)",
    async () => {
      const broker = await startMosquitto({ users: { gateway: "right" } });
      ends.push(() => broker.stop());
      const password = join(house.folder, "password");
      writeFileSync(password, "wrong\n", { mode: 0o600 });
      city(broker.port, ", username: gateway, passwordFile: ./password");
      const device = await house.device("pb-air-north");
      const gateway = await house.start();
      await device.connect();
      await device.deliver(...device.greet(), device.measure([2000]));
      const { code, reasons } = await gateway.is("degraded");
      await until(
        "health says why",
        async () => /password|login/.test((await gateway.health()).reasons[0]?.reason ?? ""),
        patience,
      );
      expect(code).toBe(200);
      expect(reasons[0].part).toBe("sink city");
      expect(gateway.process.said()).not.toMatch(unreadable);
      expect(gateway.process.said()).not.toContain("wrong");
      const arrived = await listen(broker.port, "gateway");
      writeFileSync(password, "right\n");
      await until("it arrives", () => arrived.has("0/2"), patience);
      await gateway.is("ok");
    },
  );

  it.each([
    ["takes the connection and stays silent", silentBroker],
    ["greets and confirms nothing", forgetfulBroker],
  ])(
    "that %s holds nobody up, nor the end: 5 s, exit 0, and all is there for the next start",
    async (_what, make) => {
      const broker = await make();
      ends.push(() => broker.close());
      city(broker.port);
      const device = await house.device("pb-air-north");
      const gateway = await house.start();
      await device.connect();
      const packs = Array.from({ length: 20 }, (_, i) => device.measure([2000 + i]));
      await device.deliver(...device.greet(), ...packs);
      await until("the broker is tried", () => broker.connections() > 0, patience);
      const { code, took } = await gateway.stop();
      expect({ code, inTime: took < 5000 }).toEqual({ code: 0, inTime: true });
      expect(gateway.events().at(-1)).toContain("everything acknowledged is on disk");
      expect(gateway.process.said()).not.toMatch(unreadable);

      house.configure({ sinks: ["  - { kind: file, name: city, path: ./records.ndjson }"] });
      await house.start();
      await until("all arrive", () => packs.every((number) => house.delivered().has(number)), patience);
      expect(house.records()).toHaveLength(packs.length);
    },
  );

  it.skipIf(!has("mosquitto"))(
    "that goes away in the middle gets everything, the rest after it is back (needs mosquitto)",
    async () => {
      const broker = await startMosquitto();
      ends.push(() => broker.stop());
      const bridge = await cuttableBridge(broker.port);
      ends.push(() => bridge.close());
      city(bridge.port);
      const arrived = await listen(broker.port);
      const device = await house.device("pb-air-north");
      await house.start();
      await device.connect();
      await device.deliver(...device.greet());
      const packs: string[] = [];
      for (let round = 0; round < 5; round++) {
        const some = Array.from({ length: 10 }, (_, i) => device.measure([round * 10 + i]));
        packs.push(...some);
        device.send(...some);
        bridge.cut();
        await device.deliver(...some);
      }
      await until("all arrive", () => packs.every((number) => arrived.has(number)), patience);
    },
  );

  it("that is not there is told at once, with where it was looked for", async () => {
    const port = await freePort();
    city(port);
    const gateway = await house.start();
    const { reasons } = await gateway.is("degraded");
    await until(
      "health says why",
      async () => /nothing listens there/.test((await gateway.health()).reasons[0]?.reason ?? ""),
      patience,
    );
    expect(reasons[0].part).toBe("sink city");
    expect((await gateway.stop()).code).toBe(0);
  });
});
