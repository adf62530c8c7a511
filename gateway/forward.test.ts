import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../hil-tests/programs.ts";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { fault } from "../protocols/fault.ts";
import { createPackWriter } from "../protocols/pack.ts";
import { type Shape, shapeId, shapeOf } from "../protocols/shape.ts";
import { encodeMessageEntry, entryKind } from "./entry.ts";
import { Forwarder } from "./forward.ts";
import { silentLog } from "./log.ts";
import type { DeviceEntry } from "./registry/registry.ts";
import type { Delivery, Gap, Sink, SinkBatch } from "./sink.ts";
import { CursorFile } from "./spool/cursor-file.ts";
import { nodeFiles } from "./spool/node-files.ts";
import { Spool } from "./spool/spool.ts";

const shape = shapeOf([{ quantity: "temperature", exponent: -2 }], "interval", "rows") as Shape;
const writer = createPackWriter({ shape, id: shapeId(nodeCrypto, shape), rowsMax: 1 });
const device: DeviceEntry = {
  device: "urn:dev:ops:pb-air-1",
  name: "pb-air-1",
  kid: 1,
  alg: 0,
  root: new Uint8Array(16),
  state: "active",
  personal: true,
};

/** A platform that answers as the test says; it remembers what it confirmed, in order. */
class Platform implements Sink {
  readonly name = "city";
  readonly recordsMax = 100;
  readonly window = 4;
  /** Message numbers confirmed, in order. */
  readonly confirmed: number[] = [];
  sends = 0;
  answer: (pivs: readonly number[]) => Delivery | Promise<Delivery> = () => ({ delivered: true });

  /** Tells that the platform is back. */
  back = (): void => {};

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  whenReachable(call: () => void): void {
    this.back = call;
  }
  state() {
    return { connected: true, trouble: null };
  }
  async send({ records }: SinkBatch): Promise<Delivery> {
    this.sends++;
    const pivs = records.map(({ dh }) => Number(dh.split("/")[1]));
    const delivery = await this.answer(pivs);
    if ("delivered" in delivery) {
      this.confirmed.push(...pivs);
    }
    return delivery;
  }
}

let folder: string;
let spool: Spool;
let platform: Platform;
const setAside: Gap[] = [];

const openSpool = (): Promise<Spool> =>
  Spool.open({ folder: join(folder, "spool"), bytesMax: 16 * 1024 * 1024, linger: 0 }, nodeFiles);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "forward-"));
  spool = await openSpool();
  platform = new Platform();
  setAside.length = 0;
});
afterEach(async () => {
  await spool.close();
  rmSync(folder, { recursive: true, force: true });
});

function store(from: number, count: number): Promise<void> {
  return new Promise((settled) => {
    let waiting = count;
    for (let piv = from; piv < from + count; piv++) {
      writer.begin({ time: 1_763_000_000_000 + piv, timeQuality: "synced", step: 1000 });
      writer.add(1_763_000_000_000 + piv, [2000 + (piv % 100)]);
      const entry = {
        kid: 1,
        epoch: 1,
        piv,
        received: Date.now(),
        bootTime: null,
        parked: false,
        released: false,
      };
      const payload = encodeMessageEntry({ ...entry, tag: new Uint8Array(8), body: writer.flush() });
      spool.append(entryKind.message, payload, () => (--waiting === 0 ? settled() : undefined));
    }
  });
}

function forwarder(after = soon, sink: Sink = platform, known = shape): Forwarder {
  return new Forwarder({
    sink,
    spool,
    cursor: spool.cursor("city"),
    context: { shape: () => known, device: () => device },
    log: silentLog(),
    clock: {
      time: () => Date.now(),
      monotonic: () => performance.now(),
      after,
    },
    random: () => 0,
    later: setImmediate,
    setAside: (gap, durable) => {
      setAside.push(gap);
      durable();
    },
  });
}

function soon(_delay: number, call: () => void): () => void {
  const timer = setTimeout(call, 1);
  return () => clearTimeout(timer);
}

/** A shape by which the first message read cannot be resolved: a mistake of ours. */
function brokenOnce(): Shape {
  const { columns } = shape;
  let asked = 0;
  return {
    ...shape,
    get columns() {
      if (++asked === 1) {
        throw new Error("a mistake of ours");
      }
      return columns;
    },
  };
}

