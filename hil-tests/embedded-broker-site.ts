/** Our own broker and devices at it, for its tests. */
import { connect, type Socket } from "node:net";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { afterEach } from "vitest";
import type { FrameSource } from "../gateway/link.ts";
import { EmbeddedBroker, type EmbeddedBrokerSettings } from "../gateway/links/embedded-broker.ts";
import { silentLog } from "../gateway/log.ts";
import { endsOfTests } from "./ends.ts";
import { freePort, until } from "./programs.ts";

const passwords: Readonly<Record<string, string>> = { "meter-1": "secret-1", "meter-2": "secret-2" };
/** Names of devices that may not come in any more. */
export const revoked = new Set<string>();

interface Arrival {
  readonly frame: Uint8Array;
  readonly source: FrameSource;
  readonly settled: () => void;
}

const ends = endsOfTests();
afterEach(() => revoked.clear());

/** The broker, and what arrives at it; `settleAtOnce`: frames are settled as they come. */
export async function openBroker(changes: Partial<EmbeddedBrokerSettings> = {}, settleAtOnce = true) {
  const port = await freePort();
  const broker = new EmbeddedBroker(
    {
      listen: { host: "127.0.0.1", port },
      connectionsMax: 20,
      greetingMax: 5000,
      keepAliveMax: 60_000,
      ...changes,
    },
    {
      log: silentLog(),
      gateway: "gateway-1",
      random: Math.random,
      authenticate: (name, password) =>
        passwords[name] === Buffer.from(password).toString() && !revoked.has(name) ? { name } : null,
    },
  );
  const arrivals: Arrival[] = [];
  await broker.start((frame, source, settled) => {
    arrivals.push({ frame, source, settled });
    if (settleAtOnce) {
      settled();
    }
  });
  ends.push(() => broker.stop());
  return { broker, port, arrivals };
}

/** A device that is connected. */
export async function device(port: number, name: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = mqtt.connect({
    protocol: "mqtt",
    host: "127.0.0.1",
    port,
    username: name,
    password: passwords[name]!,
    clientId: name,
    reconnectPeriod: 0,
    ...options,
  });
  client.on("error", () => {});
  ends.push(() => client.endAsync(true));
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("error", reject);
    client.once("close", () => reject(new Error("closed")));
  });
  return client;
}

/** A connection that nobody speaks MQTT on. */
export async function raw(port: number): Promise<Socket & { closedByPeer: Promise<void> }> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  await new Promise((resolve) => socket.once("connect", resolve));
  ends.push(async () => socket.destroy());
  return Object.assign(socket, { closedByPeer: new Promise<void>((r) => socket.once("close", () => r())) });
}

/** A packet whose remaining length fits in one byte (3.1.1 §2.2). */
export function packet(first: number, ...parts: (number | string)[]): Buffer {
  const body = parts.map((part) =>
    typeof part === "number"
      ? Buffer.from([part])
      : Buffer.from(`\0${String.fromCharCode(part.length)}${part}`),
  );
  const length = body.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([first, length]), ...body]);
}

/** Of meter-1. */
export function connectPacket(keepAlive = 60): Buffer {
  return packet(0x10, "MQTT", 4, 0xc2, 0, keepAlive, "any", "meter-1", passwords["meter-1"]!);
}

const answerTypes = { puback: 0x40, pubrec: 0x50, suback: 0x90 } as const;

/** A line of meter-1 that has been greeted, as bytes: all that it is answered is a few bytes long. */
export async function openLine(port: number) {
  const socket = await raw(port);
  let bytes = Buffer.alloc(0);
  const packets = (): Buffer[] => {
    const found: Buffer[] = [];
    for (let at = 0; at + 2 <= bytes.length; at += 2 + bytes[at + 1]!) {
      found.push(bytes.subarray(at, at + 2 + bytes[at + 1]!));
    }
    return found;
  };
  const pings = () => packets().filter(([type]) => type === 0xd0).length;
  let closed = false;
  void socket.closedByPeer.then(() => {
    closed = true;
  });
  socket.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  socket.write(connectPacket());
  await until("the line is greeted", () => bytes.length >= 4);
  return {
    socket,
    /** Message numbers of the answers of one kind, in order. */
    answers: (kind: keyof typeof answerTypes): number[] =>
      packets()
        .filter(([type]) => type === answerTypes[kind])
        .map((answer) => answer.readUInt16BE(2)),
    /** True when all that was sent is answered; false when the line is closed instead. */
    ping: async (): Promise<boolean> => {
      const before = pings();
      socket.write(packet(0xc0));
      await until("the ping is answered, or the line closed", () => closed || pings() > before);
      return !closed;
    },
  };
}
