import type { EventEmitter } from "node:events";
import type { Adapter } from "node-ble";
import { problem } from "../problem.ts";
import { bluetoothProblem, NoAnswer } from "./bluetooth-problem.ts";

/** An answer of the Bluetooth service that takes longer is none, ms. */
const patienceStandard = 5000;

/** One Bluetooth adapter of this machine, over BlueZ's D-Bus interface. Whoever has it asks nothing without a deadline. */
export class Radio {
  readonly name: string;
  readonly adapter: Adapter;
  readonly #bus: Bus;

  private constructor(name: string, adapter: Adapter, bus: Bus) {
    this.name = name;
    this.adapter = adapter;
    this.#bus = bus;
  }

  /** The adapter of this name (hci0), or the first; rejects with the problem. */
  static async open(wanted: string | undefined): Promise<Radio> {
    const bus = await Bus.open();
    try {
      const names = (await bus.ask(bus.bluetooth.adapters())).filter((name) => /^hci\d+$/.test(name));
      const name = wanted ?? names[0];
      if (name === undefined) {
        throw problem("BLE-067", {});
      }
      if (!names.includes(name)) {
        throw names.length === 0
          ? problem("BLE-067", {})
          : problem("BLE-066", { adapter: name, adapters: names });
      }
      const radio = new Radio(name, await bus.ask(bus.bluetooth.getAdapter(name)), bus);
      await radio.check();
      return radio;
    } catch (error) {
      bus.close();
      throw bluetoothProblem(error, wanted ?? "hci0");
    }
  }

  /** Rejects with the problem where the adapter is gone or off, or the service is. */
  async check(): Promise<void> {
    if (!(await this.ask(this.adapter.isPowered()))) {
      throw problem("BLE-070", { adapter: this.name }, { where: this.name });
    }
  }

  /** Listens for devices that nobody has heard of yet, or stops to. Other programs may listen at the same time. */
  async listen(on: boolean): Promise<void> {
    const listening = await this.ask(this.adapter.isDiscovering());
    if (on && !listening) {
      await this.ask(this.adapter.startDiscovery());
    }
    if (!on && listening) {
      await this.ask(this.adapter.stopDiscovery());
    }
  }

  /** What was asked for, or a rejection with the problem: also where nothing is answered in time, or the bus is lost. */
  async ask<T>(work: Promise<T>, patience = patienceStandard): Promise<T> {
    try {
      return await this.#bus.ask(work, patience);
    } catch (error) {
      throw bluetoothProblem(error, this.name);
    }
  }

  close(): void {
    this.#bus.close();
  }
}

/** A connection to the system's message bus. */
class Bus {
  readonly bluetooth: import("node-ble").Bluetooth;
  readonly #destroy: () => void;
  readonly #lost: Promise<never>;
  #lose: (reason: Error) => void = () => undefined;

  private constructor({ bluetooth, destroy }: ReturnType<typeof import("node-ble").createBluetooth>) {
    this.bluetooth = bluetooth;
    this.#destroy = destroy;
    const bus = (bluetooth as unknown as { readonly dbus: EventEmitter }).dbus;
    this.#lost = new Promise((_, reject) => {
      this.#lose = reject;
      bus.on("error", reject);
    });
    this.#lost.catch(() => undefined);
  }

  /** node-ble is loaded only where there is a Bluetooth link: it takes a tenth of a second. */
  static async open(): Promise<Bus> {
    const { createBluetooth } = await import("node-ble");
    return new Bus(createBluetooth());
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
