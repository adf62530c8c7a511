import { beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { isFault } from "../protocols/fault.ts";
import { encodeUp, type UpMessage } from "../protocols/message.ts";
import { shapeId } from "../protocols/shape.ts";
import { air, CoreTrial, devices, hello, pack, says } from "./core-trial.ts";
import { decodeMessageEntry, entryKind } from "./entry.ts";
import { ringSizes } from "./rings.ts";
import type { Spool } from "./spool/spool.ts";

const status: UpMessage = {
  type: "status",
  uptime: 60,
  rowsDropped: 0,
  outbox: { frames: 0, bytes: 0, bytesMax: 1 },
  faults: [],
};
const announced = says(air);
const unusable = encodeUp({ type: "pack", value: [1, "nonsense"] });
/** Small, so that the rings turn often. */
const segmentBytes = 8192;

let trial: CoreTrial;

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
    await trial.send(pack(air, i));
  }
}

beforeEach(async () => {
  trial = new CoreTrial(segmentBytes);
  await trial.start();
});

describe("the two rings", () => {
  it("hold readings in one and everything that must not vanish in the other", async () => {
    const kept = [
      await trial.send(hello),
      await trial.send(announced),
      await trial.send(status),
      await trial.send(unusable),
    ];
    const passing = [await trial.send(pack(air, 2000)), await trial.send({ type: "time-request" })];
    trial.core.ingest.declare({
      device: devices[0]!.device,
      epoch: 1,
      from: 90,
      to: 91,
      state: "dropped",
      reason: "x",
    });
    await trial.pass(100);
    expect(held(trial.core.kept).pivs).toEqual(kept);
    expect(held(trial.core.kept).kinds).toContain(entryKind.gap);
    expect(held(trial.core.spool).pivs).toEqual(passing);
    await trial.core.close();
  });

  it("never give up what must not vanish for readings, and name the readings that were given up", async () => {
    const place = trial.city(true);
    const early = [await trial.send(hello), await trial.send(announced), await trial.send(status)];
    await flood(1200);
    expect(trial.core.spool.tail).toBeGreaterThan(400);
    expect(held(trial.core.kept).pivs).toEqual(early);
    expect(trial.core.kept.tail).toBe(0);
    place.away = false;
    await trial.pass(120_000);
    const came = new Set(place.records.map(({ dh }) => Number(dh.split("/")[1])));
    const named = place.gaps.filter(({ state }) => state === "dropped");
    const missing = [...trial.stored].filter((one) => !early.includes(one) && !came.has(one));
    expect(missing.length).toBeGreaterThan(400);
    expect(missing.filter((one) => !named.some(({ from, to }) => from <= one && one <= (to ?? one)))).toEqual(
      [],
    );
    await trial.core.close();
  });

  it("know after a crash every message that was acknowledged, in whichever ring it was", async () => {
    trial.city();
    for (let round = 0; round < 30; round++) {
      await trial.send(status);
      await flood(round % 3 === 0 ? 40 : 3);
      await trial.send(round % 5 === 0 ? announced : hello);
      await trial.pass(1500);
    }
    for (let i = 0; i < 400; i++) {
      await trial.send(status);
      await trial.pass(i % 50 === 0 ? 1500 : 1);
    }
    expect(trial.core.kept.tail).toBeGreaterThan(0);
    expect(trial.core.spool.tail).toBeGreaterThan(0);
    await trial.cut();
    const { received } = trial.core.ingest.devices.byKid(1)!;
    expect([...trial.stored].filter((one) => received.standing(1, one) !== "received")).toEqual([]);
    expect(trial.core.ingest.shapes.get(shapeId(nodeCrypto, air))).not.toBeNull();
    await trial.core.close();
  });

  it("send a parked pack on once, although an older copy of the list of parked packs may lie about", async () => {
    await trial.send(pack(air, 2100));
    expect(trial.core.ingest.shapes.parkedCount).toBe(1);
    // The ring of what must not vanish begins a segment while the pack is parked.
    for (let sent = 0; sent < 500 && trial.core.kept.stats().segments < 2; sent++) {
      await trial.send(status);
    }
    await trial.send(announced);
    await trial.pass(10);
    expect(trial.core.ingest.shapes.parkedCount).toBe(0);
    await flood(20);
    await trial.cut();
    expect(trial.core.ingest.shapes.parkedCount).toBe(0);
    const place = trial.city();
    await trial.pass(10_000);
    expect(place.records.filter(({ dh }) => dh === "1/0/0")).toHaveLength(1);
    await trial.core.close();
  });

  it("leave with its device what must not vanish and has no room, and take it when a sink has moved on", async () => {
    const place = trial.city(true);
    let last = -1;
    for (let sent = 0; sent < 2000 && trial.core.ingest.refused.full === undefined; sent++) {
      last = await trial.send({
        type: "dropped",
        ranges: [[1000 + sent, 1000 + sent]],
        reason: "outbox full",
        epoch: 1,
      });
    }
    expect(trial.stored.has(last)).toBe(false);
    // Readings go on meanwhile.
    expect(trial.stored.has(await trial.send(pack(air, 1900)))).toBe(true);
    place.away = false;
    await trial.pass(60_000);
    expect(trial.stored.has(await trial.send(status))).toBe(true);
    await trial.core.close();
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
