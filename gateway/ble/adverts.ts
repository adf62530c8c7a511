/** What sensors say without a connection: the data of their adverts, for those that somebody asks for. */
import type { EventEmitter } from "node:events";
import type { Device } from "node-ble";
import type { ProblemError } from "../problem.ts";
import { bluetoothProblem } from "./bluetooth-problem.ts";
import { Radio } from "./radio.ts";

/** Where an advert holds what a language reads: service data of a UUID, or data of a maker (Bluetooth assigned numbers). */
const places = {
  bthome: { property: "ServiceData", key: "0000fcd2-0000-1000-8000-00805f9b34fb" },
  ruuvi: { property: "ManufacturerData", key: String(0x0499) },
} as const;

export type AdvertLanguage = keyof typeof places;

export interface AdvertWatcher {
  /** In capitals, with colons. */
  readonly address: string;
  readonly language: AdvertLanguage;
  advert(data: Uint8Array): void;
  /** null: the adapter listens. A problem: it does not; told once for each. */
  state(problem: ProblemError | null): void;
}

const lookEvery = 2000; // ms

/** The adapters of this machine, each opened once however many sensors are listened for. */
export class Adverts {
  readonly #ears = new Map<string, Ear>();

  /** Listens at an adapter (empty: the first there is) until the returned function is called. */
  watch(adapter: string, watcher: AdvertWatcher): () => void {
    const ear = this.#ears.get(adapter) ?? new Ear(adapter === "" ? undefined : adapter);
    this.#ears.set(adapter, ear);
    return ear.add(watcher);
  }
}

/** One adapter that listens while somebody wants it to. */
class Ear {
  readonly #adapter: string | undefined;
  readonly #watchers = new Set<AdvertWatcher>();
  readonly #devices = new Map<string, Device>();
  #radio: Radio | null = null;
  #code: string | null = "";
  #timer: NodeJS.Timeout | null = null;
  #looking = false;

  constructor(adapter: string | undefined) {
    this.#adapter = adapter;
  }

  add(watcher: AdvertWatcher): () => void {
    this.#watchers.add(watcher);
    this.#code = "";
    if (this.#timer === null) {
      this.#timer = setInterval(() => void this.#look(), lookEvery);
      void this.#look();
    }
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) {
        this.#end();
      }
    };
  }

  async #look(): Promise<void> {
    if (this.#looking) {
      return;
    }
    this.#looking = true;
    try {
      this.#radio ??= await Radio.open(this.#adapter);
      await this.#radio.check();
      await this.#radio.listen(true);
      await this.#find(this.#radio);
      this.#tell(null);
    } catch (error) {
      this.#lose();
      this.#tell(bluetoothProblem(error, this.#adapter ?? "hci0"));
    } finally {
      this.#looking = false;
      if (this.#watchers.size === 0) {
        this.#end();
      }
    }
  }

  /** Subscribes to the sensors that have been heard since the last look. */
  async #find(radio: Radio): Promise<void> {
    const wanted = [...new Set([...this.#watchers].map(({ address }) => address))];
    const missing = wanted.filter((address) => !this.#devices.has(address));
    if (missing.length === 0) {
      return;
    }
    const heard = await radio.ask(radio.adapter.devices());
    for (const address of missing.filter((one) => heard.includes(one))) {
      const device = await radio.ask(radio.adapter.getDevice(address));
      // Asked for its effect: only then does node-ble listen. What it gives is of an age that nobody knows, so it is not taken.
      await radio.ask(device.getAddress());
      this.#devices.set(address, device);
      helperOf(device).on("PropertiesChanged", (changed: unknown) => this.#changed(address, changed));
    }
  }

  #changed(address: string, changed: unknown): void {
    for (const watcher of this.#watchers) {
      const data = watcher.address === address ? dataOf(changed, watcher.language) : null;
      if (data !== null) {
        watcher.advert(data);
      }
    }
  }

  #tell(problem: ProblemError | null): void {
    const code = problem === null ? null : problem.code;
    if (code !== this.#code) {
      this.#code = code;
      for (const watcher of this.#watchers) {
        watcher.state(problem);
      }
    }
  }

  #lose(): void {
    for (const device of this.#devices.values()) {
      helperOf(device).removeAllListeners();
    }
    this.#devices.clear();
    this.#radio?.close();
    this.#radio = null;
  }

  #end(): void {
    if (this.#timer !== null) {
      clearInterval(this.#timer);
    }
    this.#timer = null;
    if (!this.#looking) {
      this.#lose();
    }
  }
}

/** node-ble tells changes of properties to its own helper alone. */
function helperOf(device: Device): EventEmitter {
  return (device as unknown as { readonly helper: EventEmitter }).helper;
}

/** The bytes where the language has them; null where they did not change, or are none. */
function dataOf(changed: unknown, language: AdvertLanguage): Uint8Array | null {
  const { property, key } = places[language];
  const data = variantOf(fieldOf(variantOf(fieldOf(changed, property)), key));
  return data instanceof Uint8Array ? new Uint8Array(data) : null;
}

function fieldOf(object: unknown, name: string): unknown {
  return typeof object === "object" && object !== null && Object.hasOwn(object, name)
    ? Reflect.get(object, name)
    : undefined;
}

/** Of a D-Bus variant. */
function variantOf(variant: unknown): unknown {
  return fieldOf(variant, "value");
}
