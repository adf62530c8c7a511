import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import mqtt, { type IClientOptions, type IPublishPacket } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Certificates, makeCertificates } from "../../hil-tests/certificates.ts";
import { type MosquittoOptions, startMosquitto } from "../../hil-tests/mosquitto.ts";
import { freePort, has, until } from "../../hil-tests/programs.ts";
import {
  confirmingBroker,
  cuttableBridge,
  forgetfulBroker,
  silentBroker,
  slammingBroker,
} from "../../hil-tests/stubborn-broker.ts";
import { decodeSenmlCbor } from "../../protocols/senml.ts";
import { silentLog } from "../log.ts";
import { ProblemError } from "../problem.ts";
import type { CityRecord, Gap, SinkBatch } from "../sink.ts";
import { definition, MqttSink, type MqttSinkSettings } from "./mqtt.ts";
import { faultOfReason } from "./mqtt-publisher.ts";

const here = has("mosquitto");
const why = here ? "" : " (skipped: no mosquitto)";

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) {
    await end();
  }
});

function settingsFor(url: string, changes: Partial<MqttSinkSettings> = {}): MqttSinkSettings {
  return {
    name: "city",
    url,
    protocol: 5,
    keepAlive: 30_000,
    connectTimeout: 2000,
    reconnectMax: 100,
    prefix: "dreihasen/city",
    topic: "{prefix}/senml/{device}",
    format: "json",
    batch: 500,
    window: 4,
    inflight: 100,
    messageMax: 65536,
    confirmTimeout: 5000,
    ...changes,
  };
}

const context = { log: silentLog(), gateway: "rathaus", random: Math.random };

async function openSink(url: string, changes: Partial<MqttSinkSettings> = {}): Promise<MqttSink> {
  const sink = new MqttSink(settingsFor(url, changes), context);
  await sink.start();
  endings.push(() => sink.stop());
  return sink;
}

async function broker(options: MosquittoOptions = {}) {
  const mosquitto = await startMosquitto(options);
  endings.push(() => mosquitto.stop());
  return mosquitto;
}

/** Hears everything under the prefix. */
async function city(port: number, options: IClientOptions = {}) {
  const heard: { topic: string; payload: Buffer; packet: IPublishPacket }[] = [];
  const client = mqtt.connect({
    host: "127.0.0.1",
    port,
    protocolVersion: 5,
    reconnectPeriod: 50,
    ...options,
  });
  client.on("error", () => {});
  client.on("message", (topic, payload, packet) => heard.push({ topic, payload, packet }));
  endings.push(() => client.endAsync(true));
  await client.subscribeAsync("dreihasen/city/#", { qos: 1 });
  return { client, heard, text: () => heard.map(({ payload }) => payload.toString()) };
}

function record(row: number, name = "pb-rathaus-meter-017"): CityRecord {
  const device = `urn:dev:ops:${name}`;
  return {
    device,
    n: `${device}:activePower`,
    u: "W",
    v: `${row}.50`,
    time: 1000 * (1_760_000_000 + row),
    dh: `3/17/${row}`,
    timeQuality: null,
    backlog: false,
  };
}

const gap: Gap = {
  device: "urn:dev:ops:pb-1",
  epoch: 3,
  from: 5,
  to: null,
  state: "open",
  reason: "rebooted",
};
const only = (...records: CityRecord[]): SinkBatch => ({ records, gaps: [] });
const identities = (texts: readonly string[]) =>
  texts.flatMap((text) => JSON.parse(text).map((r: { dh: string }) => r.dh));

