import { SerialPort } from "serialport";
import { concat } from "../../protocols/bytes.ts";
import type { Line } from "./line.ts";

/** A reader at the other end of a line, for tests. */
export interface Reader {
  /** Everything it has got so far. */
  received(): Uint8Array;
  send(bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** What a reader needs to know of a line; one of kind "memory" also its two ends. */
export type ReadableLine = Pick<Line, "path" | "kind"> & Partial<Pick<Line, "onBytes" | "onRequest">>;

/** Opens a line as a program with a serial port does. */
export async function reader(line: ReadableLine): Promise<Reader> {
  const parts: Uint8Array[] = [];
  if (line.kind === "memory") {
    line.onBytes = (bytes) => parts.push(Uint8Array.from(bytes));
    return {
      received: () => concat(parts),
      send: (bytes) => line.onRequest?.(bytes),
      close: async () => undefined,
    };
  }
  const port = new SerialPort({ path: line.path, baudRate: 9600, autoOpen: false });
  port.on("data", (bytes: Buffer) => parts.push(Uint8Array.from(bytes)));
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  return {
    received: () => concat(parts),
    send: (bytes) => port.write(bytes),
    close: () => new Promise<void>((resolve) => port.close(() => resolve())),
  };
}
