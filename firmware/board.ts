import type { EspruinoDevice } from "../boards/platforms/espruino-globals.ts";
import { bytesOf, byteText } from "../protocols/cbor-small.ts";
import { openSession, type SessionRoot } from "../protocols/envelope.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import type { PackWriter } from "../protocols/pack.ts";
import { createDevice, type Device, type DevicePlatform } from "./device.ts";
import { createDeviceTime } from "./device-time.ts";
import { createDownlink } from "./downlink.ts";
import type { DriverValues } from "./driver.ts";
import { createFaultCounters } from "./faults.ts";
import type { Batch } from "./installation-type.ts";
import { createOutbox } from "./outbox.ts";
import { type Beyond, createReport } from "./report.ts";
import { createSampler, type SamplerHooks } from "./sampler.ts";
import type { Sensor, SensorHooks } from "./sensor.ts";
import { createSpeaker } from "./speaker.ts";
import { createStream } from "./stream.ts";
import { createUplink } from "./uplink.ts";
import type { Words } from "./words.ts";

/** A device as a build has worked it out: what SensorNode makes at run time stands in the bundle ready. */
export interface BoardOrder {
  readonly root: SessionRoot;
  /** What sealing a fixed message under the key of a fixed epoch gives here, by another implementation. */
  readonly knownAnswer: string;
  readonly words: Words;
  readonly statusInterval: number;
  readonly outbox: { readonly bytesMax: number; readonly framesMax: number };
  readonly batch: Batch;
  readonly sensors: readonly BoardSensor[];
}

export interface BoardSensor {
  sensor(platform: DevicePlatform, hooks: SensorHooks): Sensor;
  readonly interval: number;
  readonly heartbeat: number;
  readonly least: number;
  readonly beyond: Beyond | null;
  readonly inRange: SamplerHooks["inRange"];
  readonly writer: PackWriter;
}

/** What a board's device tells those beside it. */
export interface BoardHooks {
  /** Something came that the next tick should see. */
  wake(): void;
  /** A message was acknowledged: the loader may keep this program. */
  confirm(): void;
  /** Called once, with what a technician at the console can ask. */
  share(device: EspruinoDevice): void;
}

/** Puts a board's device together. */
export function boardDevice(order: BoardOrder, platform: DevicePlatform, hooks: BoardHooks): Device {
  const faults = createFaultCounters(() => {});
  const time = createDeviceTime(platform.clock);
  const wake = hooks.wake;
  const outbox = createOutbox(order.outbox, () => platform.random.bytes(1)[0] / 256);
  let last: DriverValues = [];
  const uplink = createUplink({
    root: order.root,
    platform: platform,
    outbox: outbox,
    words: order.words,
    faults: faults,
    journal: { sealed() {}, acknowledged: hooks.confirm, givenUp() {} },
  });
  const speaker = createSpeaker({
    statusInterval: order.statusInterval,
    bytesMax: order.outbox.bytesMax,
    uplink: uplink,
    words: order.words,
    faults: faults,
    time: time,
  });
  const places = order.sensors.map((part) => {
    const sensor = part.sensor(platform, { onFault: faults.count, onNews: wake });
    const sampler = createSampler(sensor, part.interval, { inRange: part.inRange, onFault: faults.count });
    const stream = createStream(sampler, createReport(part.heartbeat, part.beyond), order.batch, {
      timeBase: time.base,
      writer: () => part.writer,
      seal(message, rows) {
        if (uplink.say(message, "pack", rows) < 0) {
          speaker.lost(rows);
        }
      },
      produced(row) {
        last = row.values;
      },
      lost: speaker.lost,
      onFault: faults.count,
    });
    return { sensor: sensor, stream: stream, least: part.least };
  });
  hooks.share({
    identify: platform.indicator.identify,
    status: () => [uplink.epoch, platform.clock.monotonic(), outbox.frames, faults.counts, last],
  });
  return createDevice({
    platform: platform,
    selfTest: () => knownAnswer(platform, order),
    begin: uplink.begin,
    uplink: uplink,
    downlink: createDownlink(order.root, platform.crypto),
    time: time,
    speaker: speaker,
    faults: faults,
    places: places,
    wake: wake,
  });
}

/** Under a direction of its own, so that the key seals nothing else. Asks hash, both modes of the cipher, and that a wrong tag is seen. */
function knownAnswer(platform: DevicePlatform, order: BoardOrder): Fault | null {
  const session = openSession(platform.crypto, order.root, 0, selfTestDirection);
  const sealed = session.seal(0, bytesOf(selfTestPayload));
  const right = byteText(sealed) === order.knownAnswer && session.open(0, sealed) !== null;
  sealed[0] ^= 1;
  return right && session.open(0, sealed) === null
    ? null
    : fault("self-test", "this platform's crypto gives a wrong answer: nothing is sent");
}

/** What the known answer is made of. */
export const selfTestDirection = "test";
export const selfTestPayload = "three hares, three ears";