describe.skipIf(!here)(`the mqtt sink at a real mosquitto${why}`, () => {
  it("publishes a device's records as one SenML pack, with type and gateway", async () => {
    const { port, url } = await broker();
    const { heard, text } = await city(port);
    const sink = await openSink(url);
    expect(await sink.send(only(record(1), record(2)))).toEqual({ delivered: true });
    await until("it came", () => heard.length === 1);
    expect(heard[0]!.topic).toBe("dreihasen/city/senml/pb-rathaus-meter-017");
    expect(text()).toEqual([
      '[{"bn":"urn:dev:ops:pb-rathaus-meter-017:activePower","bt":1760000001,"bu":"W","v":1.50,"dh":"3/17/1"},' +
        '{"v":2.50,"t":1,"dh":"3/17/2"}]',
    ]);
    const { properties } = heard[0]!.packet;
    expect(properties).toMatchObject({ contentType: "application/senml+json", payloadFormatIndicator: true });
    expect({ ...properties?.userProperties }).toEqual({ gateway: "rathaus" });
    expect(sink.state()).toEqual({ connected: true, trouble: null });
  });

  it("publishes CBOR when told to, exact to the last digit", async () => {
    const { port, url } = await broker();
    const { heard } = await city(port);
    const sink = await openSink(url, { format: "cbor" });
    await sink.send(only({ ...record(1), v: "18446744073709551615" }));
    await until("it came", () => heard.length === 1);
    expect(heard[0]!.packet.properties?.contentType).toBe("application/senml+cbor");
    expect(decodeSenmlCbor(heard[0]!.payload)).toMatchObject([
      { v: "18446744073709551615", labels: { dh: "3/17/1" } },
    ]);
  });

  it("gives each device its own message, and each gap the gap topic", async () => {
    const { port, url } = await broker();
    const { heard } = await city(port);
    const sink = await openSink(url);
    await sink.send({ records: [record(1, "pb-a"), record(2, "pb-b"), record(3, "pb-a")], gaps: [gap] });
    await until("all came", () => heard.length === 3);
    expect(heard.map(({ topic }) => topic)).toEqual([
      "dreihasen/city/senml/pb-a",
      "dreihasen/city/senml/pb-b",
      "dreihasen/city/gap",
    ]);
    expect(JSON.parse(heard[2]!.payload.toString())).toEqual(gap);
  });

  it("delivers a batch larger than a message may be, in several", async () => {
    const { port, url } = await broker({ lines: ["max_packet_size 2000"] });
    const { heard, text } = await city(port);
    const sink = await openSink(url);
    const records = Array.from({ length: 200 }, (_, row) => record(row));
    expect(await sink.send(only(...records))).toEqual({ delivered: true });
    await until("all came", () => identities(text()).length === 200);
    expect(identities(text())).toEqual(records.map(({ dh }) => dh));
    expect(Math.max(...heard.map(({ payload }) => payload.length))).toBeLessThan(2000);
  });

  it("never has more messages under way than the broker allows", async () => {
    const { port, url } = await broker({ lines: ["max_inflight_messages 2"] });
    const { text } = await city(port);
    const sink = await openSink(url);
    const records = Array.from({ length: 100 }, (_, row) => record(row, `pb-${row}`));
    expect(await sink.send(only(...records))).toEqual({ delivered: true });
    await until("all came", () => identities(text()).length === 100);
  });

  it("speaks 3.1.1 when told to", async () => {
    const { port, url } = await broker();
    const { text } = await city(port);
    const sink = await openSink(url, { protocol: 4 });
    expect(await sink.send(only(record(1)))).toEqual({ delivered: true });
    await until("it came", () => text().length === 1);
  });

  it("logs in with user name and password file, and says when the password is wrong", async () => {
    const { url, folder } = await broker({ users: { gateway: "right" } });
    const passwordFile = join(folder, "password");
    writeFileSync(passwordFile, "nonsense\n");
    const sink = await openSink(url, { username: "gateway", passwordFile, connectTimeout: 500 });
    expect(await sink.send(only(record(1)))).toMatchObject({ fault: "unreachable", transient: true });
    expect(sink.state().connected).toBe(false);
    expect(sink.state().trouble).toContain("passwordFile");
    expect(sink.state().trouble).not.toContain("nonsense");
    writeFileSync(passwordFile, "right\n");
    await until("it comes up with the right one", () => sink.state().connected);
    expect(await sink.send(only(record(1)))).toEqual({ delivered: true });
  });

  it("names a password file that is not there", async () => {
    const { url } = await broker();
    const sink = await openSink(url, { username: "gateway", passwordFile: "/nowhere/password" });
    await until("the trouble is known", () => sink.state().trouble?.includes("/nowhere/password") === true);
  });

  it("keeps trying, and says so loudly, where the access list forbids to publish", async () => {
    const { url, folder } = await broker({
      users: { gateway: "right" },
      acl: ["user gateway", "topic write other/#"],
    });
    const passwordFile = join(folder, "password");
    writeFileSync(passwordFile, "right");
    const sink = await openSink(url, { username: "gateway", passwordFile });
    expect(await sink.send(only(record(1)))).toMatchObject({ fault: "refused", transient: true });
    expect(sink.state()).toMatchObject({ connected: false });
    expect(sink.state().trouble).toContain("access list");
  });

  it("delivers in many short messages where the broker takes no longer ones", async () => {
    const { url, port } = await broker({ lines: ["max_packet_size 512"] });
    const { heard, text } = await city(port);
    const sink = await openSink(url);
    const records = Array.from({ length: 20 }, (_, row) => record(row));
    expect(await sink.send(only(...records))).toEqual({ delivered: true });
    await until("all have come", () => identities(text()).length === 20);
    expect(heard.length).toBeGreaterThan(3);
  });

  it("gives nothing up for a broker that takes less than a record, and says what to change", async () => {
    const { url } = await broker({ lines: ["max_packet_size 300"] });
    const sink = await openSink(url);
    expect(await sink.send(only(record(1)))).toMatchObject({ fault: "too-long", transient: true });
    expect(sink.state()).toMatchObject({ connected: false });
    expect(sink.state().trouble).toContain("raise its maximum packet size");
  });

  it("says what to change where mosquitto's old size limit answers with a code that MQTT 5 does not have", async () => {
    const { url } = await broker({ lines: ["message_size_limit 60"] });
    const sink = await openSink(url);
    expect(await sink.send(only(record(1)))).toMatchObject({ transient: true });
    await until("the trouble is known", () => sink.state().trouble?.includes("messageMax") === true);
  });

  it("confirms nothing that a broker killed in the middle did not take, and goes on after its restart", async () => {
    const mosquitto = await broker();
    const sink = await openSink(mosquitto.url);
    expect(await sink.send(only(record(0)))).toEqual({ delivered: true });
    await mosquitto.kill();
    expect(await sink.send(only(record(1)))).toMatchObject({ transient: true });
    expect(sink.state().trouble).not.toBeNull();
    await mosquitto.restart();
    const { text } = await city(mosquitto.port);
    await until("it delivers again", async () => "delivered" in (await sink.send(only(record(2)))));
    await until("it came", () => identities(text()).includes("3/17/2"));
  });

  it("has confirmed nothing that is missing, however often its line is cut", async () => {
    const mosquitto = await broker({ lines: ["set_tcp_nodelay true"] });
    const bridge = await cuttableBridge(mosquitto.port);
    endings.push(() => bridge.close());
    const { text } = await city(mosquitto.port);
    const sink = await openSink(`mqtt://127.0.0.1:${bridge.port}`);
    const confirmed: string[] = [];
    let cuts = 0;
    let failures = 0;
    for (let row = 0; row < 300; row += 3) {
      const batch = only(record(row, "pb-a"), record(row + 1, "pb-b"), record(row + 2, "pb-c"));
      let tries = 0;
      for (;;) {
        const sending = sink.send(batch);
        if (row % 30 === 0 && tries === 0) {
          setImmediate(() => bridge.cut());
          cuts += 1;
        }
        tries += 1;
        if ("delivered" in (await sending)) {
          break;
        }
        failures += 1;
      }
      confirmed.push(...batch.records.map(({ dh }) => dh));
    }
    expect(cuts).toBe(10);
    expect(failures).toBeGreaterThan(0);
    await until("every confirmed record came", () => {
      const came = new Set(identities(text()));
      return confirmed.every((dh) => came.has(dh));
    });
  });
});

