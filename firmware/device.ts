import type { Platform } from "../boards/platform.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import type { Ranges } from "../protocols/ranges.ts";
import { type CommandTarget, follow } from "./command.ts";
import type { DeviceTime } from "./device-time.ts";
import type { Downlink } from "./downlink.ts";
import type { BootReason, EpochStart } from "./epoch.ts";
import type { FaultCounters } from "./faults.ts";
import type { Sensor } from "./sensor.ts";
import type { Speaker } from "./speaker.ts";
import type { Stream } from "./stream.ts";
import type { Uplink } from "./uplink.ts";

/** A sensor with its way into packs. */
export interface Place {
  readonly sensor: Sensor;
  readonly stream: Stream;
  /** Least interval that a command may set, ms: personal rows never come closer than the installation, or the law, has it. */
  readonly least: number;
}

/** What of a platform a device asks for once its sensors have their ports. */
export type DevicePlatform = Omit<Platform, "board" | "i2c" | "uart" | "pulse" | "analog">;

export interface DeviceParts {
  readonly platform: DevicePlatform;
  /** A Fault where the platform's crypto gives wrong answers: then nothing is sent. */
  selfTest(): Fault | null;
  /** Begins the epoch of this boot. */
  begin(): EpochStart | Fault;
  readonly uplink: Uplink;
  readonly downlink: Downlink;
  readonly deviceTime: DeviceTime;
  readonly speaker: Speaker;
  readonly faults: FaultCounters;
  readonly places: readonly Place[];
  /** Called when something came that the next tick should see: who runs the device need not wait for its time. */
  wake(): void;
}

export interface Device {
  /**
   * Begins the epoch, says hello and opens the sensors; one whose port this board does not have is a fault, and left out. Returns a
   * Fault when nothing was and nothing will be sent.
   */
  boot(): Fault | null;
  /** Does what is due. Returns ms until it wants to be called again. */
  tick(): number;
  /** Seals the open packs. */
  flush(): void;
  /** Seals the open packs, ends the epoch in order and lets go of the sensors. What is in the outbox goes out as long as `tick` is called. */
  end(reason: BootReason): void;
}

/** Longest time between two ticks, ms. */
const tickMax = 60000;

/**
 * What a device does, made of parts: which ones there are is chosen where it is put together (node.ts for whole devices, board.ts for
 * a board's bundle). It does nothing by itself: who runs it calls `boot` once, and `tick` whenever the last one asked for it or `wake` was
 * called.
 */
export function createDevice(parts: DeviceParts): Device {
  const platform = parts.platform;
  const uplink = parts.uplink;
  const speaker = parts.speaker;
  const faults = parts.faults;
  let places: readonly Place[] = [];
  let restarting = false;

  function flush(): void {
    places.forEach((place) => {
      place.stream.flush();
    });
  }

  function end(reason: BootReason): void {
    flush();
    uplink.announce();
    uplink.end(reason);
    places.forEach((place) => {
      place.sensor.close();
    });
    places = [];
  }

  function receive(frame: Uint8Array): void {
    const now = platform.clock.monotonic();
    const message = parts.downlink.receive(frame, now);
    if (isFault(message)) {
      faults.count(message);
      return;
    }
    speaker.hear(now);
    faults.note(follow(message, target(now)));
    parts.wake();
  }

  function target(now: number): CommandTarget {
    const acknowledge = (epoch: number, ranges: Ranges): void => uplink.acknowledge(epoch, ranges, now);
    return {
      epoch: uplink.epoch,
      acknowledge: acknowledge,
      refused(piv, code) {
        faults.count(fault("refused", "the gateway cannot use message " + piv + ": " + code));
        acknowledge(uplink.epoch, [[piv, piv]]);
      },
      time: (answers, unix) => parts.deviceTime.answer(answers, unix, now),
      interval: (interval) => changeInterval(interval, now),
      identify: (duration) => platform.indicator.identify(duration),
      restart() {
        restarting = true;
      },
      sendShape: speaker.sendShape,
    };
  }

  /** All sensors take the interval that may. */
  function changeInterval(interval: number, now: number): Fault | null {
    let refused: Fault | null = null;
    places.forEach((place) => {
      if (interval < place.least) {
        refused = fault("not-allowed", "what is personal gives rows every " + place.least + " ms at most");
      } else {
        place.stream.change(interval, now);
      }
    });
    return refused;
  }

  return {
    boot() {
      const now = platform.clock.monotonic();
      const unfit = parts.selfTest();
      if (unfit !== null) {
        return unfit;
      }
      const start = parts.begin();
      if (isFault(start)) {
        return start;
      }
      speaker.hello(start, now);
      platform.link.onFrame = receive;
      places = parts.places.filter((place) => {
        const missing = place.sensor.open(now);
        faults.note(missing);
        return missing === null;
      });
      return null;
    },
    tick() {
      const now = platform.clock.monotonic();
      let next = places.reduce((least, place) => Math.min(least, place.stream.tick(now)), tickMax);
      speaker.tick(now);
      next = Math.min(next, uplink.outbox.tick(now, platform.link, faults.count));
      if (restarting) {
        restarting = false;
        end("restart");
        platform.restart();
      }
      return Math.max(0, next);
    },
    flush: flush,
    end: end,
  };
}
