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
