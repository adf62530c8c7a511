import { createServer, type Socket } from "node:net";
import type { Line } from "./line.ts";
import type { ModbusBus, ModbusPiece } from "./modbus-bus.ts";

/** Lets a bus answer on a line (a pseudo-terminal). Returns what takes it off. */
export function plugRtu(bus: ModbusBus, line: Line): () => void {
  const said = new Saying((bytes) => line.write(bytes));
  line.onRequest = (bytes) => said.say(bus.receive(bytes));
  return () => {
    line.onRequest = null;
    said.stop();
  };
}

/** A Modbus/TCP server with the units of a bus behind it. */
export interface ModbusServer {
  readonly port: number;
  /** Connections that it has had so far. */
  connections(): number;
  close(): Promise<void>;
}

export function serveTcp(bus: ModbusBus, port = 0, host = "127.0.0.1"): Promise<ModbusServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    const said = new Saying((bytes) => socket.write(bytes));
    socket.setNoDelay(true);
    socket.on("data", (bytes) => said.say(bus.receiveTcp(bytes)));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      said.stop();
      sockets.delete(socket);
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : 0,
        connections: () => connections,
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) {
              socket.destroy();
            }
            server.close(() => done());
          }),
      });
    });
  });
}

/** Says pieces when their time has come. */
class Saying {
  private readonly write: (bytes: Uint8Array) => void;
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(write: (bytes: Uint8Array) => void) {
    this.write = write;
  }

  say(pieces: readonly ModbusPiece[]): void {
    for (const { after, bytes } of pieces) {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        this.write(bytes);
      }, after);
      this.timers.add(timer);
    }
  }

  stop(): void {
    for (const timer of this.timers) {
      clearTimeout(timer);
    }
    this.timers.clear();
  }
}
