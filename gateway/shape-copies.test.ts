import { beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { isFault } from "../protocols/fault.ts";
import { type QuantityName, quantities } from "../protocols/quantity.ts";
import { encodeShape, type Shape, shapeId, shapeOf } from "../protocols/shape.ts";
import { air, CoreTrial, pack, power, says } from "./core-trial.ts";
import { entryKind } from "./entry.ts";
import { readBlockHeader } from "./spool/block.ts";
import { readSegmentHeader, segmentHeaderLength } from "./spool/segment-header.ts";
import { seededRandom } from "./spool/simulated-disk.ts";
import type { SpoolEntry } from "./spool/spool.ts";

function entries(of: "spool" | "kept"): readonly SpoolEntry[] {
  return trial.core[of].read(0, { entries: 10_000, bytes: 1e9 });
}

const copies = (of: "spool" | "kept"): number =>
  entries(of).filter(({ kind }) => kind === entryKind.shape).length;

/** A power cut, and a flipped bit in every block of a ring that says the shape; then a start. */
async function cutAndDamage(folder: string, shape: Shape): Promise<void> {
  trial.disk = trial.disk.crash(seededRandom(3));
  const text = Buffer.from(encodeShape(shape));
  for (const path of trial.disk.paths.filter(
    (name) => name.startsWith(`${folder}/segment-`) && name.endsWith(".log"),
  )) {
    const bytes = trial.disk.bytesOf(path)!.slice();
    const header = readSegmentHeader(bytes.subarray(0, segmentHeaderLength));
    expect(
      typeof header !== "string" && readBlockHeader(bytes, segmentHeaderLength, header.salt),
    ).toBeTruthy();
    for (let at = Buffer.from(bytes).indexOf(text); at >= 0; at = Buffer.from(bytes).indexOf(text, at)) {
      bytes[at + 5] ^= 4;
    }
    trial.disk.replace(path, bytes);
  }
  await trial.start();
}

let trial: CoreTrial;
beforeEach(async () => {
  trial = new CoreTrial();
  await trial.start();
});

describe("a shape", () => {
  it.each(["/spool", "/spool/kept"])(
    "is known after damage to all that %s has of it, so that its packs go out, and lies in both rings again",
    async (folder) => {
      await trial.send(says(air));
      const sent = await trial.send(pack(air, 2150));
      expect(trial.core.ingest.counts.parked).toBe(0);
      // For a block after it, without which a damaged one looks like a torn write.
      await trial.send(pack(air, 2151));
      await trial.send({
        type: "status",
        uptime: 60,
        rowsDropped: 0,
        outbox: { frames: 0, bytes: 0, bytesMax: 1 },
        faults: [],
      });
      await cutAndDamage(folder, air);
      expect(trial.core.ingest.shapes.isSafe(shapeId(nodeCrypto, air))).toBe(false);
      await trial.pass(100);
      expect(trial.core.ingest.shapes.isSafe(shapeId(nodeCrypto, air))).toBe(true);
      const place = trial.city();
      await trial.pass(1000);
      expect(place.records).toMatchObject([{ v: "21.50", dh: `1/${sent}/0` }, { v: "21.51" }]);
      // The other ring may be damaged now.
      await cutAndDamage(folder === "/spool" ? "/spool/kept" : "/spool", air);
      expect(trial.core.ingest.shapes.get(shapeId(nodeCrypto, air))).not.toBeNull();
      await trial.core.close();
    },
  );

  it("costs its own length and ten bytes more, once, however often it is said", async () => {
    for (const kid of [1, 2, 1, 2]) {
      await trial.send(says(air), kid);
    }
    expect(copies("spool")).toBe(1);
    expect(copies("kept")).toBe(0);
    await trial.core.close();
  });

  it("that lies in one ring only has its packs wait, on trial.disk and acknowledged, until the other has it", async () => {
    let away = true;
    trial.disk.failing = ({ operation, path }) =>
      away && operation === "write" && path.startsWith("/spool/segment") ? "EIO" : null;
    await trial.send(says(air));
    expect(trial.answers).toContainEqual({ type: "ack", deviceEpoch: 1, ranges: [[0, 0]] });
    away = false;
    await trial.send(pack(air, 2150));
    expect(trial.answers).toContainEqual({ type: "ack", deviceEpoch: 1, ranges: [[1, 1]] });
    expect(trial.core.ingest.shapes.parkedCount).toBe(1);
    const place = trial.city();
    await trial.pass(6000);
    expect(trial.core.ingest.shapes.parkedCount).toBe(0);
    expect(place.records).toMatchObject([{ v: "21.50" }]);
    await trial.core.close();
  });

  it("is not asked for where it is known, though its packs may have to wait", async () => {
    trial.disk.failing = ({ operation, path }) =>
      operation === "write" && path.startsWith("/spool/segment") ? "EIO" : null;
    await trial.send(says(air));
    trial.disk.failing = () => null;
    await trial.send(pack(air, 2150));
    expect(trial.answers.filter(({ type }) => type === "command")).toEqual([]);
    await trial.core.close();
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
          await trial.send(says(shape));
          said++;
        }
      }
    }
    const nacks = trial.answers.filter((answer) => answer.type === "nack");
    expect(nacks.length).toBeGreaterThan(0);
    expect(nacks.every((nack) => nack.type === "nack" && nack.code === "limit")).toBe(true);
    const taken = trial.core.ingest.shapes.encoded();
    expect(taken).toHaveLength(said - nacks.length);
    expect(taken.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(8192);
    await trial.send(says(air), 2);
    expect(trial.core.ingest.shapes.isSafe(shapeId(nodeCrypto, air))).toBe(true);
    await trial.core.close();
    // What was learned in one life is not too much in the next.
    await trial.start();
    expect(trial.core.ingest.shapes.encoded()).toHaveLength(taken.length + 1);
    await trial.core.close();
  });

  it("that does not fit a pack has it named as missing", async () => {
    await trial.send(says(air));
    const place = trial.city();
    const sent = await trial.send(pack(power, 500, shapeId(nodeCrypto, air)));
    await trial.pass(1000);
    expect(trial.answers).toContainEqual(expect.objectContaining({ type: "nack", piv: sent }));
    expect(place.records).toEqual([]);
    expect(place.gaps).toMatchObject([{ epoch: 1, from: sent, to: sent, state: "dropped" }]);
    await trial.core.close();
  });

  it("that is none is refused for good", async () => {
    await trial.send({ type: "shape", shape: "nonsense" });
    expect(trial.answers).toContainEqual({ type: "nack", deviceEpoch: 1, piv: 0, code: "syntax" });
    await trial.core.close();
  });
});
