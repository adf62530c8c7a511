import { createConnection } from "node:net";
import { SerialPort } from "serialport";
import { fault } from "../../protocols/fault.ts";
import type { ModbusSession, ModbusStep } from "../../protocols/modbus-session.ts";

/** Where a session's bytes go, and where they come from. */
export interface ModbusHost {
  write(bytes: Uint8Array): void;
  onBytes(take: (bytes: Uint8Array) => void): void;
  close(): Promise<void>;
}

export async function serialHost(path: string, baudRate: number): Promise<ModbusHost> {
  const port = new SerialPort({ path, baudRate, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  const taker = new Taker();
  port.on("data", (bytes: Buffer) => taker.take(bytes));
  return {
    write: (bytes) => port.write(bytes),
    onBytes: (take) => taker.is(take),
    close: () => new Promise((resolve) => port.close(() => resolve())),
  };
}

export async function tcpHost(port: number): Promise<ModbusHost> {
  const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  const taker = new Taker();
  socket.on("data", (bytes: Buffer) => taker.take(bytes));
  return {
    write: (bytes) => socket.write(bytes),
    onBytes: (take) => taker.is(take),
    close: async () => void socket.destroy(),
  };
}

/** Whoever runs the round that is under way. */
class Taker {
  private current: (bytes: Uint8Array) => void = () => undefined;

  is(take: (bytes: Uint8Array) => void): void {
    this.current = take;
  }

  take(bytes: Buffer): void {
    this.current(Uint8Array.from(bytes));
  }
}

/** Runs one round in real time; ends with a fault after `deadline` ms. */
export function runRound(session: ModbusSession, host: ModbusHost, deadline = 15_000): Promise<ModbusStep[]> {
  const all: ModbusStep[] = [];
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const act = (steps: readonly ModbusStep[]) => {
      for (const step of steps) {
        all.push(step);
        if (step.type === "send") {
          host.write(step.bytes);
        }
      }
      clearTimeout(timer);
      if (!session.isBusy) {
        clearTimeout(guard);
        resolve(all);
      } else if (session.deadline !== null) {
        const wait = Math.max(0, session.deadline - performance.now());
        timer = setTimeout(() => act(session.tick(performance.now())), wait);
      }
    };
    const guard = setTimeout(
      () => act(session.closed(fault("timeout", "the round took too long"))),
      deadline,
    );
    host.onBytes((bytes) => act(session.push(bytes, performance.now())));
    act(session.start(performance.now()));
  });
}
