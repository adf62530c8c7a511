import type { I2c, Platform, Uart } from "../boards/platform.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import type { Driver, DriverColumn, DriverValues, I2cDriver, UartDriver } from "./driver.ts";
import type { InstalledSensor } from "./installation-type.ts";

/** What a sensor last gave. */
export interface Measurement {
  readonly columns: readonly DriverColumn[];
  readonly values: DriverValues;
  /** When it came, ms, monotonic. */
  readonly time: number;
}

/** Longest wait for an I2C answer, ms, beyond the conversion the driver names. */
const answerMax = 1000;

/**
 * One sensor at its port: keeps the newest measurement and says when the sensor is silent, with what to do about it. Each silence
 * is one fault, however long it lasts.
 */
export class Sensor {
  readonly driver: Driver;
  readonly installed: InstalledSensor;
  readonly platform: Platform;
  readonly onFault: (fault: Fault) => void;
  /** Called when there is something new to look at. */
  readonly onNews: () => void;
  latest: Measurement | null = null;
  i2c: I2c | null = null;
  uart: Uart | null = null;
  /** Number of the transfer under way, -1 for none; a late answer to another one is ignored. */
  underWay = -1;
  transfers = 0;
  giveUp = 0;
  /** When it last gave a measurement, or began to be listened to. */
  heard = 0;
  bytesSince = 0;
  /** First sign of life since the start or the last silence; -1 for none. */
  awake = -1;
  silent = false;

  constructor(
    driver: Driver,
    installed: InstalledSensor,
    platform: Platform,
    hooks: { readonly onFault: (fault: Fault) => void; readonly onNews: () => void },
  ) {
    this.driver = driver;
    this.installed = installed;
    this.platform = platform;
    this.onFault = hooks.onFault;
    this.onNews = hooks.onNews;
  }

  /** Opens the port; a Fault where the platform has none of that name. */
  open(now: number): Fault | null {
    this.heard = now;
    const port = this.installed.port;
    const driver = this.driver;
    if (driver.kind === "i2c") {
      const bus = this.platform.i2c(port);
      if (isFault(bus)) {
        return bus;
      }
      this.i2c = bus;
      return null;
    }
    const line = this.platform.uart(port);
    if (isFault(line)) {
      return line;
    }
    this.uart = line;
    this.listen(line, driver);
    return null;
  }

  close(): void {
    if (this.uart !== null) {
      this.uart.close();
    }
    this.underWay = -1;
  }

  /** Asks a sensor that answers when asked. */
  trigger(now: number): void {
    const driver = this.driver;
    if (this.i2c === null || driver.kind !== "i2c" || this.underWay >= 0) {
      return;
    }
    const order = driver.order(this.installed.options);
    const transfer = this.transfers++;
    this.underWay = transfer;
    this.giveUp = now + order.conversion + answerMax;
    this.i2c.transfer(order, (answer) => {
      if (this.underWay === transfer) {
        this.underWay = -1;
        this.answered(driver, answer);
        this.onNews();
      }
    });
  }

  /** Whether an answer is still awaited; after the longest wait it is not any more. */
  busy(now: number): boolean {
    if (this.underWay >= 0 && now >= this.giveUp) {
      this.underWay = -1;
      this.onFault(fault("bus", this.label() + " did not answer within " + answerMax + " ms"));
    }
    return this.underWay >= 0;
  }

  /** The newest measurement that may stand in a row of `now`; null for none. */
  fresh(now: number): Measurement | null {
    const latest = this.latest;
    if (latest === null || now - latest.time > this.driver.fresh) {
      return null;
    }
    return this.awake >= 0 && latest.time - this.awake >= this.driver.warmUp ? latest : null;
  }

  /** Looks whether a sensor that talks by itself has been silent for too long. Returns ms until that could be. */
  watch(now: number): number {
    if (this.silent || this.driver.kind === "i2c") {
      return Infinity;
    }
    const left = this.heard + this.driver.silence - now;
    if (left <= 0) {
      this.fallSilent(now);
    }
    return left > 0 ? left : Infinity;
  }

  fallSilent(now: number): void {
    if (!this.silent) {
      this.silent = true;
      this.awake = -1;
      this.onFault(fault("silent", this.silence(now)));
    }
  }

  silence(now: number): string {
    const seconds = Math.floor((now - this.heard) / 1000);
    const advice = this.driver.advice;
    return this.bytesSince === 0
      ? this.label() + ": nothing came for " + seconds + " s: " + advice.noBytes
      : this.label() +
          ": " +
          this.bytesSince +
          " bytes but no measurement in " +
          seconds +
          " s: " +
          advice.noMeasurement;
  }

  listen(line: Uart, driver: UartDriver): void {
    const reader = driver.reader(this.installed.options);
    const sink = {
      measured: (columns: readonly DriverColumn[], values: DriverValues): void =>
        this.measured(columns, values),
      fault: this.onFault,
    };
    line.open(
      driver.settings(this.installed.options),
      (bytes) => {
        this.bytesSince += bytes.length;
        reader.push(bytes, this.platform.clock.monotonic(), sink);
      },
      (state) => {
        if (state !== null) {
          this.onFault(state);
        }
      },
    );
  }

  answered(driver: I2cDriver, answer: Uint8Array | Fault): void {
    if (isFault(answer)) {
      this.onFault(answer);
      return;
    }
    this.bytesSince += answer.length;
    const values = driver.decode(answer);
    if (isFault(values)) {
      this.onFault(values);
      return;
    }
    const columns = driver.columns(this.installed.options);
    if (columns !== null) {
      this.measured(columns, values);
    }
  }

  measured(columns: readonly DriverColumn[], values: DriverValues): void {
    const time = this.platform.clock.monotonic();
    const first = this.latest === null || this.silent;
    this.awake = this.awake < 0 ? time : this.awake;
    this.heard = time;
    this.bytesSince = 0;
    this.silent = false;
    this.latest = { columns: columns, values: values, time: time };
    if (first) {
      this.onNews();
    }
  }

  label(): string {
    return this.driver.name + " at " + this.installed.port;
  }
}