const tlsHere = here && has("openssl");
describe.skipIf(!tlsHere)(
  `the mqtt sink over TLS${tlsHere ? "" : " (skipped: no mosquitto or openssl)"}`,
  () => {
    let folder = "";
    let made: Certificates;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "hasen-tls-"));
      made = makeCertificates(folder);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const server = () => ({ ca: made.ca, certificate: made.server.certificate, key: made.server.key });

    it("trusts the authority it was given, and shows its client certificate", async () => {
      const { url } = await broker({ tls: server(), clientCertificates: true });
      const { certificate, key } = made.client;
      const sink = await openSink(url, { caFile: made.ca, certificateFile: certificate, keyFile: key });
      await until("it is up", () => sink.state().connected);
      expect(await sink.send(only(record(1)))).toEqual({ delivered: true });
    });

    it("does not trust a broker whose authority it does not know", async () => {
      const { url } = await broker({ tls: server() });
      const sink = await openSink(url);
      await until("the trouble is known", () => sink.state().trouble?.includes("caFile") === true);
      expect(await sink.send(only(record(1)))).toMatchObject({ fault: "unreachable", transient: true });
    });

    it("does not trust a certificate for another host", async () => {
      const certificate = made.client.certificate;
      const { port } = await broker({ tls: { ca: made.ca, certificate, key: made.client.key } });
      const sink = await openSink(`mqtts://localhost:${port}`, { caFile: made.ca });
      await until("the trouble is known", () => sink.state().trouble?.includes("another host") === true);
    });

    it("says when the broker wants a client certificate", async () => {
      const { url } = await broker({ tls: server(), clientCertificates: true });
      const sink = await openSink(url, { caFile: made.ca });
      await until("the trouble is known", () => sink.state().trouble?.includes("certificate") === true);
    });

    it("says when it speaks TLS to a port that does not", async () => {
      const { port } = await broker();
      const sink = await openSink(`mqtts://localhost:${port}`, { caFile: made.ca });
      await until("the trouble is known", () =>
        /TLS|cut the connection|closed/.test(sink.state().trouble ?? ""),
      );
    });
  },
);

