import mqtt from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Mosquitto, startMosquitto } from "../../hil-tests/mosquitto.ts";
import { has, until } from "../../hil-tests/programs.ts";
import type { Fault } from "../../protocols/fault.ts";
import { MqttLink } from "./mqtt-link.ts";

const device = "pb-test-001";
let ends: (() => void | Promise<void>)[];

beforeEach(() => {
  ends = [];
});

afterEach(async () => {
  for (const end of ends.reverse()) {
    await end();
  }
});

async function broker(): Promise<Mosquitto> {
  const started = await startMosquitto({ users: { [device]: "right", gateway: "gateway" } });
  ends.push(() => started.stop());
  return started;
}

function linkTo(url: string, password = "right"): { link: MqttLink; states: (Fault | null)[] } {
  const states: (Fault | null)[] = [];
  const link = new MqttLink({ url, device, password, ca: null, onState: (state) => states.push(state) });
  ends.push(() => link.close());
  return { link, states };
}

describe.skipIf(!has("mosquitto"))("the MQTT link (needs mosquitto)", () => {
  it("carries frames up and down on the device's own topics", async () => {
    const { url } = await broker();
    const gateway = await mqtt.connectAsync(url, { username: "gateway", password: "gateway" });
    ends.push(() => void gateway.end(true));
    await gateway.subscribeAsync("dreihasen/v1/+/up", { qos: 1 });
    const up: [string, Uint8Array][] = [];
    gateway.on("message", (topic, payload) => up.push([topic, new Uint8Array(payload)]));
    const { link } = linkTo(url);
    const down: Uint8Array[] = [];
    link.onFrame = (frame) => down.push(frame);
    await until("the link is ready", () => link.ready());
    expect(link.send(Uint8Array.of(1, 2, 3))).toBeNull();
    await until("the frame has come", () => up.length === 1);
    expect(up[0]).toEqual([`dreihasen/v1/${device}/up`, Uint8Array.of(1, 2, 3)]);
    await gateway.publishAsync(`dreihasen/v1/${device}/down`, Buffer.from([4]), { qos: 1 });
    await until("the answer has come", () => down.length === 1);
    expect(down[0]).toEqual(Uint8Array.of(4));
  });

  it("comes back by itself after the gateway was killed", async () => {
    const server = await broker();
    const { link, states } = linkTo(server.url);
    await until("the link is ready", () => link.ready());
    await server.kill();
    await until("the loss was noticed", () => !link.ready());
    expect(link.send(Uint8Array.of(1))).toMatchObject({ fault: "link" });
    await server.restart();
    await until("the link is ready again", () => link.ready());
    expect(states.filter((state) => state === null)).toHaveLength(2);
  });

  it("says once what is wrong with a refused device, and goes on trying", async () => {
    const { url } = await broker();
    const { link, states } = linkTo(url, "wrong");
    await until("the refusal was told", () => states.length === 1);
    expect(states[0]?.detail).toContain("is its key file the newest, or was it revoked?");
    await new Promise((resolve) => setImmediate(resolve));
    expect(link.ready()).toBe(false);
    expect(states).toHaveLength(1);
  });

  it("says when nobody listens", async () => {
    const { states } = linkTo("mqtt://127.0.0.1:1");
    await until("it was told", () => states.length === 1);
    expect(states[0]?.detail).toContain("nobody listens there");
  });
});
