import type { Platform } from "../boards/platform.ts";
import { algMac, overheadMax, sessionRoot } from "../protocols/envelope.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { createPackWriter, type PackWriter, packRowsMax, rowsWithin } from "../protocols/pack.ts";
import { inRange, quantities } from "../protocols/quantity.ts";
import { selfTest } from "../protocols/self-test.ts";
import { isPersonal as isPersonalShape, type Shape, shapeOf } from "../protocols/shape.ts";
import { analogSensor } from "./analog-sensor.ts";
import { type ArrivalSensor, arrivalSensor, createArrivals } from "./arrivals.ts";
import { AskedLines } from "./asked-line.ts";
import { askedSensor } from "./asked-sensor.ts";
import { behindSensor, ownTime } from "./behind-sensor.ts";
import { createDevice, type Device, type Place } from "./device.ts";
import { createDeviceTime } from "./device-time.ts";
import { createDownlink } from "./downlink.ts";
import type { Driver, DriverColumn, UartDriver } from "./driver.ts";
import type { EpochStart } from "./epoch.ts";
import { createFaultCounters, type FaultCounters } from "./faults.ts";
import { fullWords } from "./full-words.ts";
import { i2cPart, i2cSensor } from "./i2c-sensor.ts";
import { intervalOf, isPersonal, type MatchedSensor, matchSensors } from "./installation-check.ts";
import { type Installation, type InstalledSensor, installationDefaults } from "./installation-type.ts";
import { createJournal } from "./journal.ts";
import type { Observer } from "./observer.ts";
import { createOutbox } from "./outbox.ts";
import { OutboxFile } from "./outbox-file.ts";
import { keepEvery } from "./pulse-count.ts";
import { pulseSensor } from "./pulse-sensor.ts";
import { beyondBands, createReport, type Report } from "./report.ts";
import { createSampler, type Row, type Sampler } from "./sampler.ts";
import type { Sensor, SensorHooks } from "./sensor.ts";
import { ShapeList } from "./shape-list.ts";
import { createSpeaker } from "./speaker.ts";
import { createStream, type Stream, type StreamHost } from "./stream.ts";
import { uartSensor } from "./uart-sensor.ts";
import { createUplink, type Uplink } from "./uplink.ts";
import type { Words } from "./words.ts";

export interface SensorNodeOptions {
  readonly installation: Installation;
  readonly platform: Platform;
  readonly drivers: readonly Driver[];
  readonly observer?: Observer;
  /** Called when something came that the next tick should see: who runs the node need not wait for its time. */
  readonly wake?: () => void;
  /** Lines whose sensors are asked, where several nodes in one process share them. */
  readonly lines?: AskedLines;
}

/**
 * A whole device, put together from what its installation says: any driver, shapes made while it runs, an outbox that may be on
 * storage, an observer. What it then does is device.ts. Who runs it calls `boot` once, `tick` whenever the last one asked for it or
 * `wake` was called, and `stop` at the end.
 */
export class SensorNode {
  readonly installation: Installation;
  readonly platform: Platform;
  readonly drivers: readonly Driver[];
  readonly observer: Observer;
  readonly wake: () => void;
  readonly lines: AskedLines;
  readonly faults: FaultCounters;
  readonly shapes: ShapeList;
  readonly words: Words;
  readonly file: OutboxFile | null;
  readonly uplink: Uplink;
  device: Device | null = null;
  lost: (rows: number) => void = () => {};

  constructor(options: SensorNodeOptions) {
    const installation = options.installation;
    const platform = options.platform;
    const observer: Observer = options.observer === undefined ? {} : options.observer;
    this.installation = installation;
    this.platform = platform;
    this.drivers = options.drivers;
    this.observer = observer;
    this.wake = options.wake === undefined ? () => {} : options.wake;
    this.lines = options.lines === undefined ? new AskedLines() : options.lines;
    this.faults = createFaultCounters((bad) => {
      if (observer.fault !== undefined) {
        observer.fault(bad.fault, bad.detail, bad);
      }
    });
    this.shapes = new ShapeList(platform.crypto);
    this.words = fullWords({ firmware: installation.firmware, board: platform.board }, this.shapes);
    this.file = installation.outbox.persistent
      ? new OutboxFile(platform.storage, installation.outbox.bytesMax)
      : null;
    const outbox = createOutbox(installation.outbox, () => platform.random.bytes(1)[0] / 256);
    this.uplink = createUplink({
      root: sessionRoot(platform.crypto, installation),
      platform: platform,
      outbox: outbox,
      words: this.words,
      faults: this.faults,
      journal: createJournal(observer, this.file, outbox, this.faults),
    });
  }

