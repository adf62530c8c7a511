import { EventEmitter } from "node:events";
import ModbusSerial from "modbus-serial";
import type { ModbusExchange } from "./meter-lines.ts";

/** A serial port whose answer is there as soon as something is written. */
class AnsweringPort extends EventEmitter {
  readonly isOpen = true;
  answer: Buffer = Buffer.alloc(0);

  open(callback: () => void): void {
    callback();
  }

  write(): void {
    this.emit("data", this.answer);
  }
}

/** The same registers asked with modbus-serial, its checks included. Returns a pass that says how many exchanges there were. */
export function modbusPeer(exchanges: readonly ModbusExchange[]): () => number {
  const port = new AnsweringPort();
  const client = new ModbusSerial(port) as unknown as ClientWithCallbacks;
  client.open(() => undefined);
  return () => {
    let registers = 0;
    const take = (error: Error | null, read: { readonly data: readonly number[] }) => {
      if (error !== null) {
        throw error;
      }
      registers += read.data.length;
    };
    for (const { request, answer } of exchanges) {
      port.answer = answer;
      const { unit, address, count, table } = request;
      if (table === "holding") {
        client.writeFC3(unit, address, count, take);
      } else {
        client.writeFC4(unit, address, count, take);
      }
    }
    return registers > 0 ? exchanges.length : 0;
  };
}

/** What modbus-serial has and its types leave out: reading without a Promise each. */
interface ClientWithCallbacks {
  open(done: () => void): void;
  writeFC3: ReadWithCallback;
  writeFC4: ReadWithCallback;
}

type ReadWithCallback = (
  unit: number,
  address: number,
  count: number,
  done: (error: Error | null, read: { readonly data: readonly number[] }) => void,
) => void;
