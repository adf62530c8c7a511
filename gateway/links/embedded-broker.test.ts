import fc from "fast-check";
import type { MqttClient } from "mqtt";
import { describe, expect, it } from "vitest";
import {
  connectPacket,
  device,
  openBroker,
  openLine,
  packet,
  raw,
  revoked,
} from "../../hil-tests/embedded-broker-site.ts";
import { until } from "../../hil-tests/programs.ts";
import { frameMax } from "../../protocols/link.ts";
import { ProblemError } from "../problem.ts";
import type { EmbeddedBrokerSettings } from "./embedded-broker.ts";

describe.each([
  ["with its short way for messages", false],
  ["by the library alone", true],
])("the gateway's own broker, %s", (_name, libraryOnly) => {
  const open = (changes: Partial<EmbeddedBrokerSettings> = {}, settleAtOnce = true) =>
    openBroker({ libraryOnly, ...changes }, settleAtOnce);
  const stillServes = async (port: number): Promise<void> => {
    const client = await device(port, "meter-2", { clientId: "check" });
    await client.publishAsync("dreihasen/v1/meter-2/up", "ok", { qos: 1 });
  };

  it("acknowledges a frame only when it is settled", async () => {
    const { port, arrivals } = await open({}, false);
    const client = await device(port, "meter-1");
    let acknowledged = false;
    const published = client
      .publishAsync("dreihasen/v1/meter-1/up", Buffer.from([1, 2, 3]), { qos: 1 })
      .then(() => {
        acknowledged = true;
      });
    await until("the frame arrived", () => arrivals.length === 1);
    // A ping answered after it shows that the line is not merely slow.
    await roundTrip(client);
    expect(acknowledged).toBe(false);
    expect([...arrivals[0]!.frame]).toEqual([1, 2, 3]);
    expect(arrivals[0]!.source.address).toBe("mqtt:meter-1");
    arrivals[0]!.settled();
    await published;
  });

  it("takes frames that come behind one that is not settled yet, and acknowledges in their order", async () => {
    const { port, arrivals } = await open({}, false);
    const client = await device(port, "meter-1");
    const acknowledged: number[] = [];
    client.stream.cork();
    const all = [0, 1, 2].map((n) =>
      client
        .publishAsync("dreihasen/v1/meter-1/up", Buffer.from([n]), { qos: 1 })
        .then(() => acknowledged.push(n)),
    );
    client.stream.uncork();
    await until("all arrived", () => arrivals.length === 3);
    arrivals[2]!.settled();
    arrivals[1]!.settled();
    expect(acknowledged).toEqual([]);
    arrivals[0]!.settled();
    await Promise.all(all);
    expect(acknowledged).toEqual([0, 1, 2]);
  });

  it("takes messages of every quality of service that come in one read, each once, in their order", async () => {
    const { port, arrivals } = await open();
    const socket = await raw(port);
    const answers: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => answers.push(chunk));
    socket.write(connectPacket());
    await until("the line is open", () => Buffer.concat(answers).length === 4);
    const count = 300;
    const packets = Array.from({ length: count }, (_, i) => {
      const qos = i % 60 === 7 ? 2 : i % 2;
      const id = qos === 0 ? [] : [(i + 1) >> 8, (i + 1) & 255];
      return packet(0x30 | (qos << 1), "dreihasen/v1/meter-1/up", ...id, i >> 8, i & 255);
    });
    socket.write(Buffer.concat(packets));
    await until("all arrived", () => arrivals.length === count);
    expect(arrivals.map(({ frame }) => frame[0]! * 256 + frame[1]!)).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    const acknowledged = () => {
      const bytes = Buffer.concat(answers).subarray(4);
      const all = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.subarray(4 * i, 4 * i + 4));
      return all.filter(([type]) => type === 0x40).map((answer) => answer.readUInt16BE(2) - 1);
    };
    const expected = Array.from({ length: count }, (_, i) => i).filter((i) => i % 2 === 1 && i % 60 !== 7);
    await until("all are acknowledged", () => acknowledged().length === expected.length);
    expect(acknowledged()).toEqual(expected);
  });

  it("reads no further on a line whose frames wait for the disk", async () => {
    const { port, arrivals } = await open({}, false);
    const client = await device(port, "meter-1");
    const frames = 1000;
    const acknowledged = Array.from({ length: frames }, () =>
      client.publishAsync("dreihasen/v1/meter-1/up", Buffer.alloc(1000), { qos: 1 }),
    );
    await until("the first come", () => arrivals.length > 0);
    await roundTrip(await device(port, "meter-2"), "meter-2");
    expect(arrivals.length).toBeLessThan(140); // two reads of 64 KiB
    for (let settled = 0; settled < frames; settled++) {
      await until("the next one comes", () => arrivals.length > settled);
      arrivals[settled]!.settled();
    }
    await Promise.all(acknowledged);
  });

  it("sends frames back to the device that listens, and says so when nobody does", async () => {
    const { broker, port, arrivals } = await open();
    const client = await device(port, "meter-1");
    await client.publishAsync("dreihasen/v1/meter-1/up", "a", { qos: 1 });
    expect(arrivals[0]!.source.reply(Uint8Array.of(7))).toBe(false);
    await client.subscribeAsync("dreihasen/v1/meter-1/down", { qos: 1 });
    const message = new Promise<Buffer>((resolve) =>
      client.once("message", (_topic, payload) => resolve(payload)),
    );
    expect(arrivals[0]!.source.reply(Uint8Array.of(8, 9))).toBe(true);
    expect([...(await message)]).toEqual([8, 9]);
    await client.endAsync(true);
    await until("the line is gone", () => broker.counters.connections === 0);
    expect(arrivals[0]!.source.reply(Uint8Array.of(7))).toBe(false);
  });

  it("refuses a wrong password, an unknown name and no name at all", async () => {
    const { broker, port } = await open();
    await expect(device(port, "meter-1", { password: "secret-2" })).rejects.toThrow();
    await expect(device(port, "meter-1", { username: "meter-9" })).rejects.toThrow();
    await expect(device(port, "meter-1", { username: "" })).rejects.toThrow();
    expect(broker.counters.refused["unauthenticated"]).toBe(3);
    await stillServes(port);
  });

  it("counts and drops a publish to a foreign topic, acknowledges it and keeps every line open", async () => {
    const { broker, port, arrivals } = await open();
    const first = await device(port, "meter-1");
    const second = await device(port, "meter-2");
    await second.subscribeAsync("dreihasen/v1/meter-2/down", { qos: 1 });
    let heard = 0;
    second.on("message", () => {
      heard += 1;
    });
    await first.publishAsync("dreihasen/v1/meter-2/up", "forged", { qos: 1, retain: true });
    await first.publishAsync("dreihasen/v1/meter-2/down", "forged", { qos: 1 });
    await first.publishAsync("dreihasen/settled", "x", { qos: 2 });
    await first.publishAsync("dreihasen/v1/meter-1/up", "own", { qos: 1 });
    await second.publishAsync("dreihasen/v1/meter-2/up", "own", { qos: 1 });
    expect(broker.counters.refused["wrong-topic"]).toBe(3);
    expect(arrivals.map(({ source }) => source.address)).toEqual(["mqtt:meter-1", "mqtt:meter-2"]);
    expect(heard).toBe(0);
  });

  it.each(["dreihasen/v1/meter-2/down", "dreihasen/v1/+/up", "#", "$SYS/#", "dreihasen/v1/meter-1/up"])(
    "refuses a subscription to %s",
    async (topic) => {
      const { port } = await open();
      const client = await device(port, "meter-1");
      await expect(client.subscribeAsync(topic, { qos: 1 })).rejects.toThrow();
    },
  );

  it("gives a device's line to its newest connection, whatever client id it names", async () => {
    const { broker, port, arrivals } = await open();
    const old = await device(port, "meter-1", { clientId: "one" });
    const other = await device(port, "meter-2", { clientId: "two" });
    const closed = new Promise<void>((resolve) => old.once("close", () => resolve()));
    const fresh = await device(port, "meter-1", { clientId: "two" });
    await closed;
    await fresh.publishAsync("dreihasen/v1/meter-1/up", "new", { qos: 1 });
    await other.publishAsync("dreihasen/v1/meter-2/up", "still here", { qos: 1 });
    expect(arrivals).toHaveLength(2);
    expect(broker.counters.connections).toBe(2);
  });

  it("ends a revoked device's live session and does not let it in again", async () => {
    const { broker, port } = await open();
    const client = await device(port, "meter-1");
    const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
    revoked.add("meter-1");
    broker.disconnect("meter-1");
    await closed;
    await expect(device(port, "meter-1")).rejects.toThrow();
    broker.disconnect("nobody");
    await stillServes(port);
  });

  it("keeps no session and no will of a device that is gone", async () => {
    const { port, arrivals } = await open();
    const will = {
      topic: "dreihasen/v1/meter-1/up",
      payload: Buffer.from("will"),
      qos: 1 as const,
      retain: true,
    };
    const client = await device(port, "meter-1", { clean: false, will });
    await client.subscribeAsync("dreihasen/v1/meter-1/down", { qos: 1 });
    client.stream.destroy();
    const again = await device(port, "meter-1", { clean: false });
    await again.publishAsync("dreihasen/v1/meter-1/up", "a", { qos: 1 });
    expect(arrivals).toHaveLength(1);
    expect(arrivals[0]!.source.reply(Uint8Array.of(1))).toBe(false);
  });

  it("drops a frame that is too long and keeps the line", async () => {
    const { broker, port, arrivals } = await open();
    const client = await device(port, "meter-1");
    await client.publishAsync("dreihasen/v1/meter-1/up", Buffer.alloc(frameMax + 1), { qos: 1 });
    await client.publishAsync("dreihasen/v1/meter-1/up", Buffer.alloc(frameMax), { qos: 1 });
    expect(broker.counters.refused["too-long"]).toBe(1);
    expect(arrivals).toHaveLength(1);
  });

  it("closes the line at a packet that claims too much, before it is collected", async () => {
    const { broker, port } = await open();
    const socket = await raw(port);
    socket.write(connectPacket());
    socket.write(Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f])); // a PUBLISH of 256 MB
    await socket.closedByPeer;
    expect(broker.counters.refused["too-long"]).toBe(1);
    await stillServes(port);
  });

  it("closes the line at a CONNECT longer than any name and password", async () => {
    const { port } = await open();
    const socket = await raw(port);
    socket.write(Buffer.from([0x10, 0x80, 0x10]));
    await socket.closedByPeer;
    await stillServes(port);
  });

  it("closes a connection that does not say who it is in time", async () => {
    const { port } = await open({ greetingMax: 100 });
    const socket = await raw(port);
    socket.write(connectPacket().subarray(0, 10));
    await socket.closedByPeer;
    await stillServes(port);
  });

  it("closes a connection whose keep-alive has run out, also if it asked for none", async () => {
    const { port } = await open({ keepAliveMax: 1000 });
    const socket = await raw(port);
    socket.write(connectPacket(0));
    await socket.closedByPeer;
  });

  it("keeps a line open whose device only sends messages, and closes it when they end", async () => {
    const { port, arrivals } = await open({ keepAliveMax: 1000 });
    const socket = await raw(port);
    const begun = performance.now();
    let last = begun;
    // Every acknowledgement is answered with the next message, for longer than the keep-alive allows to be silent.
    socket.on("data", () => {
      if (performance.now() - begun < 2500) {
        last = performance.now();
        socket.write(packet(0x32, "dreihasen/v1/meter-1/up", 0, 1, 0x78));
      }
    });
    socket.write(connectPacket(1));
    await socket.closedByPeer;
    expect(last - begun).toBeGreaterThan(2400);
    expect(performance.now() - last).toBeGreaterThan(1000);
    expect(arrivals.length).toBeGreaterThan(10);
  });

  it("acknowledges a message again that comes twice, and hands both on", async () => {
    const { port, arrivals } = await open();
    const line = await openLine(port);
    const topic = "dreihasen/v1/meter-1/up";
    line.socket.write(Buffer.concat([packet(0x32, topic, 0, 9, 1), packet(0x3a, topic, 0, 9, 1)]));
    await until("both are acknowledged", () => line.answers("puback").length === 2);
    expect(line.answers("puback")).toEqual([9, 9]);
    expect(arrivals).toHaveLength(2);
  });

  it("acknowledges in order what it took by two ways in one read", async () => {
    const { port, arrivals } = await open({}, false);
    const line = await openLine(port);
    const own = "dreihasen/v1/meter-1/up";
    const foreign = "dreihasen/v1/meter-2/up";
    const all = [packet(0x32, own, 0, 1, 1), packet(0x32, foreign, 0, 2, 2), packet(0x32, own, 0, 3, 3)];
    line.socket.write(Buffer.concat(all));
    await until("both frames come", () => arrivals.length === 2);
    arrivals[1]!.settled();
    await roundTrip(await device(port, "meter-2"), "meter-2");
    expect(line.answers("puback")).toEqual([]);
    arrivals[0]!.settled();
    await until("all are acknowledged", () => line.answers("puback").length === 3);
    expect(line.answers("puback")).toEqual([1, 2, 3]);
  });

  it("takes nothing more from a line that another has taken over", async () => {
    const { port, arrivals } = await open();
    const old = await openLine(port);
    const fresh = await openLine(port);
    old.socket.write(packet(0x32, "dreihasen/v1/meter-1/up", 0, 1, 1));
    await old.socket.closedByPeer;
    fresh.socket.write(packet(0x32, "dreihasen/v1/meter-1/up", 0, 2, 2));
    await until("the new line's message comes", () => fresh.answers("puback").length === 1);
    expect(arrivals.map(({ frame }) => frame[0])).toEqual([2]);
  });

  it("lets strangers hold no more than their share of the connections", async () => {
    const { broker, port } = await open({ connectionsMax: 16 });
    const strangers = await Promise.all(Array.from({ length: 5 }, () => raw(port)));
    await Promise.race(strangers.map((stranger) => stranger.closedByPeer));
    expect(broker.counters.refused["unauthenticated"]).toBe(1);
    await stillServes(port);
  });

  it("takes no more connections than it may", async () => {
    const { broker, port } = await open({ connectionsMax: 1 });
    await device(port, "meter-1");
    await expect(device(port, "meter-2")).rejects.toThrow();
    expect(broker.counters.refused["too-many-connections"]).toBe(1);
  });

  it("stays up whatever bytes come before or after CONNECT", async () => {
    const { port } = await open();
    const hostile = fc.asyncProperty(
      fc.boolean(),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      async (greets, bytes) => {
        const socket = await raw(port);
        if (greets) {
          socket.write(connectPacket());
        }
        await new Promise<void>((resolve) => socket.end(bytes, () => resolve()));
        await socket.closedByPeer;
      },
    );
    await fc.assert(hostile, { numRuns: 100 });
    await stillServes(port);
  });

  it("stays up under packets with one byte changed", async () => {
    const { port } = await open();
    const good = Buffer.concat([
      connectPacket(),
      packet(0x82, 0, 1, "dreihasen/v1/meter-1/down", 1),
      packet(0x32, "dreihasen/v1/meter-1/up", 0, 2, 0x78),
    ]);
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1 << (at % 8);
      const socket = await raw(port);
      await new Promise<void>((resolve) => socket.end(bad, () => resolve()));
      await socket.closedByPeer;
    }
    await stillServes(port);
  });

  it("says that its port is taken", async () => {
    const { port } = await open();
    const error = await open({ listen: { host: "127.0.0.1", port } }).catch((reason) => reason);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error.exit).toBe(75);
  });

  it("stops within a second though a device waits for its acknowledgement", async () => {
    const { broker, port, arrivals } = await open({}, false);
    const client = await device(port, "meter-1");
    client.publish("dreihasen/v1/meter-1/up", "a", { qos: 1 });
    await until("it arrived", () => arrivals.length === 1);
    const start = performance.now();
    await broker.stop();
    expect(performance.now() - start).toBeLessThan(1000);
    arrivals[0]!.settled();
  });
});

/** Resolves when the broker has answered something sent now. */
async function roundTrip(client: MqttClient, name = "meter-1"): Promise<void> {
  await client.subscribeAsync(`dreihasen/v1/${name}/down`, { qos: 1 });
}
