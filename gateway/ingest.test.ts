import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../hil-tests/programs.ts";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { algCcm, algMac, deriveSession, open, parseHeader, seal } from "../protocols/envelope.ts";
import { isFault } from "../protocols/fault.ts";
import { type DownMessage, decodeDown, encodeUp } from "../protocols/message.ts";
import { createPackWriter } from "../protocols/pack.ts";
import { type Shape, shapeId, shapeOf, shapeValue } from "../protocols/shape.ts";
import { FailureBudget } from "./budget.ts";
import { Downlink } from "./downlink.ts";
import { Ingest } from "./ingest.ts";
import { silentLog } from "./log.ts";
import { type DeviceEntry, DeviceRegistry } from "./registry/registry.ts";
import { resolveEntry } from "./resolve.ts";
import type { CityRecord } from "./sink.ts";
import { nodeFiles } from "./spool/node-files.ts";
import { Spool } from "./spool/spool.ts";

const deployment = "paderborn";
const bootEpoch = 9;

let folder: string;
let registry: DeviceRegistry;
let meter: DeviceEntry;
let hall: Hall;

/** A gateway's inner part on a real disk, with one way to talk to it. */
interface Hall {
  readonly spool: Spool;
  readonly ingest: Ingest;
  /** What came back, opened with the device's keys. */
  readonly answers: DownMessage[];
  /** Sends frames in one turn, so that they share a commit; resolves when all are settled. */
  send(...frames: Uint8Array[]): Promise<void>;
  close(): Promise<void>;
}

async function openHall(): Promise<Hall> {
  const answers: DownMessage[] = [];
  const hooks = {};
  const spool = await Spool.open(
    { folder: join(folder, "spool"), bytesMax: 16 * 1024 * 1024, linger: 2, hooks },
    nodeFiles,
  );
  const ingest = new Ingest({
    spool,
    registry,
    crypto: nodeCrypto,
    deployment,
    downlink: new Downlink(bootEpoch),
    budget: new FailureBudget({ capacity: 8, perSecond: 1 }),
    log: silentLog(),
    now: () => Date.now(),
    monotonic: () => performance.now(),
    stored: () => {},
  });
  Object.assign(hooks, { snapshot: () => ingest.knowledge.snapshot() });
  for (const entry of spool.replay()) {
    ingest.restore(entry, "telemetry");
  }
  ingest.restored();
  const source = {
    address: "test",
    reply: (frame: Uint8Array) => {
      answers.push(opened(frame));
      return true;
    },
  };
  return {
    spool,
    ingest,
    answers,
    send: async (...frames) => {
      await Promise.all(
        frames.map((frame) => new Promise<void>((settled) => ingest.receive(frame, source, settled))),
      );
      await new Promise((turn) => setImmediate(() => setImmediate(turn)));
    },
    close: () => spool.close(),
  };
}

function opened(frame: Uint8Array): DownMessage {
  const header = parseHeader(frame);
  if (isFault(header)) {
    throw new Error(header.detail);
  }
  const entry = registry.byKid(header.kid)!;
  const { kid, epoch, alg } = header;
  const body = open(
    deriveSession(nodeCrypto, { root: entry.root, deployment, kid, epoch, alg, direction: "down" }),
    header,
    frame,
  );
  const message = isFault(body) ? body : decodeDown(body);
  if (isFault(message)) {
    throw new Error(message.detail);
  }
  return message;
}

function sealed(
  entry: DeviceEntry,
  epoch: number,
  piv: number,
  body: Uint8Array,
  root = entry.root,
): Uint8Array {
  const { kid, alg } = entry;
  return seal(
    deriveSession(nodeCrypto, { root, deployment, kid, epoch, alg, direction: "up" }),
    piv,
    body,
  ).slice();
}

function hello(
  shapes: readonly string[] = [],
  uptime = 5,
  last: { previousEpoch: number | null; lastPiv: number | null } = { previousEpoch: null, lastPiv: null },
): Uint8Array {
  return encodeUp({
    type: "hello",
    firmware: "0.1.0",
    board: "test",
    shapes,
    bootReason: "power",
    uptime,
    ...last,
    rowsDropped: 0,
  });
}

