/** A meter directly on the gateway: the shipped firmware core with one driver, in the gateway's process, as one more link. */
import type { Platform, Uart } from "../boards/platform.ts";
import { linuxPlatform } from "../boards/platforms/linux.ts";
import { holdStorage, type StorageHold } from "../boards/platforms/linux-storage.ts";
import { optionsAt, tcpScheme } from "../boards/platforms/modbus-tcp-line.ts";
import type { SharedUarts } from "../boards/platforms/shared-uarts.ts";
import type { AskedLines } from "../firmware/asked-line.ts";
import { advertDrivers } from "../firmware/drivers/adverts.ts";
import { drivers } from "../firmware/drivers/index.ts";
import { lorawanSensor } from "../firmware/drivers/lorawan-sensor.ts";
import {
  type Installation,
  type InstalledSensor,
  installationDefaults,
} from "../firmware/installation-type.ts";
import type { Observer } from "../firmware/observer.ts";
import { Backoff } from "../gateway/backoff.ts";
import type { Adverts } from "../gateway/ble/adverts.ts";
import { makeFolder } from "../gateway/durable-file.ts";
import type { FrameReceiver, GatewayLink, LinkCounters } from "../gateway/link.ts";
import { newCounters } from "../gateway/links/counters.ts";
import { isAdvertLanguage } from "../gateway/meters/advert-keys.ts";
import type { MeterSettings } from "../gateway/meters/meter-kind.ts";
import type { MeterContext } from "../gateway/meters/meters.ts";
import { ProblemError, problem, problemText } from "../gateway/problem.ts";
import type { DeviceEntry } from "../gateway/registry/registry.ts";
import { diagnosePort } from "../gateway/serial-port.ts";
import type { Language } from "../gateway/words/words.ts";
import { equal, utf8 } from "../protocols/bytes.ts";
import { nodeCiphers } from "../protocols/crypto-node.ts";
import { type FaultCode, isFault } from "../protocols/fault.ts";
import type { MeterKeys } from "../protocols/meter.ts";
import { advertUart } from "./advert-uart.ts";
import { deviceLog } from "./device-log.ts";
import { LocalLink } from "./local-link.ts";
import { type LorawanServers, lorawanSensorOf } from "./lorawan-uart.ts";
import { NodeRunner } from "./node-runner.ts";

/** How long the end waits for the gate to take what was sealed last, ms. */
const farewell = 800;
const retryFirst = 2000; // ms
const retryMax = 60_000; // ms
/** Rows come in packs where they come so fast that each by itself would wear the card, ms. */
const packDelay = 5000;

/** Faults that say why nothing is read, and stand in /healthz until something is. */
const tellingFaults: readonly FaultCode[] = ["silent", "no-key", "wrong-key"];

const notHeard = "nothing has come from it yet";

/** What all meters of a gateway have in common. */
export interface MeterHost {
  /** Version of the firmware, for the hello. */
  readonly version: string;
  /** Of what a person reads in the log; health is English. */
  readonly lang: Language;
  /** Ports that several meters listen to. */
  readonly uarts: SharedUarts;
  /** Lines on which meters are asked, one at a time. */
  readonly lines: AskedLines;
  readonly adverts: Adverts;
  readonly lorawan: LorawanServers;
}

export class GatewayMeter implements GatewayLink {
  readonly name: string;
  readonly #settings: MeterSettings;
  readonly #context: MeterContext;
  readonly #host: MeterHost;
  readonly #retry: Backoff;
  #counters = newCounters();
  #receive: FrameReceiver = (_frame, _source, settled) => settled();
  #running: Running | null = null;
  /** Starts and stops, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;
  #trouble: string | null = "not started yet";
  /** Why nothing is known of it, its port being open; null while it talks. */
  #silence: string | null = notHeard;

  constructor(settings: MeterSettings, context: MeterContext, host: MeterHost) {
    this.#settings = settings;
    this.#context = context;
    this.#host = host;
    this.name = `meter ${settings.name}`;
    const now = () => performance.now();
    this.#retry = new Backoff({ first: retryFirst, max: retryMax, random: Math.random, now });
  }

