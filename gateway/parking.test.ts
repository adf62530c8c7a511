import { beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { shapeId } from "../protocols/shape.ts";
import { air, CoreTrial, devices, pack, power, says } from "./core-trial.ts";

const day = 86_400_000;

let trial: CoreTrial;
beforeEach(async () => {
  trial = new CoreTrial();
  await trial.start();
});

describe("a parked pack", () => {
  it.each([
    ["as many as may wait for their shapes do", 128, 1000],
    ["half the ring is held by others that do", 4, 999],
  ])("stays with its device while %s", async (_, segments, most) => {
    await trial.core.close();
    trial = new CoreTrial();
    await trial.start(segments);
    for (let sent = 0; sent < 2000 && trial.core.ingest.refused.full === undefined; sent++) {
      trial.answers = [];
      await trial.send(pack(air, sent));
    }
    expect(trial.answers).toEqual([]);
    trial.clock.pass(10_000);
    await trial.send(pack(air, 1));
    expect(trial.answers).toMatchObject([
      { type: "command", name: "send-shape", arguments: shapeId(nodeCrypto, air) },
    ]);
    const { parkedCount } = trial.core.ingest.shapes;
    expect(parkedCount).toBeGreaterThan(400);
    expect(parkedCount).toBeLessThanOrEqual(most);
    const place = trial.city();
    await trial.send(says(air));
    await trial.pass(1000);
    expect(trial.core.ingest.shapes.parkedCount).toBe(0);
    expect(place.records).toHaveLength(parkedCount);
    expect(place.gaps).toEqual([]);
    const again = await trial.send(pack(air, 1));
    expect(trial.answers).toContainEqual({ type: "ack", deviceEpoch: 1, ranges: [[again, again]] });
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