const upTo = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

describe("the forwarder", () => {
  it("delivers everything once and in order, and moves the cursor to the end", async () => {
    await store(0, 750);
    const one = forwarder();
    one.wake();
    await until("all is delivered", () => spool.cursor("city").position === spool.head);
    expect(platform.confirmed).toEqual(upTo(750));
    await store(750, 3);
    one.wake();
    await until("the rest is delivered", () => spool.cursor("city").position === spool.head);
    expect(platform.confirmed).toEqual(upTo(753));
  });

  it("leaves the cursor where the first unconfirmed message is, and sends nothing confirmed again", async () => {
    let release = (_delivery: Delivery): void => {};
    platform.answer = (pivs) =>
      pivs.includes(0) ? new Promise((resolve) => (release = resolve)) : { delivered: true };
    await store(0, 300);
    const one = forwarder();
    one.wake();
    await until("later batches are through", () => platform.confirmed.length === 200);
    expect(spool.cursor("city").position).toBe(0);
    platform.answer = () => ({ delivered: true });
    release({ ...fault("timeout", "no answer"), transient: true });
    await until("the first batch goes again", () => spool.cursor("city").position === spool.head);
    expect([...platform.confirmed].sort((a, b) => a - b)).toEqual(upTo(300));
  });

  it("does not wait for its next try when the platform is back before", async () => {
    platform.answer = () => ({ ...fault("unreachable", "away"), transient: true });
    await store(0, 10);
    const never = () => () => {};
    forwarder(never).wake();
    await until("it has failed", () => platform.sends === 1);
    platform.answer = () => ({ delivered: true });
    platform.back();
    await until("it is delivered", () => spool.cursor("city").position === spool.head);
    expect(platform.confirmed).toEqual(upTo(10));
  });

  it("tries again what a sink has thrown at, and stays up", async () => {
    let thrown = 0;
    platform.answer = () => {
      if (++thrown <= 3) {
        throw new Error("not a number: NaN");
      }
      return { delivered: true };
    };
    await store(0, 10);
    forwarder().wake();
    await until("it is delivered", () => spool.cursor("city").position === spool.head);
    expect(platform.confirmed).toEqual(upTo(10));
    expect(setAside).toEqual([]);
  });

  it("names a message that it cannot make records of, whatever the reason, and goes on", async () => {
    await store(0, 10);
    forwarder(soon, platform, brokenOnce()).wake();
    await until("the rest is delivered", () => spool.cursor("city").position === spool.head);
    expect(platform.confirmed).toEqual(upTo(10).slice(1));
    expect(setAside).toMatchObject([{ epoch: 1, from: 0, to: 0, state: "dropped", sink: "city" }]);
  });

  it("names it once, however often the platform has to be sent the others", async () => {
    await store(0, 10);
    let failures = 3;
    platform.answer = () =>
      failures-- > 0 ? { ...fault("unreachable", "away"), transient: true } : { delivered: true };
    const one = forwarder(soon, platform, brokenOnce());
    one.wake();
    await until("the rest is delivered", () => spool.cursor("city").position === spool.head);
    expect(platform.confirmed).toEqual(upTo(10).slice(1));
    expect(setAside).toHaveLength(1);
    expect(one.counts).toEqual({ delivered: 9, gaps: 0, failures: 3, setAside: 1 });
  });

  it("finds a message that is never taken in few sends, sets it aside and delivers the rest", async () => {
    platform.answer = (pivs) =>
      pivs.includes(37)
        ? { ...fault("refused", "payload format invalid"), transient: false }
        : { delivered: true };
    await store(0, 100);
    forwarder().wake();
    await until("the rest is delivered", () => spool.cursor("city").position === spool.head);
    expect([...platform.confirmed].sort((a, b) => a - b)).toEqual(upTo(100).filter((piv) => piv !== 37));
    expect(setAside).toEqual([
      {
        device: device.device,
        epoch: 1,
        from: 37,
        to: 37,
        state: "dropped",
        reason: "payload format invalid",
        sink: "city",
      },
    ]);
    expect(platform.sends).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(100)) + 2);
  });

  it("sends what comes now ahead of a backlog, and both in full", async () => {
    await store(0, 6000);
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    platform.answer = async () => {
      await gate;
      return { delivered: true };
    };
    const one = forwarder();
    one.wake();
    expect(platform.sends).toBeGreaterThan(0);
    await store(6000, 5);
    one.wake();
    open();
    await until("everything is there", () => spool.cursor("city").position === spool.head);
    // The one place in the window that a backlog leaves free was theirs.
    expect(platform.confirmed.indexOf(6004)).toBeLessThan(platform.window * platform.recordsMax);
    expect([...platform.confirmed].sort((a, b) => a - b)).toEqual(upTo(6005));
  });

  it("gives the backlog a fifth while new messages never stop", async () => {
    await store(0, 4000);
    const one = forwarder();
    let stored = 4000;
    platform.answer = async () => {
      await store(stored, 200);
      stored += 200;
      return { delivered: true };
    };
    one.wake();
    await until("some batches went", () => platform.sends >= 40, 30_000);
    platform.answer = () => ({ delivered: true });
    const backlog = platform.confirmed.filter((piv) => piv < 4000).length;
    expect(backlog / platform.confirmed.length).toBeGreaterThan(0.1);
    expect(backlog / platform.confirmed.length).toBeLessThan(0.6);
    one.stop();
  });

  it("has at most one window of records under way or confirmed without a checkpoint", async () => {
    const messages = 24_000;
    await store(0, messages);
    const cursors = new CursorFile(nodeFiles, join(folder, "spool"));
    const state = { sent: 0, most: 0 };
    const wide: Sink = {
      ...platform,
      name: "city",
      recordsMax: 2000,
      window: 4,
      start: async () => {},
      stop: async () => {},
      state: () => ({ connected: true, trouble: null }),
      send: async ({ records }) => {
        state.sent += records.length;
        const checkpoint = cursors.load();
        const kept = checkpoint !== null && checkpoint !== "damaged" ? checkpoint.cursors : [];
        state.most = Math.max(
          state.most,
          state.sent - (kept.find(({ name }) => name === "city")?.position ?? 0),
        );
        await new Promise((resolve) => setImmediate(resolve));
        return { delivered: true };
      },
    };
    forwarder(soon, wide).wake();
    await until("all is there", () => spool.cursor("city").position === spool.head);
    expect(state.sent).toBe(messages);
    expect(state.most).toBeGreaterThan(4000);
    expect(state.most).toBeLessThanOrEqual(8000);
  });

  it("sends one batch of a backlog a turn, so that what else happens is not kept waiting", async () => {
    await store(0, 6000);
    const turns: number[] = [];
    let turn = 0;
    platform.answer = () => {
      turns.push(turn);
      return { delivered: true };
    };
    const count = (): void => {
      turn++;
      if (turns.length < 60) {
        setImmediate(count);
      }
    };
    setImmediate(count);
    forwarder().wake();
    await until("the backlog is through", () => spool.cursor("city").position === spool.head);
    const each = turns.map((at) => turns.filter((other) => other === at).length);
    expect(Math.max(...each)).toBeLessThanOrEqual(2);
  });

  it("sends nothing again after a restart in the middle of a backlog, but what was under way", async () => {
    await store(0, 6000);
    // A few batches of the backlog are through, the others get no answer; what comes now is taken.
    platform.answer = (pivs) =>
      pivs[0] < 6000 && platform.sends > 5 ? new Promise(() => {}) : { delivered: true };
    const one = forwarder();
    one.wake();
    await until("the backlog begins to drain", () => platform.confirmed.length >= 500);
    await store(6000, 300);
    one.wake();
    await until("the new ones are there", () => platform.confirmed.includes(6299));
    one.stop();
    await until("nothing is under way", () => spool.cursor("city~to").position === spool.head);
    await spool.close();
    spool = await openSpool();
    const before = platform.confirmed.length;
    platform.answer = () => ({ delivered: true });
    const again = forwarder();
    again.wake();
    await until("all is there", () => spool.cursor("city").position === spool.head);
    expect(new Set(platform.confirmed).size).toBe(6300);
    expect(platform.confirmed.length - 6300).toBeLessThanOrEqual(platform.window * platform.recordsMax);
    expect(before).toBeLessThan(6300);
  });
});
