import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { deriveSession, seal } from "../protocols/envelope.ts";
import { encodeUp } from "../protocols/message.ts";
import { Alarms } from "./alarms.ts";
import { FailureBudget } from "./budget.ts";
import { Downlink } from "./downlink.ts";
import { Ingest } from "./ingest.ts";
import { silentLog } from "./log.ts";
import type { DeviceEntry } from "./registry/registry.ts";
import { nodeFiles } from "./spool/node-files.ts";
import { Spool } from "./spool/spool.ts";
import { TokenBucket } from "./token-bucket.ts";

const deployment = "paderborn";
const question = encodeUp({ type: "time-request" });

function deviceOf(kid: number): DeviceEntry {
  const name = `pb-test-meter-${kid}`;
  const root = Uint8Array.from({ length: 16 }, (_, i) => i + kid);
  return { device: `urn:dev:ops:${name}`, name, kid, alg: 0, root, state: "active", personal: false };
}

function frameOf({ root, kid, alg }: DeviceEntry, piv: number): Uint8Array {
  const session = deriveSession(nodeCrypto, { root, deployment, kid, epoch: 1, alg, direction: "up" });
  return seal(session, piv, question).slice();
}

const loud = deviceOf(1);
const quiet = deviceOf(2);
let folder: string;
let spool: Spool;
let ingest: Ingest;
let now: number;
let acknowledgements: number;
let commits: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "throttle-"));
  now = 0;
  acknowledgements = 0;
  commits = 0;
  const hooks = { committed: () => commits++ };
  spool = await Spool.open(
    { folder: join(folder, "spool"), bytesMax: 16 * 1024 * 1024, linger: 0, hooks },
    nodeFiles,
  );
  const downlink = new Downlink(1);
  ingest = new Ingest({
    spool,
    registry: { byKid: (kid) => [loud, quiet].find((entry) => entry.kid === kid) ?? null },
    crypto: nodeCrypto,
    deployment,
    downlink,
    budget: new FailureBudget({ capacity: 4, perSecond: 1 }),
    messagesPerMinute: 60,
    log: silentLog(),
    now: () => 1_763_000_000_000 + now,
    monotonic: () => now,
    stored: () => {},
  });
});

afterEach(async () => {
  await spool.close();
  rmSync(folder, { recursive: true, force: true });
});

function send(frame: Uint8Array, address = "test"): Promise<void> {
  const reply = () => {
    acknowledgements++;
    return true;
  };
  return new Promise((settled) => ingest.receive(frame, { address, reply }, settled));
}

describe("a device that sends more than it may", () => {
  it("is throttled: what comes too soon is neither stored nor acknowledged, and taken when it comes again", async () => {
    const frames = Array.from({ length: 80 }, (_, piv) => frameOf(loud, piv));
    await Promise.all(frames.map((frame) => send(frame)));
    expect(ingest.counts.stored).toBe(60);
    expect(ingest.refused.budget).toBe(20);
    expect(ingest.alarms.counts["device-throttled"]).toBe(1);
    await send(frames[79]);
    expect(ingest.counts.stored).toBe(60);
    now += 20_000;
    await Promise.all(frames.slice(60).map((frame) => send(frame)));
    expect(ingest.counts.stored).toBe(80);
    expect(ingest.devices.byKid(loud.kid)?.received.epochs()[0].received).toEqual([[0, 79]]);
  });

  it("does not delay the others: a flood of ten thousand puts no more in front of them than its minute's worth", async () => {
    const flood = Array.from({ length: 1000 }, (_, piv) => frameOf(loud, piv));
    const all: Promise<void>[] = [];
    for (let i = 0; i < 10_000; i++) {
      all.push(send(flood[i % flood.length]));
    }
    await send(frameOf(quiet, 0));
    // Its commit is the one after the flood's first, at most.
    expect(commits).toBeLessThanOrEqual(2);
    expect(spool.head).toBeLessThanOrEqual(61);
    await Promise.all(all);
    expect(ingest.devices.byKid(quiet.kid)?.received.epochs()[0].received).toEqual([[0, 0]]);
  });

  it("cannot be silenced by somebody else: forged frames and replays cost it nothing", async () => {
    const forged = frameOf(loud, 500);
    forged[forged.length - 1] ^= 1;
    const first = frameOf(loud, 0);
    await send(first);
    for (let i = 0; i < 200; i++) {
      await send(forged, `forger-${i}`);
      await send(first);
    }
    await Promise.all(Array.from({ length: 59 }, (_, i) => send(frameOf(loud, i + 1))));
    expect(ingest.counts.stored).toBe(60);
    expect(acknowledgements).toBeGreaterThan(0);
  });
});

describe("alarms", () => {
  it("are raised when a source is slowed down, once in a while and not for each frame", async () => {
    const forged = frameOf(loud, 0);
    forged[forged.length - 1] ^= 1;
    for (let i = 0; i < 50; i++) {
      await send(forged, "mqtt:somebody");
    }
    expect(ingest.alarms.counts["source-slowed"]).toBe(1);
    expect(ingest.refused["bad-tag"]).toBe(4);
    now += 700_000;
    for (let i = 0; i < 50; i++) {
      await send(forged, "mqtt:somebody");
    }
    expect(ingest.alarms.counts["source-slowed"]).toBe(2);
  });

  it("are raised once when a key has seen more failures than it is made for", async () => {
    const device = ingest.devices.byKid(loud.kid)!;
    device.failedTags = 2 ** 20 - 1;
    const forged = frameOf(loud, 0);
    forged[forged.length - 1] ^= 1;
    await send(forged, "a");
    expect(ingest.alarms.counts["failed-tags"]).toBe(0);
    await send(forged, "b");
    await send(forged, "c");
    expect(ingest.alarms.counts["failed-tags"]).toBe(1);
  });

  it("about many things are remembered within bounds", () => {
    const alarms = new Alarms(silentLog());
    for (let i = 0; i < 5000; i++) {
      alarms.raise("source-slowed", { who: `source-${i % 2500}` }, 0, "slowed");
    }
    expect(alarms.counts["source-slowed"]).toBe(5000);
    alarms.raise("source-slowed", { who: "source-2499" }, 1, "slowed");
    expect(alarms.counts["source-slowed"]).toBe(5000);
  });
});

it("a bucket gives its minute's worth at once, then so many a second, and never more than it holds", () => {
  const bucket = new TokenBucket({ capacity: 3, perSecond: 1 });
  expect([bucket.spend(0), bucket.spend(0), bucket.spend(0)]).toEqual([true, true, false]);
  expect(bucket.allows(999)).toBe(false);
  expect(bucket.allows(1000)).toBe(true);
  expect(bucket.full(2999)).toBe(false);
  expect(bucket.full(3000)).toBe(true);
  expect(bucket.spend(1e9)).toBe(true);
  expect(bucket.full(1e9 + 999)).toBe(false);
});
