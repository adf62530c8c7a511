import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { Aedes } from "aedes";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, describe, expect, it } from "vitest";
import { type Mosquitto, type MosquittoOptions, startMosquitto } from "../../hil-tests/mosquitto.ts";
import { freePort, has, until } from "../../hil-tests/programs.ts";
import { frameMax } from "../../protocols/link.ts";
import type { FrameSource } from "../link.ts";
import { silentLog } from "../log.ts";
import { ExternalBroker, type ExternalBrokerSettings } from "./external-broker.ts";

const here = has("mosquitto");
const up = "dreihasen/v1/meter-1/up";
const access = {
  users: { gateway: "gateway-secret", "meter-1": "secret-1" },
  acl: [
    "user gateway",
    "topic read dreihasen/v1/+/up",
    "topic write dreihasen/v1/+/down",
    "pattern write dreihasen/v1/%u/up",
    "pattern read dreihasen/v1/%u/down",
  ],
};

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) {
    await end();
  }
});

async function mosquitto(options: MosquittoOptions = access): Promise<Mosquitto> {
  const broker = await startMosquitto(options);
  endings.push(() => broker.stop());
  return broker;
}

async function passwordFile(broker: Mosquitto, password: string): Promise<string> {
  const file = `${broker.folder}/${password}`;
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return file;
}

async function openLink(broker: Mosquitto, changes: Partial<ExternalBrokerSettings> = {}) {
  const settings: ExternalBrokerSettings = {
    url: broker.url,
    username: "gateway",
    passwordFile: await passwordFile(broker, "gateway-secret"),
    protocol: 5,
    keepAlive: 30_000,
    connectTimeout: 5000,
    reconnectMax: 200,
    sessionExpiry: 3_600_000,
    ...changes,
  };
  const arrivals: { frame: string; source: FrameSource; settled: () => void }[] = [];
  const authenticate = () => null;
  const link = new ExternalBroker(settings, {
    log: silentLog(),
    gateway: "gateway-1",
    random: Math.random,
    authenticate,
  });
  await link.start((frame, source, settled) => {
    arrivals.push({ frame: Buffer.from(frame).toString(), source, settled });
  });
  endings.push(() => link.stop());
  return { link, arrivals };
}

async function device(broker: Mosquitto): Promise<MqttClient> {
  const client = await mqtt.connectAsync(broker.url, {
    username: "meter-1",
    password: "secret-1",
    clientId: "meter-1",
  });
  client.on("error", () => {});
  endings.push(() => client.endAsync(true));
  return client;
}