  get counters(): LinkCounters {
    return this.#counters;
  }

  /** Never rejects: what is in the way is told as its trouble, and tried again. */
  start(receive: FrameReceiver): Promise<void> {
    this.#receive = receive;
    return this.#next(() => this.#begin());
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.#next(() => this.#end("stopped"));
  }

  /** Its entry in the list has changed: it goes on under the new key, or not at all. */
  disconnect(device: string): void {
    if (device === this.#settings.name && !this.#stopped) {
      void this.#next(async () => {
        const entry = await this.#context.enrol().catch(() => null);
        if (entry === null || entry.kid !== this.#running?.entry.kid) {
          await this.#end("its key was changed");
          await this.#begin();
        }
      });
    }
  }

  trouble(): string | null {
    return this.#trouble;
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(step);
    return this.#turn;
  }

  async #begin(): Promise<void> {
    if (this.#stopped) {
      return;
    }
    try {
      this.#running = await this.#boot();
    } catch (error) {
      this.#failed(error);
      this.#timer = setTimeout(() => void this.#next(() => this.#begin()), this.#retry.next());
      this.#timer.unref();
    }
  }

  async #boot(): Promise<Running> {
    const { enrol, folder, log } = this.#context;
    const entry = await enrol();
    const keys = { ciphers: nodeCiphers, ...(await this.#context.keys()) };
    await makeFolder(folder);
    const hold = await holdStorage(folder);
    if (isFault(hold)) {
      throw problem("FIL-075", { path: folder }, { where: folder });
    }
    takeKey(hold, entry.kid);
    const link = new LocalLink(`meter:${entry.name}`, this.#receive);
    this.#begun(link);
    const runner = new NodeRunner(
      {
        installation: this.#installation(entry, keys),
        platform: this.#platform(link, hold),
        drivers: [...drivers, ...advertDrivers, lorawanSensor],
        lines: this.#host.lines,
        observer: this.#observer(),
      },
      () => this.#news(link),
    );
    const refused = runner.boot();
    if (refused !== null) {
      hold.release();
      throw problem("DEV-074", {
        reason: refused.detail,
        means: { word: `fault.${refused.fault}.means` },
        next: { word: `fault.${refused.fault}.next` },
      });
    }
    log.info({ kid: entry.kid, epoch: runner.node.uplink.epoch }, `meter ${entry.name}: ${this.#place()}`);
    return { entry, runner, link, hold };
  }

  async #end(reason: string): Promise<void> {
    const running = this.#running;
    this.#running = null;
    this.#trouble = reason;
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    if (running !== null) {
      await running.runner.stop(farewell);
      running.link.close();
      running.hold.release();
    }
  }

  #installation(entry: DeviceEntry, keys: MeterKeys): Installation {
    const { name, language, port, interval, keyFile, authFile, ...options } = this.#settings;
    const pace = interval ?? installationDefaults.personalInterval;
    return {
      device: entry.device,
      deployment: this.#context.deployment,
      kid: entry.kid,
      root: entry.root,
      alg: entry.alg,
      firmware: this.#host.version,
      sensors: [
        {
          driver: this.#context.driver,
          port,
          interval: interval ?? null,
          deadBands: [],
          heartbeat: installationDefaults.personalInterval,
          options: optionsAt(port, options as InstalledSensor["options"]),
          keys,
        },
      ],
      batch: { rows: installationDefaults.batch.rows, delay: pace < packDelay ? packDelay : 0 },
      statusInterval: installationDefaults.statusInterval,
      outbox: installationDefaults.outbox,
    };
  }

  #platform(link: LocalLink, { storage }: StorageHold): Platform {
    const platform = linuxPlatform({
      board: "gateway",
      link,
      storage,
      clockTrusted: this.#context.clockTrusted,
      onIdentify: (duration) => this.#context.log.info({}, `${this.name}: here I am, for ${duration} ms`),
      onRestart: () =>
        void this.#next(async () => {
          await this.#end("restarting, as it was told to");
          await this.#begin();
        }),
    });
    return { ...platform, uart: (port) => this.#uart(port) };
  }

  #uart(port: string): Uart {
    const { language, address } = this.#settings;
    const { adverts, lorawan, uarts } = this.#host;
    if (language === "lorawan") {
      return this.#watched(lorawan.uart(lorawanSensorOf(this.#settings), this.#context.log), port, false);
    }
    return isAdvertLanguage(language)
      ? this.#watched(advertUart(adverts, { adapter: port, address: String(address), language }), port, false)
      : this.#watched(uarts.uart(port), port, !port.startsWith(tcpScheme));
  }

  /** The same port, which says here when it cannot be opened, and why. */
  #watched(uart: Uart, port: string, serial: boolean): Uart {
    return {
      ...uart,
      open: (settings, onBytes, onState) =>
        uart.open(settings, onBytes, (state) => {
          onState(state);
          if (state === null) {
            this.#trouble = this.#silence;
            this.#context.log.info({ port }, `${this.name}: ${port} is open`);
          } else {
            this.#trouble = state.detail;
            if (serial) {
              void this.#explain(port);
            }
          }
        }),
    };
  }

  async #explain(port: string): Promise<void> {
    const why = await diagnosePort(port);
    if (this.#running !== null && why.code !== "SER-074") {
      this.#failed(why);
    }
  }

  #observer(): Observer {
    const { reading, dropped, rowsDropped, behind, fault } = deviceLog(
      this.#context.log,
      () => performance.now(),
      this.#host.lang,
    );
    return {
      reading: (...what) => {
        this.#wellHeard();
        reading?.(...what);
      },
      ...(dropped && { dropped }),
      ...(rowsDropped && { rowsDropped }),
      ...(behind && { behind }),
      fault: (code, detail, bad) => {
        if (tellingFaults.includes(code)) {
          this.#silence = detail;
        }
        if (code === "bus" || tellingFaults.includes(code)) {
          this.#trouble = detail;
        }
        fault?.(code, detail, bad);
      },
    };
  }

  /** From a meter that sends by itself: the first that came, or the first after a silence. From one that is asked it is bytes, good or bad. */
  #news(link: LocalLink): void {
    const asked = drivers.some(({ name, kind }) => name === this.#context.driver && kind === "asked");
    if (!link.delivering && !asked) {
      this.#wellHeard();
    }
  }

  #wellHeard(): void {
    this.#silence = null;
    this.#trouble = null;
  }

  #begun(link: LocalLink): void {
    this.#counters = link.counters;
    this.#silence = notHeard;
    this.#trouble = notHeard;
  }

  #failed(error: unknown): void {
    const shown = error instanceof ProblemError ? error : problem("BUG-001", { reason: String(error) });
    const { what, next } = problemText(shown, "en");
    if (this.#trouble !== `${what} ${next}`) {
      this.#trouble = `${what} ${next}`;
      const said = problemText(shown, this.#host.lang);
      this.#context.log.error({ code: shown.code }, `${this.name}: ${said.what} ${said.next}`);
    }
  }

  #place(): string {
    return `${this.#settings.language} at ${this.#settings.port}`;
  }
}

/**
 * Epochs go on from key to key, since a record is told by device, epoch and number. What was sealed under an earlier key and not
 * taken would be refused for ever, so it is given up.
 */
function takeKey({ storage }: StorageHold, kid: number): void {
  const own = utf8(String(kid));
  const last = storage.read("kid");
  if (isFault(last) || !equal(last, own)) {
    storage.replace("outbox", new Uint8Array(0));
    storage.replace("kid", own);
  }
}

interface Running {
  readonly entry: DeviceEntry;
  readonly runner: NodeRunner;
  readonly link: LocalLink;
  readonly hold: StorageHold;
}
