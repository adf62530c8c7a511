import { beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { deriveSession, seal } from "../protocols/envelope.ts";
import { isFault } from "../protocols/fault.ts";
import { encodeUp, type UpMessage } from "../protocols/message.ts";
import { createPackWriter } from "../protocols/pack.ts";
import { type Shape, shapeId, shapeOf, shapeValue } from "../protocols/shape.ts";
import { FailureBudget } from "./budget.ts";
import { Core } from "./core.ts";
import { decodeMessageEntry, entryKind } from "./entry.ts";
import { silentLog } from "./log.ts";
import type { DeviceEntry } from "./registry/registry.ts";
import { ringSizes } from "./rings.ts";
import type { CityRecord, Gap, Sink } from "./sink.ts";
import { SimulatedDisk, seededRandom } from "./spool/simulated-disk.ts";
import type { Spool } from "./spool/spool.ts";
import { VirtualClock } from "./spool/virtual-clock.ts";

/** A gateway with two small rings on a simulated disk, in virtual time. */

const deployment = "paderborn";
const meter: DeviceEntry = {
  device: "urn:dev:ops:pb-test-meter-1",
  name: "pb-test-meter-1",
  kid: 1,
  alg: 0,
  root: Uint8Array.from({ length: 16 }, (_, i) => i),
  state: "active",
  personal: false,
};
const air = shapeOf([{ quantity: "temperature", exponent: -2 }], "interval", "rows") as Shape;
const segmentBytes = 8192;

let clock: VirtualClock;
let disk: SimulatedDisk;
let core: Core;
/** Numbers that were acknowledged: their PUBACK was given, and they are on disk. */
let stored: Set<number>;
let piv: number;

async function open(): Promise<Core> {
  const opened = await Core.open({
    spool: { folder: "/spool", segmentBytes, bytesMax: 4 * segmentBytes, linger: 0, salt: () => 1 },
    kept: {
      folder: "/spool/kept",
      segmentBytes,
      bytesMax: 4 * segmentBytes,
      linger: 0,
      retryDelay: 0,
      policyWhenFull: "refuse",
      salt: () => 2,
    },
    files: disk,
    clock,
    registry: { byKid: (kid) => (kid === meter.kid ? meter : null) },
    crypto: nodeCrypto,
    deployment,
    budget: new FailureBudget({ capacity: 20, perSecond: 1 }),
    log: silentLog(),
    random: () => 0.5,
    later: (call) => queueMicrotask(call),
  });
  if (isFault(opened)) {
    throw new Error(opened.detail);
  }
  return opened;
}

async function send(message: UpMessage | Uint8Array): Promise<number> {
  const number = piv++;
  const { root, kid, alg } = meter;
  const session = deriveSession(nodeCrypto, { root, deployment, kid, epoch: 1, alg, direction: "up" });
  const frame = seal(session, number, message instanceof Uint8Array ? message : encodeUp(message)).slice();
  await new Promise<void>((settled) =>
    core.ingest.receive(frame, { address: "test", reply: () => true }, settled),
  );
  if (core.ingest.devices.byKid(kid)?.received.standing(1, number) === "received") {
    stored.add(number);
  }
  return number;
}

function pack(value: number): Uint8Array {
  const writer = createPackWriter({ shape: air, id: shapeId(nodeCrypto, air), rowsMax: 4 });
  writer.begin({ time: 1_763_000_000_000, timeQuality: "synced", step: 1000 });
  writer.add(1_763_000_000_000, [value]);
  return writer.flush().slice();
}

const hello: UpMessage = {
  type: "hello",
  firmware: "0.1.0",
  board: "test",
  shapes: [],
  bootReason: "power",
  uptime: 5,
  previousEpoch: null,
  lastPiv: null,
  rowsDropped: 0,
};
const status: UpMessage = {
  type: "status",
  uptime: 60,
  rowsDropped: 0,
  outbox: { frames: 0, bytes: 0, bytesMax: 1 },
  faults: [],
};
const announced: UpMessage = { type: "shape", shape: shapeValue(air) };
const unusable = encodeUp({ type: "pack", value: [1, "nonsense"] });

/** A platform that takes everything, or nothing while it is `away`. */
function city(): { sink: Sink; records: CityRecord[]; gaps: Gap[]; away: boolean } {
  const at = { records: [] as CityRecord[], gaps: [] as Gap[], away: false };
  const sink: Sink = {
    name: "city",
    recordsMax: 500,
    window: 2,
    start: async () => {},
    stop: async () => {},
    state: () => ({ connected: true, trouble: null }),
    send: async ({ records, gaps }) => {
      if (at.away) {
        return { fault: "unreachable", detail: "away", transient: true };
      }
      at.records.push(...records);
      at.gaps.push(...gaps);
      return { delivered: true };
    },
  };
  return Object.assign(at, { sink });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets time pass and everything happen that waits for it. */
async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 50) {
    clock.pass(Math.min(50, milliseconds));
    await turn();
    await turn();
  }
}

/** Entries of a ring by kind, and the numbers of its messages. */
function held(ring: Spool): { kinds: Set<number>; pivs: number[] } {
  const entries = ring.read(0, { entries: 100_000, bytes: 1e9 });
  const messages = entries.filter(({ kind }) => kind === entryKind.message || kind === entryKind.unusable);
  return {
    kinds: new Set(entries.map(({ kind }) => kind)),
    pivs: messages.flatMap(({ payload }) => {
      const entry = decodeMessageEntry(payload);
      return isFault(entry) ? [] : [entry.piv];
    }),
  };
}