  /** As Device.boot; also a Fault for an installation with which a device must not start. */
  boot(): Fault | null {
    const matched = matchSensors(this.installation, this.drivers);
    if (isFault(matched)) {
      return matched;
    }
    const device = this.assemble(matched);
    this.device = device;
    const refused = device.boot();
    return refused;
  }

  /** Does what is due. Returns ms until it wants to be called again. */
  tick(): number {
    return this.device === null ? Infinity : this.device.tick();
  }

  /** Seals the open packs. */
  flush(): void {
    if (this.device !== null) {
      this.device.flush();
    }
  }

  /**
   * Seals the open packs, ends the epoch in order and lets go of the sensors. What is in the outbox stays there, and goes out as long as
   * `tick` is called.
   */
  stop(): void {
    if (this.device !== null) {
      this.device.end("stopped");
    }
  }

  assemble(matched: readonly MatchedSensor[]): Device {
    const platform = this.platform;
    const time = createDeviceTime(platform.clock);
    const speaker = createSpeaker({
      statusInterval: this.installation.statusInterval,
      bytesMax: this.installation.outbox.bytesMax,
      uplink: this.uplink,
      words: this.words,
      faults: this.faults,
      deviceTime: time,
    });
    this.lost = (rows) => {
      speaker.lost(rows);
      if (this.observer.rowsDropped !== undefined) {
        this.observer.rowsDropped(rows);
      }
    };
    return createDevice({
      platform: platform,
      selfTest: () => selfTest(platform.crypto),
      begin: () => this.begin(),
      uplink: this.uplink,
      downlink: createDownlink(sessionRoot(platform.crypto, this.installation), platform.crypto),
      deviceTime: time,
      speaker: speaker,
      faults: this.faults,
      places: matched.reduce<readonly Place[]>(
        (places, sensor) => places.concat(this.placesOf(sensor, time.base)),
        [],
      ),
      wake: this.wake,
    });
  }

  /** Begins the epoch of this boot, with the frames that survived the last one. */
  begin(): EpochStart | Fault {
    const log = this.file === null ? null : this.file.load();
    if (isFault(log)) {
      return log;
    }
    const start = this.uplink.begin();
    if (isFault(start) || log === null) {
      return start;
    }
    log.frames.forEach((frame) => {
      this.uplink.enqueue(frame);
    });
    const last = log.highest.find((number) => number.epoch === start.previous);
    return start.lastPiv !== null || last === undefined
      ? start
      : { epoch: start.epoch, previous: start.previous, lastPiv: last.piv, bootReason: start.bootReason };
  }

  /** A sensor's place, and one for the meters that speak through it. */
  placesOf(matched: MatchedSensor, timeBase: StreamHost["timeBase"]): readonly Place[] {
    const driver = matched.driver;
    if (driver.kind !== "uart" || driver.hasOthers !== true) {
      return [this.place(matched, timeBase)];
    }
    const interval = intervalOf(driver, matched.installed);
    const behind = behindSensor(interval, {
      onNews: this.wake,
      onMeter: (reading) => {
        if (this.observer.behind !== undefined) {
          this.observer.behind(reading.quantity, reading.meter);
        }
      },
    });
    const own = this.place(matched, timeBase, behind.take);
    const stream = this.stream(
      createArrivals(behind),
      createReport(matched.installed.heartbeat, beyondBands([])),
      ownTime,
      (columns) => this.writer(columns, true, true),
    );
    return [own, { sensor: behind, stream: stream, least: own.least }];
  }

  place(matched: MatchedSensor, timeBase: StreamHost["timeBase"], onBehind?: SensorHooks["onBehind"]): Place {
    const driver = matched.driver;
    const installed = matched.installed;
    const interval = intervalOf(driver, installed);
    const arrives = driver.kind === "uart" && driver.arrives === true;
    const arrivals = arrives ? this.arrivals(driver, installed) : null;
    const sensor = arrivals === null ? this.sensor(matched, onBehind) : arrivals;
    const sampler = arrivals === null ? createSampler(sensor, interval) : createArrivals(arrivals);
    const deadBands = installed.deadBands;
    const selective = arrives || deadBands.length > 0;
    const report = createReport(installed.heartbeat, beyondBands(deadBands));
    const stream = this.stream(sampler, report, timeBase, (columns) =>
      this.writer(columns, selective, sensor.columns === null),
    );
    if (sensor.columns !== null) {
      this.register(sensor.columns, selective); // so that the hello names it
    }
    const least = isPersonal(driver, installed)
      ? Math.min(interval, installationDefaults.personalInterval)
      : 0;
    return { sensor: sensor, stream: stream, least: least };
  }

