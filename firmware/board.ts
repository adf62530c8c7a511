import type { EspruinoDevice } from "../boards/platforms/espruino-globals.ts";
import { bytesOf, byteText } from "../protocols/cbor-small.ts";
import { openSession, type SessionRoot } from "../protocols/envelope.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import type { PackWriter } from "../protocols/pack.ts";
import { createDevice, type Device, type DeviceParts, type DevicePlatform, type Place } from "./device.ts";
import { createDeviceTime } from "./device-time.ts";
import { createDownlink } from "./downlink.ts";
import type { DriverValues } from "./driver.ts";
import { createFaultCounters } from "./faults.ts";
import type { Batch } from "./installation-type.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { type Beyond, createReport } from "./report.ts";
import { createSampler, type Row } from "./sampler.ts";
import type { Sensor } from "./sensor.ts";
import { createSpeaker } from "./speaker.ts";
import { createStream, type StreamHost } from "./stream.ts";
import { createUplink } from "./uplink.ts";
import type { Words } from "./words.ts";

/** A device as a build has worked it out: what SensorNode makes at run time stands in the bundle ready. */
export interface BoardOrder {
  readonly root: SessionRoot;
  /** What sealing a fixed message under the key of a fixed epoch gives here, by another implementation. */
  readonly knownAnswer: string;
  readonly words: Words;
  readonly statusInterval: number;
  readonly limits: { readonly bytesMax: number; readonly framesMax: number };
  readonly batch: Batch;
  /** Called when something came that the next tick should see. */
  wake(): void;
  /** A message was acknowledged: the loader may keep this program. */
  confirm(): void;
  /** Called once, with what a technician at the console can ask. */
  share(device: EspruinoDevice): void;
}

export interface BoardSensor {
  readonly sensor: Sensor;
  readonly interval: number;
  readonly heartbeat: number;
  readonly least: number;
  readonly beyond: Beyond | null;
  readonly inRange: StreamHost["inRange"];
  readonly writer: BoardWriter;
}

/** A writer as the build makes it for one shape. */
export interface BoardWriter extends PackWriter {
  /** See StreamHost. */
  quick(time: number, values: DriverValues): number;
}

/** What a board's sensors share. */
export type BoardCore = Pick<DeviceParts, "faults" | "deviceTime" | "uplink" | "speaker"> & {
  /** A row was taken. */
  produced(row: Row): void;
};

export function boardCore(order: BoardOrder, platform: DevicePlatform): BoardCore {
  return boardCoreWith(order, platform, boardOutbox(order, platform));
}

/** In RAM. */
export function boardOutbox(order: BoardOrder, platform: DevicePlatform): Outbox {
  return createOutbox(order.limits, () => platform.random.bytes(1)[0] / 256);
}

/** As boardCore, over another outbox. */
export function boardCoreWith(order: BoardOrder, platform: DevicePlatform, outbox: Outbox): BoardCore {
  const faults = createFaultCounters(() => {});
  const time = createDeviceTime(platform.clock);
  const uplink = createUplink({
    root: order.root,
    platform: platform,
    outbox: outbox,
    words: order.words,
    faults: faults,
    journal: { sealed() {}, acknowledged: order.confirm, givenUp() {} },
  });
  const speaker = createSpeaker({
    statusInterval: order.statusInterval,
    bytesMax: order.limits.bytesMax,
    uplink: uplink,
    words: order.words,
    faults: faults,
    deviceTime: time,
  });
  let last: DriverValues = [];
  order.share({
    identify: platform.indicator.identify,
    status: () => [uplink.epoch, platform.clock.monotonic(), outbox.frames, faults.counts, last],
  });
  return {
    faults: faults,
    deviceTime: time,
    uplink: uplink,
    speaker: speaker,
    produced(row) {
      last = row.values;
    },
  };
}

/** A sensor's way into packs. */
export function boardPlace(part: BoardSensor, order: BoardOrder, core: BoardCore): Place {
  const sampler = createSampler(part.sensor, part.interval);
  const report = createReport(part.heartbeat, part.beyond);
  const stream = createStream(sampler, report, order.batch, {
    timeBase: core.deviceTime.base,
    quick: part.writer.quick,
    inRange: part.inRange,
    writer: () => part.writer,
    seal(message, rows) {
      if (core.uplink.say(message, "pack", rows) < 0) {
        core.speaker.lost(rows);
      }
    },
    produced: core.produced,
    lost: core.speaker.lost,
    onFault: core.faults.count,
  });
  return { sensor: part.sensor, stream: stream, least: part.least };
}

export function boardDevice(
  order: BoardOrder,
  platform: DevicePlatform,
  core: BoardCore,
  places: readonly Place[],
): Device {
  const downlink = createDownlink(order.root, platform.crypto);
  const device = createDevice({
    platform: platform,
    selfTest: () => knownAnswer(platform, order),
    begin: core.uplink.begin,
    uplink: core.uplink,
    downlink: downlink,
    deviceTime: core.deviceTime,
    speaker: core.speaker,
    faults: core.faults,
    places: places,
    wake: order.wake,
  });
  return device;
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
