import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "../boards/platforms/seeded.ts";
import { SimulatedStorage } from "../boards/platforms/simulated-storage.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import type { Link } from "../protocols/link.ts";
import type { OutboxLimits } from "./installation-type.ts";
import {
  createOutbox,
  type FrameKind,
  type Outbox,
  type OutboxFrame,
  retryDelayMax,
  windowMax,
} from "./outbox.ts";
import { OutboxFile, outboxFile } from "./outbox-file.ts";

const limits: OutboxLimits = { bytesMax: 1000, framesMax: 20, persistent: false };

function frame(piv: number, changes: Partial<OutboxFrame> = {}): OutboxFrame {
  return { kind: "pack", epoch: 0, piv, rows: 1, bytes: Uint8Array.of(piv & 255), ...changes };
}

/** A link that keeps what it is given. */
class Wire implements Link {
  readonly name = "wire";
  readonly frameMax = 4096;
  onFrame = null;
  isReady = true;
  refusal: Fault | null = null;
  sent: number[] = [];

  ready(): boolean {
    return this.isReady;
  }

  send(bytes: Uint8Array): Fault | null {
    if (this.refusal === null) {
      this.sent.push(bytes[0]);
    }
    return this.refusal;
  }
}

function outboxOf(count: number, changes: Partial<OutboxLimits> = {}): Outbox {
  const outbox = createOutbox({ ...limits, ...changes }, seeded(1));
  for (let piv = 0; piv < count; piv++) {
    outbox.add(frame(piv));
  }
  return outbox;
}

const noFault = (bad: Fault) => {
  throw new Error(bad.detail);
};

