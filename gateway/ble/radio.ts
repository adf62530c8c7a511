import type { Adapter } from "node-ble";
import { problem } from "../problem.ts";
import { bluetoothProblem } from "./bluetooth-problem.ts";
import type { MessageBus } from "./message-bus.ts";

/** One Bluetooth adapter of this machine, over BlueZ's D-Bus interface. Whoever has it asks nothing without a deadline. */
export class Radio {
  readonly name: string;
  readonly adapter: Adapter;
  readonly #bus: MessageBus;

  private constructor(name: string, adapter: Adapter, bus: MessageBus) {
    this.name = name;
    this.adapter = adapter;
    this.#bus = bus;
  }

  /** The adapter of this name (hci0), or the first; rejects with the problem. */
  static async open(wanted: string | undefined): Promise<Radio> {
    // Loaded only where there is a Bluetooth link: node-ble takes a tenth of a second.
    const { MessageBus } = await import("./message-bus.ts");
    const bus = MessageBus.open();
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
  async ask<T>(work: Promise<T>, patience?: number): Promise<T> {
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