describe("the mqtt sink at a broker that does not help", () => {
  it("says that nothing listens there", async () => {
    const sink = await openSink(`mqtt://127.0.0.1:${await freePort()}`, { connectTimeout: 200 });
    expect(await sink.send(only(record(1)))).toMatchObject({ fault: "unreachable", transient: true });
    expect(sink.state().trouble).toContain("nothing listens there");
  });

  it("gives up waiting for one that takes the connection and stays silent", async () => {
    const stubborn = await silentBroker();
    endings.push(() => stubborn.close());
    const sink = await openSink(`mqtt://127.0.0.1:${stubborn.port}`, { connectTimeout: 200 });
    expect(await sink.send(only(record(1)))).toMatchObject({ fault: "unreachable", transient: true });
    expect(sink.state().trouble).toContain("stays silent");
    await until("it tries again", () => stubborn.connections() >= 2);
  });

  it("gives up waiting for one that never confirms, and connects anew", async () => {
    const stubborn = await forgetfulBroker();
    endings.push(() => stubborn.close());
    const sink = await openSink(`mqtt://127.0.0.1:${stubborn.port}`, { confirmTimeout: 200 });
    await until("it is up", () => sink.state().connected);
    expect(await sink.send(only(record(1)))).toMatchObject({ fault: "timeout", transient: true });
    expect(sink.state().trouble).toContain("does not confirm");
    await until("it connects anew", () => stubborn.connections() >= 2);
  });

  it("waits for one that is slow, message after message, as long as it goes on confirming", async () => {
    const slow = await confirmingBroker({ every: 100 });
    endings.push(() => slow.close());
    const sink = await openSink(`mqtt://127.0.0.1:${slow.port}`, { confirmTimeout: 400, messageMax: 1024 });
    await until("it is up", () => sink.state().connected);
    const records = Array.from({ length: 100 }, (_, row) => record(row));
    expect(await sink.send(only(...records))).toEqual({ delivered: true });
    expect(slow.connections()).toBe(1);
  });

  it("sends one message at a time to one that says, against the standard, that it takes none", async () => {
    const odd = await confirmingBroker({ every: 0, receiveMaximum: 0 });
    endings.push(() => odd.close());
    const sink = await openSink(`mqtt://127.0.0.1:${odd.port}`);
    await until("it is up", () => sink.state().connected);
    expect(await sink.send(only(record(1), record(2, "pb-2")))).toEqual({ delivered: true });
  });

  it("stops within a second, whatever is under way, and answers who waits", async () => {
    const stubborn = await forgetfulBroker();
    endings.push(() => stubborn.close());
    const sink = await openSink(`mqtt://127.0.0.1:${stubborn.port}`);
    await until("it is up", () => sink.state().connected);
    const sending = sink.send(only(record(1)));
    const start = performance.now();
    await sink.stop();
    expect(performance.now() - start).toBeLessThan(1000);
    expect(await sending).toMatchObject({ transient: true });
  });

  it("leaves one that slams the door alone for longer and longer", async () => {
    const stubborn = await slammingBroker();
    endings.push(() => stubborn.close());
    const sink = new MqttSink(settingsFor(`mqtt://127.0.0.1:${stubborn.port}`, { reconnectMax: 60_000 }), {
      ...context,
      random: () => 0.9999,
    });
    await sink.start();
    endings.push(() => sink.stop());
    await sink.send(only(record(1)));
    expect(stubborn.connections()).toBeLessThanOrEqual(3); // at 0, 0.5 and 1.5 s
  });

  it("names one that speaks only 3.1.1, and works with it once told", async () => {
    const aedes = await Aedes.createBroker();
    const port = await freePort();
    const server = createServer(aedes.handle).listen(port, "127.0.0.1");
    endings.push(() => new Promise((resolve) => aedes.close(() => server.close(resolve))));
    const five = await openSink(`mqtt://127.0.0.1:${port}`);
    await until("the trouble is known", () => five.state().trouble?.includes("protocol: 4") === true);
    const four = await openSink(`mqtt://127.0.0.1:${port}`, { protocol: 4 });
    await until("it is up", () => four.state().connected);
    expect(await four.send(only(record(1)))).toEqual({ delivered: true });
  });
});

describe("what a broker's refusal means", () => {
  it.each([
    [135, true],
    [151, true],
    [131, true],
    [128, true],
    [200, true],
    [149, false],
    [153, false],
    [144, false],
  ])("reason code %i: to be tried again: %s", (code, transient) => {
    expect(faultOfReason(code, "a/b")).toMatchObject({ fault: "refused", transient });
  });
});

describe("the mqtt sink's settings", () => {
  it.each([{ topic: "a/#" }, { prefix: "{device}" }, { topic: "{what}" }])(
    "refuse %j with an example",
    (wrong) => {
      const create = () => definition.create(settingsFor("mqtt://localhost", wrong), context);
      expect(create).toThrow(ProblemError);
    },
  );
});
