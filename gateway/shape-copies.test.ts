import { beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { algCcm, algMac, deriveSession, open, parseHeader, seal } from "../protocols/envelope.ts";
import { isFault } from "../protocols/fault.ts";
import { type DownMessage, decodeDown, encodeUp, type UpMessage } from "../protocols/message.ts";
import { createPackWriter } from "../protocols/pack.ts";
import { type QuantityName, quantities } from "../protocols/quantity.ts";
import { encodeShape, type Shape, shapeId, shapeOf, shapeValue } from "../protocols/shape.ts";
import { FailureBudget } from "./budget.ts";
import { Core } from "./core.ts";
import { entryKind } from "./entry.ts";
import { silentLog } from "./log.ts";
import type { DeviceEntry } from "./registry/registry.ts";
import type { CityRecord, Gap, Sink } from "./sink.ts";
import { readBlockHeader } from "./spool/block.ts";
import { readSegmentHeader, segmentHeaderLength } from "./spool/segment-header.ts";
import { SimulatedDisk, seededRandom } from "./spool/simulated-disk.ts";
import type { SpoolEntry } from "./spool/spool.ts";
import { VirtualClock } from "./spool/virtual-clock.ts";

/** A gateway with two rings on a simulated disk, in virtual time, and devices that say their shapes. */

const deployment = "paderborn";
const devices: readonly DeviceEntry[] = [1, 2, 3].map((kid) => ({
  device: `urn:dev:ops:pb-test-meter-${kid}`,
  name: `pb-test-meter-${kid}`,
  kid,
  alg: kid === 3 ? algMac : algCcm,
  root: Uint8Array.from({ length: 16 }, (_, i) => i + kid),
  state: "active",
  personal: kid !== 3,
}));
const air = shapeOf([{ quantity: "temperature", exponent: -2 }], "interval", "rows") as Shape;
const power = shapeOf([{ quantity: "activePower", exponent: -2 }], "interval", "rows") as Shape;

let clock: VirtualClock;
let disk: SimulatedDisk;
let core: Core;
let piv: number;
let answers: DownMessage[];

async function start(segments = 4): Promise<Core> {
  const ring = { segmentBytes: 65_536, linger: 0, retryDelay: 0 };
  const opened = await Core.open({
    spool: { ...ring, folder: "/spool", bytesMax: segments * 65_536, salt: () => 1 },
    kept: { ...ring, folder: "/spool/kept", bytesMax: 4 * 65_536, policyWhenFull: "refuse", salt: () => 2 },
    files: disk,
    clock,
    registry: { byKid: (kid) => devices.find((entry) => entry.kid === kid) ?? null },
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

/** Sends one message; resolves when its fate is decided. */
async function send(message: UpMessage | Uint8Array, kid = 1): Promise<number> {
  const number = piv++;
  const { root, alg } = devices[kid - 1];
  const session = deriveSession(nodeCrypto, { root, deployment, kid, epoch: 1, alg, direction: "up" });
  const frame = seal(session, number, message instanceof Uint8Array ? message : encodeUp(message)).slice();
  const reply = (answer: Uint8Array): boolean => {
    const header = parseHeader(answer);
    if (!isFault(header)) {
      const { epoch } = header;
      const down = deriveSession(nodeCrypto, { root, deployment, kid, epoch, alg, direction: "down" });
      const body = open(down, header, answer);
      const said = isFault(body) ? body : decodeDown(body);
      answers.push(...(isFault(said) ? [] : [said]));
    }
    return true;
  };
  await new Promise<void>((settled) => core.ingest.receive(frame, { address: "test", reply }, settled));
  await pass(1);
  return number;
}

function pack(shape: Shape, value: number, id = shapeId(nodeCrypto, shape)): Uint8Array {
  const writer = createPackWriter({ shape, id, rowsMax: 4 });
  writer.begin({ time: 1_763_000_000_000, timeQuality: "synced", step: 1000 });
  writer.add(
    1_763_000_000_000,
    shape.columns.map(() => value),
  );
  return writer.flush().slice();
}

const says = (shape: Shape): UpMessage => ({ type: "shape", shape: shapeValue(shape) });

/** Lets time pass and everything happen that waits for it. */
async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 50) {
    clock.pass(Math.min(50, milliseconds));
    for (let turns = 0; turns < 4; turns++) {
      await new Promise((turn) => setImmediate(turn));
    }
  }
}

function city(): { sink: Sink; records: CityRecord[]; gaps: Gap[] } {
  const at = { records: [] as CityRecord[], gaps: [] as Gap[] };
  const sink: Sink = {
    name: "city",
    recordsMax: 500,
    window: 2,
    start: async () => {},
    stop: async () => {},
    state: () => ({ connected: true, trouble: null }),
    send: async ({ records, gaps }) => {
      at.records.push(...records);
      at.gaps.push(...gaps);
      return { delivered: true };
    },
  };
  return Object.assign(at, { sink });
}

function entries(of: "spool" | "kept"): readonly SpoolEntry[] {
  return core[of].read(0, { entries: 10_000, bytes: 1e9 });
}

const copies = (of: "spool" | "kept"): number =>
  entries(of).filter(({ kind }) => kind === entryKind.shape).length;

/** A power cut, and a flipped bit in every block of a ring that says the shape; then a start. */
async function cutAndDamage(folder: string, shape: Shape): Promise<void> {
  disk = disk.crash(seededRandom(3));
  const text = Buffer.from(encodeShape(shape));
  for (const path of disk.paths.filter(
    (name) => name.startsWith(`${folder}/segment-`) && name.endsWith(".log"),
  )) {
    const bytes = disk.bytesOf(path)!.slice();
    const header = readSegmentHeader(bytes.subarray(0, segmentHeaderLength));
    expect(
      typeof header !== "string" && readBlockHeader(bytes, segmentHeaderLength, header.salt),
    ).toBeTruthy();
    for (let at = Buffer.from(bytes).indexOf(text); at >= 0; at = Buffer.from(bytes).indexOf(text, at)) {
      bytes[at + 5] ^= 4;
    }
    disk.replace(path, bytes);
  }
  core = await start();
}

beforeEach(async () => {
  clock = new VirtualClock();
  disk = new SimulatedDisk(seededRandom(7));
  piv = 0;
  answers = [];
  core = await start();
});

describe("a shape", () => {
  it.each(["/spool", "/spool/kept"])(
    "is known after damage to all that %s has of it, so that its packs go out, and lies in both rings again",
    async (folder) => {
      await send(says(air));
      const sent = await send(pack(air, 2150));
      expect(core.ingest.counts.parked).toBe(0);
      // For a block after it, without which a damaged one looks like a torn write.
      await send(pack(air, 2151));
      await send({
        type: "status",
        uptime: 60,
        rowsDropped: 0,
        outbox: { frames: 0, bytes: 0, bytesMax: 1 },
        faults: [],
      });
      await cutAndDamage(folder, air);
      expect(core.ingest.shapes.isSafe(shapeId(nodeCrypto, air))).toBe(false);
      await pass(100);
      expect(core.ingest.shapes.isSafe(shapeId(nodeCrypto, air))).toBe(true);
      const place = city();
      core.forward(place.sink);
      await pass(1000);
      expect(place.records).toMatchObject([{ v: "21.50", dh: `1/${sent}/0` }, { v: "21.51" }]);
      // The other ring may be damaged now.
      await cutAndDamage(folder === "/spool" ? "/spool/kept" : "/spool", air);
      expect(core.ingest.shapes.get(shapeId(nodeCrypto, air))).not.toBeNull();
      await core.close();
    },
  );

  it("costs its own length and ten bytes more, once, however often it is said", async () => {
    for (const kid of [1, 2, 1, 2]) {
      await send(says(air), kid);
    }
    expect(copies("spool")).toBe(1);
    expect(copies("kept")).toBe(0);
    await core.close();
  });

  it("that lies in one ring only has its packs wait, on disk and acknowledged, until the other has it", async () => {
    let away = true;
    disk.failing = ({ operation, path }) =>
      away && operation === "write" && path.startsWith("/spool/segment") ? "EIO" : null;
    await send(says(air));
    expect(answers).toContainEqual({ type: "ack", deviceEpoch: 1, ranges: [[0, 0]] });
    away = false;
    await send(pack(air, 2150));
    expect(answers).toContainEqual({ type: "ack", deviceEpoch: 1, ranges: [[1, 1]] });
    expect(core.ingest.shapes.parkedCount).toBe(1);
    const place = city();
    core.forward(place.sink);
    await pass(6000);
    expect(core.ingest.shapes.parkedCount).toBe(0);
    expect(place.records).toMatchObject([{ v: "21.50" }]);
    await core.close();
  });

  it("is not asked for where it is known, though its packs may have to wait", async () => {
    disk.failing = ({ operation, path }) =>
      operation === "write" && path.startsWith("/spool/segment") ? "EIO" : null;
    await send(says(air));
    disk.failing = () => null;
    await send(pack(air, 2150));
    expect(answers.filter(({ type }) => type === "command")).toEqual([]);
    await core.close();
  });

  it("beyond what one device may say is refused for good, and others still have theirs", async () => {
    const names = (Object.keys(quantities) as QuantityName[]).filter((name) => !quantities[name].personal);
    let said = 0;
    for (const [i, quantity] of names.entries()) {
      for (const other of names.slice(i + 1, i + 8)) {
        const shape = shapeOf(
          [quantity, other].map((name) => ({ quantity: name, exponent: 0 })),
          "interval",
          "rows",
        );
        if (!isFault(shape)) {
          await send(says(shape));
          said++;
        }
      }
    }
    const nacks = answers.filter((answer) => answer.type === "nack");
    expect(nacks.length).toBeGreaterThan(0);
    expect(nacks.every((nack) => nack.type === "nack" && nack.code === "limit")).toBe(true);
    const taken = core.ingest.shapes.encoded();
    expect(taken).toHaveLength(said - nacks.length);
    expect(taken.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(8192);
    await send(says(air), 2);
    expect(core.ingest.shapes.isSafe(shapeId(nodeCrypto, air))).toBe(true);
    await core.close();
    // What was learned in one life is not too much in the next.
    core = await start();
    expect(core.ingest.shapes.encoded()).toHaveLength(taken.length + 1);
    await core.close();
  });

  it("that is none is refused for good", async () => {
    await send({ type: "shape", shape: "nonsense" });
    expect(answers).toContainEqual({ type: "nack", deviceEpoch: 1, piv: 0, code: "syntax" });
    await core.close();
  });
});

describe("a parked pack", () => {
  it.each([
    ["as many as may wait for their shapes do", 128, 1000],
    ["half the ring is held by others that do", 4, 999],
  ])("stays with its device while %s", async (_, segments, most) => {
    await core.close();
    disk = new SimulatedDisk(seededRandom(7));
    core = await start(segments);
    for (let sent = 0; sent < 2000 && core.ingest.refused.full === undefined; sent++) {
      answers = [];
      await send(pack(air, sent));
    }
    expect(answers).toEqual([]);
    clock.pass(10_000);
    await send(pack(air, 1));
    expect(answers).toMatchObject([
      { type: "command", name: "send-shape", arguments: shapeId(nodeCrypto, air) },
    ]);
    const { parkedCount } = core.ingest.shapes;
    expect(parkedCount).toBeGreaterThan(400);
    expect(parkedCount).toBeLessThanOrEqual(most);
    const place = city();
    core.forward(place.sink);
    await send(says(air));
    await pass(1000);
    expect(core.ingest.shapes.parkedCount).toBe(0);
    expect(place.records).toHaveLength(parkedCount);
    expect(place.gaps).toEqual([]);
    const again = await send(pack(air, 1));
    expect(answers).toContainEqual({ type: "ack", deviceEpoch: 1, ranges: [[again, again]] });
    await core.close();
  });

  it("with personal readings that came unencrypted is given up when its shape tells so, and named", async () => {
    const sent = await send(pack(power, 1200), 3);
    expect(core.ingest.shapes.parkedCount).toBe(1);
    const place = city();
    core.forward(place.sink);
    await send(says(power), 1);
    await pass(1000);
    expect(core.ingest.shapes.parkedCount).toBe(0);
    expect(place.records).toEqual([]);
    expect(place.gaps).toMatchObject([
      { device: devices[2].device, epoch: 1, from: sent, to: sent, state: "dropped" },
    ]);
    disk = disk.crash(seededRandom(4));
    core = await start();
    expect(core.ingest.shapes.parkedCount).toBe(0);
    await core.close();
  });

  it("that does not fit its shape is named, also when the power goes before that", async () => {
    const sent = await send(pack(power, 500, shapeId(nodeCrypto, air)));
    expect(core.ingest.shapes.parkedCount).toBe(1);
    disk.failing = ({ operation, path }) =>
      operation === "write" && path.startsWith("/spool/kept") ? "EIO" : null;
    await send(says(air), 2);
    disk = disk.crash(seededRandom(4));
    core = await start();
    await send(says(air), 2);
    const place = city();
    core.forward(place.sink);
    await pass(6000);
    expect(place.gaps).toMatchObject([{ from: sent, to: sent, state: "dropped" }]);
    await core.close();
  });
});
