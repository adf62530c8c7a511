import type { EventEmitter } from "node:events";
import { type Bluetooth, createBluetooth } from "node-ble";
import { NoAnswer } from "./bluetooth-problem.ts";

/** An answer of the Bluetooth service that takes longer is none, ms. */
const patienceStandard = 5000;

/** A connection to the system's message bus. */
export class MessageBus {
  readonly bluetooth: Bluetooth;
  readonly #destroy: () => void;
  readonly #lost: Promise<never>;
  #lose: (reason: Error) => void = () => undefined;

  private constructor({ bluetooth, destroy }: ReturnType<typeof createBluetooth>) {
    this.bluetooth = bluetooth;
    this.#destroy = destroy;
    const bus = (bluetooth as unknown as { readonly dbus: EventEmitter }).dbus;
    this.#lost = new Promise((_, reject) => {
      this.#lose = reject;
      bus.on("error", reject);
    });
    this.#lost.catch(() => undefined);
  }

  static open(): MessageBus {
    return new MessageBus(createBluetooth());
  }

  async ask<T>(work: Promise<T>, patience = patienceStandard): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new NoAnswer(patience)), patience);
    });
    try {
      return await Promise.race([work, this.#lost, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What is asked now, or later, is refused at once. */
  close(): void {
    this.#lose(new Error("the connection to the message bus was ended"));
    try {
      this.#destroy();
    } catch {
      // A bus that is lost already has nothing to be ended.
    }
  }
}