describe.skipIf(!here)(`devices at an external mosquitto${here ? "" : " (skipped: no mosquitto)"}`, () => {
  it.each([5, 4] as const)(
    "hands frames on and keeps its PUBACK back until they are settled (protocol %i)",
    async (protocol) => {
      const broker = await mosquitto();
      const { link, arrivals } = await openLink(broker, { protocol });
      await until("the link is up", () => link.trouble() === null && link.counters.connections === 1);
      const client = await device(broker);
      for (let n = 0; n < 10; n++) {
        await client.publishAsync(up, String(n), { qos: 1 });
      }
      await until("all ten came though none is settled", () => arrivals.length === 10);
      expect(arrivals[0]!.source.address).toBe("mqtt:meter-1");
      for (const { settled } of arrivals.slice(0, 4).reverse()) {
        settled();
      }
      await link.stop();

      const again = await openLink(broker, { protocol });
      await until("the unacknowledged six come again", () => again.arrivals.length === 6);
      expect(again.arrivals.map(({ frame }) => frame)).toEqual(["4", "5", "6", "7", "8", "9"]);
    },
  );

  it("gets what devices sent while it was away", async () => {
    const broker = await mosquitto();
    const first = await openLink(broker);
    await until("the link is up", () => first.link.counters.connections === 1);
    const client = await device(broker);
    await client.publishAsync(up, "before", { qos: 1 });
    await until("it came", () => first.arrivals.length === 1);
    first.arrivals[0]!.settled();
    await first.link.stop();
    await client.publishAsync(up, "meanwhile", { qos: 1 });
    const second = await openLink(broker);
    await until("it came", () => second.arrivals.length === 1);
    expect(second.arrivals[0]!.frame).toBe("meanwhile");
  });

  it("sends frames back to the device", async () => {
    const broker = await mosquitto();
    const { link, arrivals } = await openLink(broker);
    const client = await device(broker);
    await client.subscribeAsync("dreihasen/v1/meter-1/down", { qos: 1 });
    const heard = new Promise<string>((resolve) =>
      client.once("message", (_t, payload) => resolve(String(payload))),
    );
    await until("the link is up", () => link.counters.connections === 1);
    await client.publishAsync(up, "a", { qos: 1 });
    await until("it came", () => arrivals.length === 1);
    expect(arrivals[0]!.source.reply(Buffer.from("answer"))).toBe(true);
    expect(await heard).toBe("answer");
    await link.stop();
    expect(arrivals[0]!.source.reply(Buffer.from("answer"))).toBe(false);
  });

  it("counts and drops frames that are too long", async () => {
    const broker = await mosquitto();
    const { link, arrivals } = await openLink(broker);
    await until("the link is up", () => link.counters.connections === 1);
    const client = await device(broker);
    await client.publishAsync(up, Buffer.alloc(frameMax + 1), { qos: 1 });
    await client.publishAsync(up, "short", { qos: 1 });
    await until("the short one came", () => arrivals.length === 1);
    expect(link.counters.refused).toEqual({ "too-long": 1 });
  });

  it("says that the password is wrong", async () => {
    const broker = await mosquitto();
    const { link } = await openLink(broker, { passwordFile: await passwordFile(broker, "wrong") });
    await until("the trouble is known", () => link.trouble()?.includes("passwordFile") === true);
    expect(link.trouble()).not.toContain("wrong");
  });

  it("starts though the broker is away, and comes back with it", async () => {
    const broker = await mosquitto();
    await broker.kill();
    const { link, arrivals } = await openLink(broker);
    await until("the trouble is known", () => link.trouble()?.includes("nothing listens there") === true);
    await broker.restart();
    await until("the link is up", () => link.trouble() === null);
    const client = await device(broker);
    await client.publishAsync(up, "a", { qos: 1 });
    await until("it came", () => arrivals.length === 1);
  });
});

describe("an external broker that does not help", () => {
  it("is named when its access list keeps us from subscribing", async () => {
    const port = await freePort();
    const aedes = await Aedes.createBroker({ authorizeSubscribe: (_c, _s, done) => done(null, null) });
    const server = createServer(aedes.handle).listen(port, "127.0.0.1");
    endings.push(() => new Promise((resolve) => aedes.close(() => server.close(resolve))));
    const link = unreachableLink(port, 4);
    await until("the trouble is known", () => link.trouble()?.includes("access list") === true);
  });

  it("is named when it speaks only 3.1.1 and we speak 5", async () => {
    const port = await freePort();
    const aedes = await Aedes.createBroker();
    const server = createServer(aedes.handle).listen(port, "127.0.0.1");
    endings.push(() => new Promise((resolve) => aedes.close(() => server.close(resolve))));
    const link = unreachableLink(port, 5);
    await until("the trouble is known", () => link.trouble()?.includes("protocol: 4") === true);
  });

  it("does not keep the gateway from stopping", async () => {
    const link = unreachableLink(await freePort(), 5);
    await until("it noticed", () => link.trouble()?.includes("nothing listens") === true);
    await link.stop();
  });
});

function unreachableLink(port: number, protocol: 4 | 5): ExternalBroker {
  const link = new ExternalBroker(
    {
      url: `mqtt://127.0.0.1:${port}`,
      protocol,
      keepAlive: 30_000,
      connectTimeout: 5000,
      reconnectMax: 60_000,
      sessionExpiry: 60_000,
    },
    { log: silentLog(), gateway: "g", random: Math.random, authenticate: () => null },
  );
  void link.start(() => {});
  endings.push(() => link.stop());
  return link;
}
