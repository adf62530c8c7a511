/** The street's uplink: a TCP line between gateway and city that a visitor can cut. Cut means cut: open connections break, new ones are refused. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export interface Uplink {
  /** Where the gateway finds the city. */
  readonly port: number;
  readonly up: boolean;
  cut(): Promise<void>;
  heal(): Promise<void>;
  close(): Promise<void>;
}

export async function openUplink(cityPort: number): Promise<Uplink> {
  const sockets = new Set<Socket>();
  let server: Server | null = await listen(0, cityPort, sockets);
  const port = (server.address() as AddressInfo).port;
  const cut = async (): Promise<void> => {
    const closing = server;
    server = null;
    for (const socket of sockets) {
      socket.destroy();
    }
    if (closing !== null) {
      await new Promise((resolve) => closing.close(resolve));
    }
  };
  return {
    port,
    get up() {
      return server !== null;
    },
    cut,
    heal: async () => {
      server ??= await listen(port, cityPort, sockets);
    },
    close: cut,
  };
}

function listen(port: number, cityPort: number, sockets: Set<Socket>): Promise<Server> {
  const server = createServer((near) => {
    const far = connect(cityPort, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
