import type { Platform } from "../boards/platform.ts";
import { algMac } from "../protocols/envelope.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { rowsWithin } from "../protocols/pack.ts";
import { selfTest } from "../protocols/self-test.ts";
import { isPersonal as isPersonalShape, type Shape } from "../protocols/shape.ts";
import { type CommandTarget, follow } from "./command.ts";
import { DeviceTime } from "./device-time.ts";
import { Downlink } from "./downlink.ts";
import type { Driver } from "./driver.ts";
import type { BootReason } from "./epoch.ts";
import { FaultCounters } from "./faults.ts";
import { intervalOf, isPersonal, type MatchedSensor, matchSensors } from "./installation-check.ts";
import { type Installation, installationDefaults } from "./installation-type.ts";
import type { Observer } from "./observer.ts";
import { Report } from "./report.ts";
import { type Row, Sampler } from "./sampler.ts";
import { Sensor } from "./sensor.ts";
import { ShapeList } from "./shape-list.ts";
import { Speaker } from "./speaker.ts";
import { Stream, type StreamHost } from "./stream.ts";
import { Uplink } from "./uplink.ts";

export interface SensorNodeOptions {
  readonly installation: Installation;
  readonly platform: Platform;
  readonly drivers: readonly Driver[];
  readonly observer?: Observer;
  /** Called when something came that the next tick should see: who runs the node need not wait for its time. */
  readonly wake?: () => void;
}

/** Longest time between two ticks, ms. */
const tickMax = 60000;
/**
 * One device: its sensors, its packs, its messages, its commands. It does nothing by itself: who runs it calls `boot` once, `tick`
 * whenever the last one asked for it or `wake` was called, and `stop` at the end.
 */
export class SensorNode {
  readonly installation: Installation;
  readonly platform: Platform;
  readonly drivers: readonly Driver[];
  readonly observer: Observer;
  readonly wake: () => void;
  readonly faults: FaultCounters;
  readonly uplink: Uplink;
  readonly downlink: Downlink;
  readonly time: DeviceTime;
  readonly shapes: ShapeList;
  readonly speaker: Speaker;
  streams: Stream[] = [];
  restarting = false;

  constructor(options: SensorNodeOptions) {
    this.installation = options.installation;
    this.platform = options.platform;
    this.drivers = options.drivers;
    this.observer = options.observer === undefined ? {} : options.observer;
    this.wake = options.wake === undefined ? () => {} : options.wake;
    this.faults = new FaultCounters(this.observer);
    this.uplink = new Uplink(this.installation, this.platform, this.faults, this.observer);
    this.downlink = new Downlink(this.installation, this.platform.crypto);
    this.time = new DeviceTime(this.platform.clock);
    this.shapes = new ShapeList(this.platform.crypto);
    this.speaker = new Speaker(this);
  }

  /**
   * Begins the epoch, says hello and opens the sensors; one whose port this board does not have is a fault, and left out. Returns a
   * Fault when nothing was and nothing will be sent.
   */
  boot(): Fault | null {
    const now = this.platform.clock.monotonic();
    const matched = matchSensors(this.installation, this.drivers);
    if (isFault(matched)) {
      return matched;
    }
    const unfit = selfTest(this.platform.crypto);
    if (unfit !== null) {
      return unfit;
    }
    const start = this.uplink.begin();
    if (isFault(start)) {
      return start;
    }
    this.streams = matched.map((sensor) => this.streamOf(sensor));
    this.streams.forEach((stream) => {
      this.counted(stream.prepareKnown());
    });
    this.speaker.hello(start, now);
    this.platform.link.onFrame = (frame) => this.receive(frame);
    this.streams = this.streams.filter((stream) => {
      const missing = stream.sampler.sensor.open(now);
      this.counted(missing);
      return missing === null;
    });
    return null;
  }

  /** Does what is due. Returns ms until it wants to be called again. */
  tick(): number {
    const now = this.platform.clock.monotonic();
    let next = tickMax;
    for (let i = 0; i < this.streams.length; i++) {
      next = Math.min(next, this.streams[i].tick(now));
    }
    this.speaker.tick(now);
    next = Math.min(
      next,
      this.uplink.outbox.tick(now, this.platform.link, (bad) => this.faults.count(bad)),
    );
    if (this.restarting) {
      this.restarting = false;
      this.end("restart");
      this.platform.restart();
    }
    return Math.max(0, next);
  }