/** Floods the readings' ring until it has gone round several times. */
async function flood(packs: number): Promise<void> {
  for (let i = 0; i < packs; i++) {
    await send(pack(i));
  }
}

beforeEach(async () => {
  clock = new VirtualClock();
  disk = new SimulatedDisk(seededRandom(7));
  stored = new Set();
  piv = 0;
  core = await open();
});

describe("the two rings", () => {
  it("hold readings in one and everything that must not vanish in the other", async () => {
    const kept = [await send(hello), await send(announced), await send(status), await send(unusable)];
    const passing = [await send(pack(2000)), await send({ type: "time-request" })];
    core.ingest.declare({ device: meter.device, epoch: 1, from: 90, to: 91, state: "dropped", reason: "x" });
    await pass(100);
    expect(held(core.kept).pivs).toEqual(kept);
    expect(held(core.kept).kinds).toContain(entryKind.gap);
    expect(held(core.spool).pivs).toEqual(passing);
    await core.close();
  });

  it("never give up what must not vanish for readings, and name the readings that were given up", async () => {
    const place = city();
    place.away = true;
    core.forward(place.sink);
    const early = [await send(hello), await send(announced), await send(status)];
    await flood(1200);
    expect(core.spool.tail).toBeGreaterThan(400);
    expect(held(core.kept).pivs).toEqual(early);
    expect(core.kept.tail).toBe(0);
    place.away = false;
    await pass(120_000);
    const came = new Set(place.records.map(({ dh }) => Number(dh.split("/")[1])));
    const named = place.gaps.filter(({ state }) => state === "dropped");
    const missing = [...stored].filter((one) => !early.includes(one) && !came.has(one));
    expect(missing.length).toBeGreaterThan(400);
    expect(missing.filter((one) => !named.some(({ from, to }) => from <= one && one <= (to ?? one)))).toEqual(
      [],
    );
    await core.close();
  });

  it("know after a crash every message that was acknowledged, in whichever ring it was", async () => {
    const place = city();
    core.forward(place.sink);
    for (let round = 0; round < 30; round++) {
      await send(status);
      await flood(round % 3 === 0 ? 40 : 3);
      await send(round % 5 === 0 ? announced : hello);
      await pass(1500);
    }
    for (let i = 0; i < 400; i++) {
      await send(status);
      await pass(i % 50 === 0 ? 1500 : 1);
    }
    expect(core.kept.tail).toBeGreaterThan(0);
    expect(core.spool.tail).toBeGreaterThan(0);
    disk = disk.crash(seededRandom(3));
    core = await open();
    const { received } = core.ingest.devices.byKid(meter.kid)!;
    expect([...stored].filter((one) => received.standing(1, one) !== "received")).toEqual([]);
    expect(core.ingest.shapes.get(shapeId(nodeCrypto, air))).not.toBeNull();
    await core.close();
  });

  it("send a parked pack on once, although an older copy of the list of parked packs may lie about", async () => {
    await send(pack(2100));
    expect(core.ingest.shapes.parkedCount).toBe(1);
    // The ring of what must not vanish begins a segment while the pack is parked.
    for (let sent = 0; sent < 500 && core.kept.stats().segments < 2; sent++) {
      await send(status);
    }
    await send(announced);
    await pass(10);
    expect(core.ingest.shapes.parkedCount).toBe(0);
    await flood(20);
    disk = disk.crash(seededRandom(4));
    core = await open();
    expect(core.ingest.shapes.parkedCount).toBe(0);
    const place = city();
    core.forward(place.sink);
    await pass(10_000);
    expect(place.records.filter(({ dh }) => dh === "1/0/0")).toHaveLength(1);
    await core.close();
  });

  it("leave with its device what must not vanish and has no room, and take it when a sink has moved on", async () => {
    const place = city();
    place.away = true;
    core.forward(place.sink);
    for (let sent = 0; sent < 2000 && core.ingest.refused.full === undefined; sent++) {
      await send({ type: "dropped", ranges: [[1000 + sent, 1000 + sent]], reason: "outbox full", epoch: 1 });
    }
    const refused = piv - 1;
    expect(stored.has(refused)).toBe(false);
    // Readings go on meanwhile.
    await send(pack(1900));
    expect(stored.has(piv - 1)).toBe(true);
    place.away = false;
    await pass(60_000);
    await send(status);
    expect(stored.has(piv - 1)).toBe(true);
    await core.close();
  });

  it("share the room of the config, and are never too small to work", () => {
    for (const bytes of [4, 5, 16, 64, 100, 512, 4096].map((size) => size * 1024 * 1024)) {
      const { telemetry, kept } = ringSizes(bytes);
      expect(telemetry.bytesMax + kept.bytesMax).toBe(bytes);
      for (const { bytesMax, segmentBytes: segment } of [telemetry, kept]) {
        expect(bytesMax).toBeGreaterThanOrEqual(3 * segment);
        expect(kept.bytesMax % kept.segmentBytes).toBe(0);
      }
    }
  });
});