  stream(
    sampler: Sampler,
    report: Report,
    timeBase: StreamHost["timeBase"],
    writer: StreamHost["writer"],
  ): Stream {
    return createStream(sampler, report, this.installation.batch, {
      timeBase: timeBase,
      quick: () => 0,
      inRange: (column, value) => inRange(quantities[column.quantity], value, column.exponent),
      writer: writer,
      seal: (message, rows) => {
        if (this.uplink.say(message, "pack", rows) < 0) {
          this.lost(rows);
        }
      },
      produced: (row) => this.produced(row),
      lost: (rows) => this.lost(rows),
      onFault: this.faults.count,
    });
  }

  arrivals(driver: UartDriver, installed: InstalledSensor): ArrivalSensor {
    const port = installed.port;
    return arrivalSensor(
      driver,
      installed.options,
      {
        label: driver.name + ", " + port,
        clock: this.platform.clock,
        open: () => this.platform.uart(port),
      },
      { onFault: this.faults.count, onNews: this.wake },
    );
  }

  sensor(matched: MatchedSensor, onBehind?: SensorHooks["onBehind"]): Sensor {
    const driver = matched.driver;
    const options = matched.installed.options;
    const port = matched.installed.port;
    const common = { onFault: this.faults.count, onNews: this.wake };
    const hooks = onBehind === undefined ? common : Object.assign({ onBehind: onBehind }, common);
    const label = driver.name + ", " + port;
    const clock = this.platform.clock;
    const keys = matched.installed.keys === undefined ? {} : { keys: matched.installed.keys };
    if (driver.kind === "pulse") {
      const storage = this.platform.storage;
      return pulseSensor(
        driver,
        options,
        {
          clock: clock,
          storage: storage,
          name: countName(port),
          keepEvery: keepEvery,
          open: () => this.platform.pulse(port),
        },
        hooks,
      );
    }
    if (driver.kind === "analog") {
      const place = { label: label, clock: clock, open: () => this.platform.analog(port) };
      return analogSensor(driver, options, place, hooks);
    }
    if (driver.kind === "asked") {
      const line = this.lines.line(port, () => this.platform.uart(port));
      const place = Object.assign({ label: label, clock: clock, line: line }, keys);
      return askedSensor(driver, options, place, hooks);
    }
    return driver.kind === "i2c"
      ? i2cSensor(
          i2cPart(driver, options),
          { label: label, clock: clock, open: () => this.platform.i2c(port) },
          hooks,
        )
      : uartSensor(
          driver,
          options,
          Object.assign({ label: label, clock: clock, open: () => this.platform.uart(port) }, keys),
          hooks,
        );
  }

  /** A writer for these columns. `made`: by a meter, so the shape is announced when it is new. */
  writer(columns: readonly DriverColumn[], selective: boolean, made: boolean): PackWriter | Fault {
    const added = this.register(columns, selective);
    if (isFault(added)) {
      return added;
    }
    if (made && added.isNew) {
      this.words.shapes(added.id).forEach((shape) => {
        this.uplink.say(shape, "shape", 0);
      });
    }
    const rowsMax = Math.min(
      this.installation.batch.rows,
      packRowsMax,
      rowsWithin(added.shape, this.platform.link.frameMax - overheadMax),
    );
    return createPackWriter({ shape: added.shape, id: added.id, rowsMax: Math.max(1, rowsMax) });
  }

  /** Makes the shape of these columns known, or says why it may not be sent. Where rows can be left out each has its time. */
  register(
    columns: readonly DriverColumn[],
    selective: boolean,
  ): { readonly id: string; readonly isNew: boolean; readonly shape: Shape } | Fault {
    const shape = shapeOf(columns, selective ? "column" : "interval", "rows");
    if (isFault(shape)) {
      return shape;
    }
    if (this.installation.alg === algMac && isPersonalShape(shape)) {
      return fault("not-allowed", "a personal quantity on a device that does not encrypt");
    }
    const added = this.shapes.add(shape);
    return { id: added.id, isNew: added.isNew, shape: shape };
  }

  produced(row: Row): void {
    const observer = this.observer;
    if (observer.rowProduced !== undefined) {
      observer.rowProduced(1);
    }
    if (observer.reading === undefined) {
      return;
    }
    for (let i = 0; i < row.columns.length; i++) {
      const value = row.values[i];
      if (value !== null) {
        observer.reading(row.columns[i].quantity, value, row.columns[i].exponent);
      }
    }
  }
}

/** Name of the file in storage that counts the pulses at this input. */
function countName(port: string): string {
  return "pulses-" + port.replace(/[^A-Za-z0-9]+/g, "-");
}