const powerShape = shapeOf([{ quantity: "activePower", exponent: -2 }], "interval", "rows") as Shape;
const airShape = shapeOf([{ quantity: "temperature", exponent: -2 }], "interval", "rows") as Shape;

function pack(
  shape: Shape,
  time: number,
  values: readonly number[],
  timeQuality: "synced" | "relative" = "synced",
): Uint8Array {
  const writer = createPackWriter({ shape, id: shapeId(nodeCrypto, shape), rowsMax: 24 });
  writer.begin({ time, timeQuality, step: 1000 });
  values.forEach((value, i) => {
    expect(writer.add(time + i * 1000, [value])).toBe("added");
  });
  return writer.flush().slice();
}

/** What a sink would get of the whole spool. */
function records(): CityRecord[] {
  const context = {
    shape: (id: string) => hall.ingest.shapes.get(id),
    device: (kid: number) => registry.byKid(kid),
    sink: "city",
    backlogBefore: 0,
  };
  return hall.spool.read(0, { entries: 1000, bytes: 1e6 }).flatMap(({ kind, payload }) => {
    const resolved = resolveEntry(kind, payload, context);
    return isFault(resolved) ? [] : resolved.records;
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "ingest-"));
  registry = await DeviceRegistry.open(join(folder, "devices.d"));
  meter = await registry.create({ name: "pb-test-meter-1", alg: algCcm, personal: true });
  hall = await openHall();
});
afterEach(async () => {
  await hall.close();
  registry.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("ingest", () => {
  it("acknowledges a message when it is on disk, and forwards its records with their identity", async () => {
    await hall.send(sealed(meter, 1, 0, encodeUp({ type: "shape", shape: shapeValue(powerShape) })));
    await hall.send(sealed(meter, 1, 1, pack(powerShape, 1_763_000_000_250, [41236, -500])));
    expect(hall.answers.filter(({ type }) => type === "ack")).toEqual([
      { type: "ack", deviceEpoch: 1, ranges: [[0, 0]] },
      { type: "ack", deviceEpoch: 1, ranges: [[1, 1]] },
    ]);
    expect(records()).toMatchObject([
      {
        n: `${meter.device}:activePower`,
        u: "W",
        v: "412.36",
        time: 1_763_000_000_250,
        dh: "1/1/0",
        timeQuality: null,
      },
      {
        n: `${meter.device}:activePower`,
        u: "W",
        v: "-5.00",
        time: 1_763_000_001_250,
        dh: "1/1/1",
        timeQuality: null,
      },
    ]);
  });

  it("stores a frame once that comes twice within one commit, and settles both", async () => {
    const frame = sealed(meter, 1, 0, hello());
    await hall.send(frame, frame);
    expect(hall.ingest.counts.stored).toBe(1);
    expect(hall.ingest.refused).toEqual({ replayed: 1 });
    expect(hall.answers.filter(({ type }) => type === "ack")).toEqual([
      { type: "ack", deviceEpoch: 1, ranges: [[0, 0]] },
    ]);
  });

  it("acknowledges a message again that it has, also after a restart, and stores it zero times more", async () => {
    const frame = sealed(meter, 1, 0, hello());
    await hall.send(frame);
    await hall.close();
    hall = await openHall();
    await hall.send(frame);
    expect(hall.ingest.refused).toEqual({ replayed: 1 });
    expect(hall.answers).toEqual([{ type: "ack", deviceEpoch: 1, ranges: [[0, 0]] }]);
    expect(hall.spool.read(0, { entries: 10, bytes: 1e6 })).toHaveLength(1);
  });

  it("refuses what is not authentic, each with its own reason, and answers none of it", async () => {
    const other = await registry.create({ name: "pb-test-meter-2", alg: algCcm, personal: true });
    await hall.send(sealed(other, 1, 0, hello()));
    await registry.revoke(other.name);
    const answered = hall.answers.length;
    await hall.send(sealed(other, 1, 1, hello()));
    await hall.send(sealed({ ...meter, kid: 777 }, 1, 0, hello()));
    await hall.send(sealed(meter, 1, 0, hello(), new Uint8Array(16)));
    await hall.send(new Uint8Array(4097));
    await hall.send(new Uint8Array(0));
    await hall.send(sealed({ ...meter, alg: algMac }, 1, 0, hello()));
    expect(hall.ingest.refused).toEqual({
      revoked: 1,
      "unknown-device": 1,
      "bad-tag": 1,
      "too-long": 1,
      truncated: 1,
      header: 1,
    });
    expect(hall.answers.length).toBe(answered);
    expect(hall.ingest.counts.stored).toBe(1);
  });

  it("takes frames of the four epochs before the newest, and none older", async () => {
    for (const epoch of [10, 6, 5]) {
      await hall.send(sealed(meter, epoch, 0, hello()));
    }
    expect(hall.ingest.counts.stored).toBe(2);
    expect(hall.ingest.refused).toEqual({ "old-epoch": 1 });
  });

  it("slows a source down that keeps failing, before any cryptography", async () => {
    for (let piv = 0; piv < 20; piv++) {
      await hall.send(sealed(meter, 1, piv, hello(), new Uint8Array(16)));
    }
    expect(hall.ingest.refused["bad-tag"]).toBe(8);
    expect(hall.ingest.refused.budget).toBe(12);
  });

  it("raises the alarm when two authentic messages carry the same number", async () => {
    await hall.send(sealed(meter, 1, 0, hello([], 5)));
    await hall.send(sealed(meter, 1, 0, hello([], 6)));
    expect(hall.ingest.refused).toEqual({ cloned: 1 });
  });

  it("stores an authentic message it cannot use, and tells the device not to send it again", async () => {
    await hall.send(sealed(meter, 1, 0, new Uint8Array([0x81, 0x18, 0x63])));
    expect(hall.ingest.counts).toMatchObject({ stored: 1, unusable: 1 });
    expect(hall.answers.map(({ type }) => type).sort()).toEqual(["ack", "nack"]);
  });

  it("refuses personal readings that came unencrypted, and takes others", async () => {
    const board = await registry.create({ name: "pb-test-board-1", alg: algMac, personal: false });
    await hall.send(sealed(board, 1, 0, encodeUp({ type: "shape", shape: shapeValue(powerShape) })));
    await hall.send(sealed(board, 1, 1, encodeUp({ type: "shape", shape: shapeValue(airShape) })));
    await hall.send(sealed(board, 1, 2, pack(powerShape, 1000, [1])));
    await hall.send(sealed(board, 1, 3, pack(airShape, 1000, [2150])));
    expect(hall.answers).toContainEqual({ type: "nack", deviceEpoch: 1, piv: 2, code: "not-allowed" });
    expect(records().map(({ v }) => v)).toEqual(["21.50"]);
  });

  it("parks a pack of unknown shape, asks for the shape, and sends its records on when it comes, also over a restart", async () => {
    const id = shapeId(nodeCrypto, powerShape);
    await hall.send(sealed(meter, 1, 0, pack(powerShape, 1_763_000_000_000, [100])));
    expect(hall.answers).toContainEqual({ type: "ack", deviceEpoch: 1, ranges: [[0, 0]] });
    expect(hall.answers).toContainEqual({
      type: "command",
      deviceEpoch: 1,
      name: "send-shape",
      arguments: id,
    });
    expect(records()).toEqual([]);
    await hall.close();
    hall = await openHall();
    expect(hall.ingest.shapes.parkedCount).toBe(1);
    await hall.send(sealed(meter, 1, 1, encodeUp({ type: "shape", shape: shapeValue(powerShape) })));
    await until("the parked pack is written again", () => records().length === 1, 2000);
    expect(records()).toMatchObject([{ v: "1.00", dh: "1/0/0" }]);
    await hall.close();
    hall = await openHall();
    expect(hall.ingest.shapes.parkedCount).toBe(0);
    expect(records()).toHaveLength(1);
  });

  it("places relative times by the hello of their epoch, also after a restart, and marks them", async () => {
    const before = Date.now();
    await hall.send(sealed(meter, 1, 0, hello([], 100)));
    await hall.close();
    hall = await openHall();
    await hall.send(sealed(meter, 1, 1, encodeUp({ type: "shape", shape: shapeValue(powerShape) })));
    await hall.send(sealed(meter, 1, 2, pack(powerShape, 70_000, [100], "relative")));
    const [record] = records();
    expect(record.timeQuality).toBe("relative");
    expect(Math.abs(record.time - (before - 30_000))).toBeLessThan(5000);
  });

  it("answers a hello and a question with the time, and nothing else with it", async () => {
    await hall.send(sealed(meter, 1, 0, hello()));
    await hall.send(sealed(meter, 1, 1, encodeUp({ type: "time-request" })));
    const times = hall.answers.filter((answer) => answer.type === "time");
    expect(times.map(({ answers }) => answers)).toEqual([0, 1]);
  });

  it("closes the gaps that a device declares, and hands them to the sinks", async () => {
    await hall.send(
      sealed(
        meter,
        1,
        5,
        encodeUp({ type: "dropped", ranges: [[1, 4]], reason: "outbox full", epoch: null }),
      ),
    );
    expect(hall.ingest.devices.byKid(meter.kid)?.received.epochs()[0]?.received).toEqual([[1, 5]]);
  });

  it("takes up after a restart which messages were missing, and how the epoch before had ended", async () => {
    await hall.send(sealed(meter, 1, 0, hello()));
    await hall.send(sealed(meter, 1, 4, encodeUp({ type: "time-request" })));
    await hall.send(sealed(meter, 2, 0, hello([], 1, { previousEpoch: 1, lastPiv: 6 })));
    await hall.close();
    hall = await openHall();
    const gaps = hall.ingest.knowledge.witnesses().flatMap((witness) => hall.ingest.losses.of(witness));
    expect(gaps.map(({ epoch, from, to }) => [epoch, from, to])).toEqual([
      [1, 1, 3],
      [1, 5, 6],
    ]);
  });

  it("gives records under a device's new key an identity of their own, though it counts epochs from 0 again", async () => {
    const measure = async (key: DeviceEntry) => {
      await hall.send(sealed(key, 0, 0, encodeUp({ type: "shape", shape: shapeValue(powerShape) })));
      await hall.send(sealed(key, 0, 1, pack(powerShape, 1_763_000_000_000, [100])));
    };
    await measure(meter);
    const renewed = await registry.replace({ name: meter.name, alg: algCcm, personal: true });
    await measure(renewed);
    expect(records().map(({ dh }) => dh)).toEqual(["0/1/0", `${renewed.kid * 65536}/1/0`]);
  });

  it("knows the epoch before of a device that got a new key and kept its storage as the old key's", async () => {
    await hall.send(sealed(meter, 3, 0, hello()));
    await hall.send(sealed(meter, 3, 1, encodeUp({ type: "time-request" })));
    const renewed = await registry.replace({ name: meter.name, alg: algCcm, personal: true });
    await hall.send(sealed(renewed, 4, 0, hello([], 1, { previousEpoch: 3, lastPiv: 1 })));
    expect(hall.ingest.knowledge.witnesses().flatMap((witness) => hall.ingest.losses.of(witness))).toEqual(
      [],
    );
    await hall.send(sealed(renewed, 6, 0, hello([], 1, { previousEpoch: 5, lastPiv: 1 })));
    const gaps = hall.ingest.knowledge.witnesses().flatMap((witness) => hall.ingest.losses.of(witness));
    expect(gaps.map(({ epoch, from, to }) => [epoch, from, to])).toEqual([[5, 0, 1]]);
  });

  it("survives whatever bytes come, without storing any", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await hall.send(bytes);
      }),
      { numRuns: 500 },
    );
    expect(hall.ingest.counts.stored).toBe(0);
  });

  it("keeps a quiet device's state when the segments that held it are recycled", async () => {
    const frame = sealed(meter, 1, 0, hello());
    await hall.send(frame);
    const filler = new Uint8Array(64 * 1024);
    await new Promise<void>((settled) => {
      let waiting = 400;
      for (let i = 0; i < 400; i++) {
        hall.spool.append(200, filler, () => (--waiting === 0 ? settled() : undefined));
      }
    });
    expect(hall.spool.tail).toBeGreaterThan(0);
    await hall.close();
    hall = await openHall();
    await hall.send(frame);
    expect(hall.ingest.refused).toEqual({ replayed: 1 });
  });
});