describe("the outbox", () => {
  it("sends in order, and no more than the window before an acknowledgement", () => {
    const outbox = outboxOf(12);
    const wire = new Wire();
    outbox.tick(0, wire, noFault);
    outbox.tick(1, wire, noFault);
    expect(wire.sent).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    outbox.acknowledge(0, [[0, 1]], 2);
    outbox.tick(2, wire, noFault);
    expect(wire.sent.slice(windowMax)).toEqual([8, 9]);
  });

  it("keeps a frame until it is acknowledged, and not longer", () => {
    const outbox = outboxOf(3);
    expect(outbox.acknowledge(0, [[1, 1]], 0).map(({ piv }) => piv)).toEqual([1]);
    expect(outbox.waiting().map(({ piv }) => piv)).toEqual([0, 2]);
    expect(outbox.acknowledge(0, [[0, 9]], 0)).toHaveLength(2);
    expect(outbox.frames).toBe(0);
    expect(outbox.bytes).toBe(0);
  });

  it("takes an acknowledgement only for the epoch it names", () => {
    const outbox = outboxOf(3);
    expect(outbox.acknowledge(1, [[0, 9]], 0)).toEqual([]);
    expect(outbox.frames).toBe(3);
  });

  it("sends again after 4 s, then ever more rarely, with jitter, and never stops", () => {
    const outbox = outboxOf(1);
    const wire = new Wire();
    const times: number[] = [];
    let now = 0;
    while (now < 3_600_000) {
      const before = wire.sent.length;
      const wait = outbox.tick(now, wire, noFault);
      if (wire.sent.length > before) {
        times.push(now);
      }
      now += Math.ceil(wait);
    }
    const gaps = times.slice(1).map((time, i) => time - times[i]);
    expect(gaps[0]).toBeGreaterThanOrEqual(3000);
    expect(gaps[0]).toBeLessThanOrEqual(5001);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(retryDelayMax * 1.25 + 1);
    expect(gaps.slice(-5).every((gap) => gap >= retryDelayMax * 0.75)).toBe(true);
    expect(new Set(gaps.slice(-5)).size).toBeGreaterThan(1);
  });

  it("sends again soon once the link is back", () => {
    const outbox = outboxOf(1);
    const wire = new Wire();
    let now = 0;
    while (now < 600_000) {
      now += Math.ceil(outbox.tick(now, wire, noFault));
    }
    wire.isReady = false;
    outbox.tick(now, wire, noFault);
    wire.isReady = true;
    const before = wire.sent.length;
    const back = now;
    while (wire.sent.length === before) {
      now += Math.ceil(outbox.tick(now, wire, noFault));
    }
    expect(now - back).toBeLessThanOrEqual(10_000);
  });

  it("drops the oldest packs when it is full, and says which", () => {
    const outbox = outboxOf(20);
    expect(outbox.add(frame(20)).map(({ piv }) => piv)).toEqual([0]);
    expect(outbox.add(frame(21, { bytes: new Uint8Array(990) })).map(({ piv }) => piv)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });

  it("gives up a pack that is longer than all its room", () => {
    const outbox = outboxOf(0);
    expect(outbox.add(frame(0, { bytes: new Uint8Array(1001) })).map(({ piv }) => piv)).toEqual([0]);
    expect(outbox.bytes).toBe(0);
  });

  it("never drops the hello of this boot", () => {
    const outbox = createOutbox({ ...limits, framesMax: 3 }, seeded(1));
    outbox.add(frame(0, { kind: "hello" }));
    for (let piv = 1; piv < 50; piv++) {
      const kind: FrameKind = piv % 3 === 0 ? "status" : "pack";
      outbox.add(frame(piv, { kind }));
    }
    expect(outbox.waiting()[0]).toMatchObject({ piv: 0, kind: "hello" });
    expect(outbox.frames).toBe(3);
  });

  it("sends what is no pack first", () => {
    const outbox = outboxOf(2);
    outbox.add(frame(2, { kind: "status" }));
    const wire = new Wire();
    outbox.tick(0, wire, noFault);
    expect(wire.sent).toEqual([2, 0, 1]);
  });

  it("holds frames of a new epoch back while the gateway would else not hear the oldest ones", () => {
    const outbox = createOutbox(limits, seeded(1));
    outbox.add(frame(0));
    outbox.add(frame(1, { epoch: 4 }));
    outbox.add(frame(2, { epoch: 5, kind: "hello" }));
    const wire = new Wire();
    outbox.tick(0, wire, noFault);
    expect(wire.sent).toEqual([0, 1]);
    outbox.acknowledge(0, [[0, 0]], 1);
    outbox.tick(1, wire, noFault);
    expect(wire.sent).toEqual([0, 1, 2]);
  });

  it("counts a link that refuses as a fault, but not one that is only full", () => {
    const outbox = outboxOf(1);
    const wire = new Wire();
    const faults: Fault[] = [];
    wire.refusal = fault("full", "later");
    expect(outbox.tick(0, wire, (bad) => faults.push(bad))).toBeLessThanOrEqual(1000);
    wire.refusal = fault("link", "gone");
    outbox.tick(1, wire, (bad) => faults.push(bad));
    expect(faults).toEqual([wire.refusal]);
    wire.refusal = null;
    outbox.tick(2, wire, noFault);
    expect(wire.sent).toEqual([0]);
  });

  it("stays within its bounds, and knows of each frame whether it waits, was dropped or acknowledged", () => {
    const step = fc.oneof(
      fc.record({ add: fc.nat(300), kind: fc.constantFrom<FrameKind>("pack", "pack", "pack", "status") }),
      fc.record({ ack: fc.nat(40), count: fc.nat(5) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const outbox = createOutbox(limits, seeded(1));
        const known = { waiting: new Set<number>(), gone: new Set<number>() };
        const gone = (frames: readonly OutboxFrame[]) => {
          for (const { piv } of frames) {
            expect(known.waiting.delete(piv)).toBe(true);
            known.gone.add(piv);
          }
        };
        let piv = 0;
        for (const one of steps) {
          if ("add" in one) {
            known.waiting.add(piv);
            gone(outbox.add(frame(piv++, { kind: one.kind, bytes: new Uint8Array(one.add) })));
          } else {
            gone(outbox.acknowledge(0, [[one.ack, one.ack + one.count]], 0));
          }
          expect(new Set(outbox.waiting().map((waiting) => waiting.piv))).toEqual(known.waiting);
          expect(outbox.frames).toBeLessThanOrEqual(limits.framesMax);
          expect(outbox.bytes).toBeLessThanOrEqual(limits.bytesMax);
        }
        expect(known.waiting.size + known.gone.size).toBe(piv);
      }),
    );
  });
});

describe("the outbox on storage", () => {
  function reloaded(disk: SimulatedStorage) {
    const log = new OutboxFile(disk, 1000).load();
    if (isFault(log)) {
      throw new Error(log.detail);
    }
    return log;
  }

  it("gives after a power cut what was kept and not yet done with", () => {
    const disk = new SimulatedStorage(seeded(1));
    const file = new OutboxFile(disk, 1000);
    const frames = [frame(0, { kind: "hello", rows: 0 }), frame(1), frame(2)];
    frames.forEach((one) => {
      expect(file.keep(one)).toBeNull();
    });
    expect(file.forget([frames[1]], outboxOf(0))).toBeNull();
    const log = reloaded(disk);
    expect(log.frames).toEqual([frames[0], frames[2]]);
    expect(log.highest).toMatchObject([{ epoch: 0, piv: 2 }]);
  });

  it("steps over damage anywhere, and never gives a frame other bytes than it had", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(7), fc.nat(200), (at, bit, cut) => {
        const disk = new SimulatedStorage(seeded(1));
        const file = new OutboxFile(disk, 1000);
        for (let piv = 0; piv < 5; piv++) {
          file.keep(frame(piv, { bytes: new Uint8Array(20).fill(piv) }));
        }
        disk.corrupt(outboxFile, (bytes) => {
          bytes[at % bytes.length] ^= 1 << bit;
          return bytes.subarray(0, bytes.length - (cut > 170 ? 0 : cut));
        });
        for (const { piv, bytes } of reloaded(disk).frames) {
          expect(bytes).toEqual(new Uint8Array(20).fill(piv));
        }
        expect(reloaded(disk).damaged).toBe(false);
      }),
    );
  });

  it("does not grow for ever, and keeps the highest number when all is done", () => {
    const disk = new SimulatedStorage(seeded(1));
    const file = new OutboxFile(disk, 1000);
    for (let piv = 0; piv < 5000; piv++) {
      file.keep(frame(piv, { bytes: new Uint8Array(50) }));
      file.forget([frame(piv)], outboxOf(0));
    }
    expect(disk.read(outboxFile).length).toBeLessThan(70_000);
    expect(reloaded(disk)).toMatchObject({ frames: [], highest: [{ epoch: 0, piv: 4999 }] });
  });
});
