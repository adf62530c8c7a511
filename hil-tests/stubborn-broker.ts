/** Brokers that misbehave, for tests: they take connections, and then do as little as they are told to. */
import { connect, createServer, type Server, type Socket } from "node:net";

export interface StubbornBroker {
  readonly port: number;
  /** Connections it has taken so far. */
  connections(): number;
  close(): Promise<void>;
}

/** Takes connections and never says a word. */
export function silentBroker(): Promise<StubbornBroker> {
  return listen(() => {});
}

/** Greets with an MQTT 5 CONNACK and never confirms anything. */
export function forgetfulBroker(): Promise<StubbornBroker> {
  return listen((socket) => {
    socket.once("data", () => socket.write(Uint8Array.of(0x20, 3, 0, 0, 0))); // MQTT 5 §3.2
  });
}

/** Confirms one QoS 1 message each so many ms, in order. `receiveMaximum` is what it says of itself. */
export function confirmingBroker(options: {
  every: number;
  receiveMaximum?: number;
}): Promise<StubbornBroker> {
  const { every, receiveMaximum: most } = options;
  const greeting = most === undefined ? [0x20, 3, 0, 0, 0] : [0x20, 6, 0, 0, 3, 0x21, most >> 8, most & 255]; // MQTT 5 §3.2
  return listen((socket) => {
    let unread = Buffer.alloc(0);
    const waiting: number[] = [];
    let timer: NodeJS.Timeout | null = null;
    const confirm = (): void => {
      const id = waiting.shift();
      timer = id === undefined ? null : setTimeout(confirm, every);
      if (id !== undefined) {
        socket.write(Uint8Array.of(0x40, 2, id >> 8, id & 255)); // MQTT 5 §3.4
      }
    };
    socket.on("data", (bytes) => {
      unread = Buffer.concat([unread, bytes]);
      for (let packet = packetOf(unread); packet !== null; packet = packetOf(unread)) {
        unread = unread.subarray(packet.end);
        if (packet.type === 1) {
          socket.write(Uint8Array.from(greeting));
        } else if (packet.type === 3) {
          waiting.push(packet.body.readUInt16BE(2 + packet.body.readUInt16BE(0)));
          timer ??= setTimeout(confirm, every);
        }
      }
    });
    socket.once("close", () => clearTimeout(timer ?? undefined));
  });
}

/** The first packet in these bytes (MQTT 5 §2.1); null where it is not whole. */
function packetOf(bytes: Buffer): { type: number; body: Buffer; end: number } | null {
  let length = 0;
  for (let at = 1; at < bytes.length && at <= 4; at++) {
    length += (bytes[at] & 127) << (7 * (at - 1));
    if (bytes[at] < 128) {
      const end = at + 1 + length;
      return end <= bytes.length ? { type: bytes[0] >> 4, body: bytes.subarray(at + 1, end), end } : null;
    }
  }
  return null;
}

/** Drops each connection as soon as it has come. */
export function slammingBroker(): Promise<StubbornBroker> {
  return listen((socket) => socket.destroy());
}

export interface Bridge extends StubbornBroker {
  /** Cuts all connections now; new ones are let through again. */
  cut(): void;
}

/** Passes bytes on to a real broker until it is told to cut. */
export async function cuttableBridge(target: number): Promise<Bridge> {
  const pairs = new Set<Socket>();
  const broker = await listen((near) => {
    const far = connect({ port: target, host: "127.0.0.1", noDelay: true });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      pairs.add(one);
      one.on("error", () => {});
      one.once("close", () => {
        pairs.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  return {
    ...broker,
    cut: () => {
      for (const socket of pairs) {
        socket.destroy();
      }
    },
  };
}

async function listen(greet: (socket: Socket) => void): Promise<StubbornBroker> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) {
          socket.destroy();
        }
      }),
  };
}
