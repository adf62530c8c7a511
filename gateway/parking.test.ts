import { beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { shapeId } from "../protocols/shape.ts";
import { air, CoreTrial, devices, hello, pack, power, says } from "./core-trial.ts";

const day = 86_400_000;
let trial: CoreTrial;
beforeEach(async () => {
  trial = new CoreTrial();
  await trial.start();
});

/** 1 where a message is acknowledged, 0 where it stays with its device. */
async function acknowledgedOf(message: Uint8Array): Promise<number> {
  trial.answers = [];
  await trial.send(message);
  return trial.answers.filter(({ type }) => type === "ack").length;
}

describe("a parked pack", () => {
  it.each([
    ["as many as may wait for their shapes do", 128, 1000],
    ["half the ring is held by others that do", 4, 999],
  ])("stays with its device while %s", async (_, segments, most) => {
    await trial.core.close();
    trial = new CoreTrial();
    await trial.start(segments);
    let acknowledged = 0;
    for (let sent = 0; sent < 2000 && trial.core.ingest.refused.full === undefined; sent++) {
      acknowledged += await acknowledgedOf(pack(air, sent));
    }
    expect(acknowledged).toBeGreaterThan(400);
    expect(acknowledged).toBeLessThanOrEqual(most);
    expect(await acknowledgedOf(pack(air, 1))).toBe(0);
    // Now and then one is taken, or given up by name: its device sends nothing else before some message is acknowledged.
    trial.clock.pass(10_000);
    expect(await acknowledgedOf(pack(air, 2))).toBe(1);
    expect(await acknowledgedOf(pack(air, 3))).toBe(0);
    const place = trial.city();
    await trial.send(says(air));
    await trial.pass(1000);
    expect(trial.core.ingest.shapes.parkedCount).toBe(0);
    expect(place.gaps.length).toBeLessThanOrEqual(1);
    expect(place.records.length + place.gaps.length).toBe(acknowledged + 1);
    expect(await acknowledgedOf(pack(air, 4))).toBe(1);
    await trial.core.close();
  });

  it("stays with its device while no more may wait and its shape lies in one ring alone, and goes out when it lies in both", async () => {
    for (let sent = 0; sent < 2000 && trial.core.ingest.refused.full === undefined; sent++) {
      await trial.send(pack(air, sent));
    }
    trial.disk.failing = ({ path, operation }) =>
      path.startsWith("/spool/kept") && operation !== "read" ? "EIO" : null;
    await trial.send(says(power), 2);
    expect(trial.core.ingest.shapes.get(shapeId(nodeCrypto, power))).not.toBeNull();
    expect(await acknowledgedOf(pack(power, 7))).toBe(0);
    trial.disk.failing = () => null;
    await trial.pass(10_000);
    const place = trial.city();
    expect(await acknowledgedOf(pack(power, 7))).toBe(1);
    await trial.pass(100);
    expect(place.records.map(({ v }) => v)).toEqual(["0.07"]);
  });

  it("has its shape asked for also when it is refused for want of room", async () => {
    for (let sent = 0; sent < 2000 && trial.core.ingest.refused.full === undefined; sent++) {
      await trial.send(pack(air, sent));
    }
    trial.answers = [];
    await trial.send(pack(power, 1), 2);
    expect(trial.answers).toMatchObject([
      { type: "command", name: "send-shape", arguments: shapeId(nodeCrypto, power) },
    ]);
    await trial.core.close();
  });

  it("from an earlier epoch has its shape asked for in the epoch that the device is in now, which alone it hears", async () => {
    await trial.send(hello, 1, 7);
    trial.answers = [];
    await trial.send(pack(air, 1), 1, 6);
    expect(trial.answers).toContainEqual({
      type: "command",
      deviceEpoch: 7,
      name: "send-shape",
      arguments: shapeId(nodeCrypto, air),
    });
    await trial.core.close();
  });

  it("with personal readings that came unencrypted is given up when its shape tells so, and named", async () => {
    const sent = await trial.send(pack(power, 1200), 3);
    expect(trial.core.ingest.shapes.parkedCount).toBe(1);
    const place = trial.city();
    await trial.send(says(power), 1);
    await trial.pass(1000);
    expect(trial.core.ingest.shapes.parkedCount).toBe(0);
    expect(place.records).toEqual([]);
    expect(place.gaps).toMatchObject([
      { device: devices[2].device, epoch: 1, from: sent, to: sent, state: "dropped" },
    ]);
    await trial.cut();
    expect(trial.core.ingest.shapes.parkedCount).toBe(0);
    await trial.core.close();
  });

  it("is given up, named, when it has waited for as many days as the spool keeps messages", async () => {
    const [old, young] = [await trial.send(pack(air, 1)), await trial.send(pack(air, 2))];
    trial.clock.pass(29 * day);
    await trial.core.retire();
    expect(trial.core.ingest.shapes.parkedCount).toBe(2);
    const younger = await trial.send(pack(air, 3));
    trial.clock.pass(2 * day);
    await trial.core.retire();
    const place = trial.city();
    await trial.pass(1000);
    expect(place.gaps.map(({ from, to, state }) => [from, to, state])).toEqual([
      [old, old, "dropped"],
      [young, young, "dropped"],
    ]);
    await trial.send(says(air));
    await trial.pass(1000);
    expect(place.records).toMatchObject([{ dh: `1/${younger}/0` }]);
    await trial.core.close();
  });

  it("that does not fit its shape is named, also when the power goes before that", async () => {
    const sent = await trial.send(pack(power, 500, shapeId(nodeCrypto, air)));
    expect(trial.core.ingest.shapes.parkedCount).toBe(1);
    trial.disk.failing = ({ operation, path }) =>
      operation === "write" && path.startsWith("/spool/kept") ? "EIO" : null;
    await trial.send(says(air), 2);
    await trial.cut();
    await trial.send(says(air), 2);
    const place = trial.city();
    await trial.pass(6000);
    expect(place.gaps).toMatchObject([{ from: sent, to: sent, state: "dropped" }]);
    await trial.core.close();
  });
});