  /** Seals the open packs. */
  flush(): void {
    this.streams.forEach((stream) => {
      stream.flush();
    });
  }

  /**
   * Seals the open packs, ends the epoch in order and lets go of the sensors. What is in the outbox stays there, and goes out as long as
   * `tick` is called.
   */
  stop(): void {
    this.end("stopped");
  }

  end(reason: BootReason): void {
    this.flush();
    this.uplink.announce();
    this.uplink.end(reason);
    this.streams.forEach((stream) => {
      stream.sampler.sensor.close();
    });
    this.streams = [];
  }

  receive(frame: Uint8Array): void {
    const now = this.platform.clock.monotonic();
    const message = this.downlink.receive(frame, now);
    if (isFault(message)) {
      this.faults.count(message);
      return;
    }
    this.speaker.hear(now);
    this.counted(follow(message, this.target(now)));
    this.wake();
  }

  target(now: number): CommandTarget {
    return {
      epoch: this.uplink.epoch,
      acknowledge: (epoch, ranges) => this.uplink.acknowledge(epoch, ranges, now),
      refused: (piv, code) => {
        this.faults.count(fault("refused", "the gateway cannot use message " + piv + ": " + code));
        this.uplink.acknowledge(this.uplink.epoch, [[piv, piv]], now);
      },
      time: (answers, unix) => this.time.answer(answers, unix, now),
      interval: (interval) => this.changeInterval(interval, now),
      identify: (duration) => this.platform.indicator.identify(duration),
      restart: () => {
        this.restarting = true;
      },
      sendShape: (id) => this.speaker.sendShape(id),
    };
  }

  /** All sensors take the interval. Personal rows never come closer than the installation, or the law, has it. */
  changeInterval(interval: number, now: number): Fault | null {
    let refused: Fault | null = null;
    this.streams.forEach((stream) => {
      const sensor = stream.sampler.sensor;
      const installed = intervalOf(sensor.driver, sensor.installed);
      const least = Math.min(installed, installationDefaults.personalInterval);
      if (isPersonal(sensor.driver, sensor.installed) && interval < least) {
        refused = fault("not-allowed", sensor.label() + " is personal: rows every " + least + " ms at most");
      } else {
        stream.sampler.change(interval, now);
      }
    });
    return refused;
  }

  streamOf(matched: MatchedSensor): Stream {
    const installed = matched.installed;
    const sensor = new Sensor(matched.driver, installed, this.platform, {
      onFault: (bad) => this.faults.count(bad),
      onNews: this.wake,
    });
    const sampler = new Sampler(sensor, intervalOf(matched.driver, installed));
    const report = new Report({ deadBands: installed.deadBands, heartbeat: installed.heartbeat });
    return new Stream(sampler, report, this.installation.batch, this.host());
  }

  host(): StreamHost {
    return {
      timeBase: (now) => this.time.base(now),
      register: (shape, made) => this.register(shape, made),
      rowsMax: (shape) => rowsWithin(shape, this.uplink.messageMax),
      seal: (message, rows) => {
        const sealed = this.uplink.seal(message, "pack", rows);
        if (isFault(sealed)) {
          this.faults.count(sealed);
          this.lost(rows);
        }
      },
      produced: (row) => this.produced(row),
      lost: (rows) => this.lost(rows),
      fault: (bad) => this.faults.count(bad),
    };
  }

  register(shape: Shape, made: boolean): string | Fault {
    if (this.installation.alg === algMac && isPersonalShape(shape)) {
      return fault("not-allowed", "a personal quantity on a device that does not encrypt");
    }
    const added = this.shapes.add(shape);
    if (made && added.isNew) {
      this.speaker.shape(shape);
    }
    return added.id;
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

  lost(rows: number): void {
    this.speaker.rowsDropped += rows;
    if (this.observer.rowsDropped !== undefined) {
      this.observer.rowsDropped(rows);
    }
  }

  counted(bad: Fault | null): void {
    if (bad !== null) {
      this.faults.count(bad);
    }
  }
}
