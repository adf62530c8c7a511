/** The gateway of the simulated world: the shipped core on a simulated disk, through lives that end at any moment of that disk. */
import type { VirtualTime } from "../../boards/platforms/timers.ts";
import { FailureBudget } from "../../gateway/budget.ts";
import { Core, type CoreOptions } from "../../gateway/core.ts";
import type { FrameSource } from "../../gateway/link.ts";
import type { DeviceEntry } from "../../gateway/registry/registry.ts";
import { diskFault, type FilePort, type SpoolFile } from "../../gateway/spool/file-port.ts";
import type { SimulatedDisk } from "../../gateway/spool/simulated-disk.ts";
import type { SpoolClock } from "../../gateway/spool/spool.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { type Fault, isFault } from "../../protocols/fault.ts";
import type { City } from "./city.ts";
import { deployment } from "./device.ts";
import type { Plant } from "./plants.ts";

/** Where the simulated gateway keeps everything. */
export const folder = "/gateway";

/** What stays the same through all lives, and for every image that is checked. */
export interface GatewaySetting {
  readonly devices: readonly DeviceEntry[];
  readonly spool: CoreOptions["spool"];
  readonly kept: CoreOptions["spool"];
  /** Unix ms minus ms of virtual time. */
  readonly unixOffset: number;
}

/** What a gateway stands on, apart from its disk. */
export function coreOptions(
  setting: GatewaySetting,
  parts: { files: FilePort; time: VirtualTime; random: () => number },
): CoreOptions {
  const { files, time, random } = parts;
  const clock: SpoolClock = {
    time: () => time.monotonic() + setting.unixOffset,
    monotonic: () => time.monotonic(),
    after: (milliseconds, call) => time.after(milliseconds, call),
  };
  return {
    spool: setting.spool,
    kept: setting.kept,
    files,
    clock,
    registry: { byKid: (kid) => setting.devices.find((entry) => entry.kid === kid) ?? null },
    crypto: nodeCrypto,
    deployment,
    budget: new FailureBudget({ capacity: 20, perSecond: 1 }),
    log: noLog,
    random,
    later: (call) => void time.after(0, call),
  };
}

const noLog: CoreOptions["log"] = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => noLog,
};

export interface LifeOptions {
  readonly setting: GatewaySetting;
  readonly time: VirtualTime;
  readonly random: () => number;
  /** Longest wait for the disk, ms. */
  readonly diskDelay: () => number;
  readonly cities: readonly City[];
  readonly plant: Plant;
}

/** One life: from a start to a power cut, a kill, or the end of the world. */
export class GatewayLife {
  readonly disk: SimulatedDisk;
  core: Core | null = null;
  /** Why it does not run; null while it may. */
  refusal: string | null = null;
  alive = true;
  readonly #options: LifeOptions;

  constructor(disk: SimulatedDisk, options: LifeOptions) {
    this.disk = disk;
    this.#options = options;
  }

  async start(): Promise<void> {
    const { setting, time, random, cities, plant } = this.#options;
    const port = this.#port();
    const files = plant.files?.(port) ?? port;
    let core: Core | Fault;
    try {
      core = await Core.open(coreOptions(setting, { files, time, random }));
    } catch (thrown) {
      this.refusal = thrown instanceof Error ? thrown.message : "it cannot be opened";
      return;
    }
    if (isFault(core)) {
      this.refusal = core.detail;
    } else if (this.alive) {
      plant.core?.(core);
      for (const city of cities) {
        core.forward(plant.sink?.(city.connect()) ?? city.connect());
      }
      this.core = core;
    }
  }

  receive(frame: Uint8Array, source: FrameSource): void {
    const reply = (answer: Uint8Array): boolean => this.alive && source.reply(answer);
    this.core?.ingest.receive(frame, { address: source.address, reply }, () => {});
  }

  /** Whether everything it holds is with the cities, and nothing waits for anything. */
  get settled(): boolean {
    const { cities } = this.#options;
    const { core } = this;
    return (
      core !== null &&
      core.ingest.shapes.parkedCount === 0 &&
      core.rings.every(
        (ring) =>
          ring.stats().waiting === 0 && cities.every((city) => ring.cursor(city.name).position === ring.head),
      )
    );
  }

  /** It is gone: its disk does nothing more for it, and nothing it says is heard. */
  end(): void {
    this.alive = false;
    this.core = null;
    this.disk.watch = () => {};
  }

  /** The disk as this life sees it: slow, and silent once the life is over. */
  #port(): FilePort {
    const { disk } = this;
    const gone = (path: string): Fault | null => (this.alive ? null : diskFault("EIO", path));
    return {
      list: (path) => gone(path) ?? disk.list(path),
      makeFolder: () => disk.makeFolder(),
      lock: (path) => gone(path) ?? disk.lock(path),
      rename: (from, to) => this.#slowly(() => disk.rename(from, to)),
      remove: (path) => this.#slowly(() => disk.remove(path)),
      syncFolder: (path) => this.#slowly(() => disk.syncFolder(path)),
      open: (path, create) => {
        const file = gone(path) ?? disk.open(path, create);
        return isFault(file) ? file : this.#slowFile(file);
      },
    };
  }

  #slowFile(file: SpoolFile): SpoolFile {
    return {
      size: () => file.size(),
      read: (target, position) => file.read(target, position),
      write: (bytes, position) => this.#slowly(() => file.write(bytes, position)),
      datasync: () => this.#slowly(() => file.datasync()),
      close: () => file.close(),
    };
  }

  /** After a wait, and only in this life: what a dead process asked for is never answered. */
  async #slowly(call: () => Promise<Fault | null>): Promise<Fault | null> {
    const { time, random, diskDelay } = this.#options;
    await new Promise<void>((resolve) => time.after(random() * diskDelay(), resolve));
    const result = this.alive ? await call() : null;
    return this.alive ? result : new Promise(() => {});
  }
}
