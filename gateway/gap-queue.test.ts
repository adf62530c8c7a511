import { describe, expect, it } from "vitest";
import { type Fault, fault } from "../protocols/fault.ts";
import { GapQueue } from "./gap-queue.ts";
import type { Gap } from "./sink.ts";
import type { Settled } from "./spool/spool.ts";

const gap: Gap = { device: "urn:dev:ops:a", epoch: 1, from: 2, to: 3, state: "dropped", reason: "full" };
const refused: Fault = fault("full", "no room");

/** A spool whose answers the test gives. */
function queue() {
  const asked: Settled[] = [];
  const spool = {
    append: (_kind: number, _payload: Uint8Array, settled: Settled) => void asked.push(settled),
  };
  return { asked, gaps: new GapQueue(spool, () => {}) };
}

describe("a gap on its way to the disk", () => {
  it("that the spool refuses is written again, and stands in snapshots until it is there", () => {
    const { asked, gaps } = queue();
    let durable = 0;
    gaps.add({ gap, kid: null }, () => durable++);
    asked[0](refused, -1);
    expect(gaps.snapshot()).toHaveLength(1);
    gaps.retry();
    asked[1](null, 0);
    expect([asked.length, durable, gaps.waiting]).toEqual([2, 1, 0]);
    expect(gaps.snapshot()).toEqual([]);
  });

  it("keeps what it stands for from being destroyed until it is on disk", async () => {
    const { asked, gaps } = queue();
    gaps.add({ gap, kid: null });
    const first = gaps.secure();
    asked[0](refused, -1);
    expect(await first).toEqual(refused);
    const second = gaps.secure();
    asked[1](null, 0);
    expect(await second).toBeNull();
    expect(await gaps.secure()).toBeNull();
  });

  it("goes on after a restart where a snapshot says it was on its way, unless it is found on disk", () => {
    const { asked, gaps } = queue();
    const [{ payload }] = (() => {
      const before = queue().gaps;
      before.add({ gap, kid: null });
      return before.snapshot();
    })();
    gaps.restoreWaiting(payload);
    gaps.retry();
    expect(asked).toHaveLength(1);
    const other = queue();
    other.gaps.restoreWaiting(payload);
    other.gaps.restoreStored(payload);
    other.gaps.retry();
    expect(other.asked).toHaveLength(0);
  });

  it("is never given up, however many wait; loss accounting then holds its own back", () => {
    const { asked, gaps } = queue();
    for (let piv = 0; piv < 1000; piv++) {
      gaps.add({ gap: { ...gap, from: piv, to: piv }, kid: 1 });
    }
    expect(gaps.full).toBe(true);
    asked.splice(0).forEach((settled) => {
      settled(refused, -1);
    });
    gaps.retry();
    expect(asked).toHaveLength(1000);
    asked.forEach((settled, i) => {
      settled(null, i);
    });
    expect([gaps.waiting, gaps.full]).toEqual([0, false]);
  });

  it("of loss accounting is left out of a snapshot, which takes it for not yet declared", () => {
    const { gaps } = queue();
    gaps.add({ gap, kid: 1 });
    gaps.add({ gap: { ...gap, from: 9, to: 9 }, kid: null });
    expect(gaps.snapshot()).toHaveLength(1);
    expect(gaps.ofLosses()).toEqual([{ gap, kid: 1 }]);
  });
});
