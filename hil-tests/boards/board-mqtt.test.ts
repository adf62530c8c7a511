/** A board's link over MQTT at the gateway's own broker; the interpreter's sockets are Node's here. */
import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { espruinoMqttLink } from "../../boards/platforms/espruino-mqtt-link.ts";
import { connectPacket, name, subscribePacket } from "../../boards/platforms/espruino-mqtt-packets.ts";
import { EmbeddedBroker } from "../../gateway/links/embedded-broker.ts";
import { silentLog } from "../../gateway/log.ts";
import { bytesOf, byteText } from "../../protocols/cbor-small.ts";
import { freePort, until } from "../programs.ts";

const device = "pb-pole-17";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a board's link at the gateway's own broker", () => {
  it("carries frames up and down, and comes back after the broker was away", async () => {
    const sockets = {
      connect: (to: { host: string; port: number }, connected: () => void) => {
        const socket = connect(to, connected).setEncoding("latin1");
        return {
          on: (event: string, take: (text: string) => void) => socket.on(event, take),
          write: (packet: string) => socket.write(packet, "latin1"),
          end: () => socket.end(),
        };
      },
    };
    vi.stubGlobal("E", { hwRand: () => 0, toString: byteText, toUint8Array: bytesOf });
    vi.stubGlobal("require", () => sockets);
    const port = await freePort();
    const arrivals: { frame: string; reply(frame: Uint8Array): boolean }[] = [];
    const open = async () => {
      const broker = new EmbeddedBroker(
        { listen: { host: "127.0.0.1", port }, connectionsMax: 5, greetingMax: 5000, keepAliveMax: 60_000 },
        {
          log: silentLog(),
          gateway: "g",
          random: Math.random,
          authenticate: (who, password) =>
            who === device && Buffer.from(password).toString() === "right" ? { name: who } : null,
        },
      );
      await broker.start((frame, source, settled) => {
        arrivals.push({ frame: byteText(frame), reply: (reply) => source.reply(reply) });
        settled();
      });
      return broker;
    };
    let broker = await open();
    const link = espruinoMqttLink(
      {
        host: "127.0.0.1",
        port,
        connect: connectPacket(device, "right"),
        subscribe: subscribePacket(`dreihasen/v1/${device}/down`),
        topic: name(`dreihasen/v1/${device}/up`),
      },
      (isUp) => isUp(),
    );
    const heard: string[] = [];
    link.onFrame = (frame) => heard.push(byteText(frame));
    await until("the link is ready", () => link.ready());
    const frame = Uint8Array.from({ length: 300 }, (_, i) => i);
    for (let n = 0; n < 20; n++) {
      await until("there is room", () => link.send(frame) === null);
    }
    await until("all have come", () => arrivals.length === 20);
    expect(new Set(arrivals.map((one) => one.frame))).toEqual(new Set([byteText(frame)]));
    arrivals[0]?.reply(Uint8Array.of(0, 7, 255));
    await until("the answer has come", () => heard.length === 1);
    expect(heard).toEqual(["\0\x07\xff"]);
    await broker.stop();
    await until("the loss is noticed", () => !link.ready());
    broker = await open();
    await until("it is back", () => link.ready());
    await broker.stop();
  });
});
