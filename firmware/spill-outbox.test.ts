import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "../boards/platforms/seeded.ts";
import { SimulatedPages } from "../boards/platforms/simulated-pages.ts";
import { PowerCut } from "../boards/platforms/simulated-storage.ts";
import type { Fault } from "../protocols/fault.ts";
import type { Link } from "../protocols/link.ts";
import { createOutbox, type FrameKind, type Outbox, type OutboxFrame, windowMax } from "./outbox.ts";
import { createSpill, type Wear } from "./spill.ts";
import { spillOutbox } from "./spill-outbox.ts";

const day = 86_400_000;
const plenty: Wear = { perDay: 1000, endurance: 100_000 };
const limits = { bytesMax: 400, framesMax: 10 };
const after = 600_000;

/** Bytes that name the frame: epoch, number. */
function frame(piv: number, epoch = 0, kind: FrameKind = "pack"): OutboxFrame {
  const bytes = new Uint8Array(40).fill(7);
  bytes.set([epoch >> 8, epoch & 255, piv >> 8, piv & 255]);
  return { kind, epoch, piv, rows: kind === "pack" ? 4 : 0, bytes };
}

function nameOf(bytes: Uint8Array): string {
  return `${bytes[0] * 256 + bytes[1]}/${bytes[2] * 256 + bytes[3]}`;
}

class Wire implements Link {
  readonly name = "wire";
  readonly frameMax = 4096;
  onFrame = null;
  isReady = false;
  sent: string[] = [];
  ready = () => this.isReady;
  send(bytes: Uint8Array): Fault | null {
    this.sent.push(nameOf(bytes));
    return null;
  }
}

function pagesOf(seed = 1): SimulatedPages {
  return new SimulatedPages({ pageBytes: 512, pages: 4, dice: seeded(seed) });
}

function outboxOn(flash: SimulatedPages, wear = plenty): Outbox {
  return spillOutbox(createOutbox(limits, seeded(2)), createSpill(flash, "ours", wear), { ...limits, after });
}

const noFault = (bad: Fault) => {
  throw new Error(bad.detail);
};

/** Acknowledges whatever is sent, until nothing waits; what came, in order. */
function drain(outbox: Outbox, now: number): string[] {
  const wire = new Wire();
  wire.isReady = true;
  for (let round = 0; round < 300 && outbox.frames > 0; round++) {
    const from = wire.sent.length;
    outbox.tick(now + round * 200_000, wire, noFault);
    for (const name of wire.sent.slice(from)) {
      const [epoch, piv] = name.split("/").map(Number);
      outbox.acknowledge(epoch, [[piv, piv]], now + round * 200_000);
    }
  }
  expect(outbox.frames).toBe(0);
  expect(outbox.bytes).toBe(0);
  return wire.sent;
}

describe("an outbox that spills to flash", () => {
  it("gives nothing up that flash has room for, and sends it once the gateway is there", () => {
    const outbox = outboxOn(pagesOf());
    for (let piv = 0; piv < 30; piv++) {
      expect(outbox.add(frame(piv))).toEqual([]);
    }
    expect([outbox.frames, outbox.bytes]).toEqual([30, 1200]);
    expect(drain(outbox, 0).toSorted()).toEqual(
      Array.from({ length: 30 }, (_, piv) => `0/${piv}`).toSorted(),
    );
  });

  it("has what was spilled after a power cut, and sends it before a new epoch that would else make it too old", () => {
    const flash = pagesOf();
    const before = outboxOn(flash);
    for (let piv = 0; piv < 20; piv++) {
      before.add(frame(piv));
    }
    const outbox = outboxOn(flash);
    outbox.add(frame(0, 5, "hello"));
    const sent = drain(outbox, 0);
    expect(sent.filter((name) => name.startsWith("0/")).toSorted()).toEqual(
      Array.from({ length: 11 }, (_, piv) => `0/${piv}`).toSorted(),
    );
    expect(sent.at(-1)).toBe("5/0");
  });

  it("puts all packs that wait into flash when the gateway was not heard for a while, and none while it is", () => {
    const flash = pagesOf();
    const outbox = outboxOn(flash);
    const wire = new Wire();
    outbox.tick(0, wire, noFault);
    outbox.add(frame(0));
    outbox.add(frame(1, 0, "status"));
    outbox.tick(after, wire, noFault);
    expect(flash.steps).toBe(0);
    outbox.tick(after + 1, wire, noFault);
    outbox.tick(after + 2, wire, noFault);
    expect(flash.steps).toBe(2); // a page's head and one pack, once
    expect(outbox.frames).toBe(2);
    expect(drain(outboxOn(flash), 0)).toEqual(["0/0"]);
  });

  it("forgets what is acknowledged also where it only lies in flash", () => {
    const flash = pagesOf();
    const outbox = outboxOn(flash);
    for (let piv = 0; piv < 20; piv++) {
      outbox.add(frame(piv));
    }
    expect(outbox.acknowledge(0, [[0, 19]], 0)).toHaveLength(20);
    expect(outbox.frames).toBe(0);
    expect(outboxOn(flash).frames).toBe(0);
  });

  it("gives up packs, oldest first, when the erasures are spent, and says so", () => {
    const outbox = outboxOn(pagesOf(), { perDay: 0, endurance: 100_000 });
    const given: number[] = [];
    for (let piv = 0; piv < 100; piv++) {
      given.push(...outbox.add(frame(piv)).map((lost) => lost.piv));
    }
    const faults: string[] = [];
    outbox.tick(0, new Wire(), ({ fault }) => faults.push(fault));
    expect(given.length).toBeGreaterThan(50);
    expect(faults).toEqual(given.map(() => "worn"));
    expect(outbox.frames + given.length).toBe(100);
  });

  it("gives up what lies in flash longest when flash is full, and names each", () => {
    const outbox = outboxOn(pagesOf());
    const given: number[] = [];
    outbox.tick(day, new Wire(), noFault);
    for (let piv = 0; piv < 100; piv++) {
      given.push(...outbox.add(frame(piv)).map((lost) => lost.piv));
    }
    expect(given.length + outbox.frames).toBe(100);
    const came = drain(outbox, day).map((name) => Number(name.split("/")[1]));
    expect([...given, ...came].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it("does not go round in circles where RAM holds less than the window", () => {
    const small = { bytesMax: 400, framesMax: 4 };
    const spill = createSpill(pagesOf(), "ours", plenty);
    const outbox = spillOutbox(createOutbox(small, seeded(2)), spill, { ...small, after });
    for (let piv = 0; piv < 20; piv++) {
      outbox.add(frame(piv));
    }
    expect(new Set(drain(outbox, 0)).size).toBe(20);
  });

  it("loses nothing unnamed but what RAM held at a power cut, and sends nothing again whose mark was written", () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant("add" as const) },
      { weight: 2, arbitrary: fc.constant("hear" as const) },
      { weight: 1, arbitrary: fc.constant("wait" as const) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 }) },
    );
    fc.assert(
      fc.property(fc.nat(), fc.array(step, { maxLength: 150 }), (seed, steps) => {
        const flash = pagesOf(seed);
        let outbox = outboxOn(flash);
        let epoch = 0;
        let piv = 0;
        let now = 0;
        const sealed = new Set<string>();
        const excused = new Set<string>();
        const acknowledged = new Set<string>();
        const arrived = new Set<string>();
        const wire = new Wire();
        /** What the gateway hears is acknowledged at once; the mark stands when that returns. */
        const hear = () => {
          for (const name of wire.sent.splice(0)) {
            expect(sealed.has(name)).toBe(true);
            expect(acknowledged.has(name), `${name} again`).toBe(false);
            arrived.add(name);
            const [inEpoch, number] = name.split("/").map(Number);
            outbox.acknowledge(inEpoch, [[number, number]], now);
            acknowledged.add(name);
          }
        };
        const run = (one: "add" | "hear" | "wait") => {
          now += one === "wait" ? after + 1 : 1000;
          wire.isReady = one === "hear";
          if (one === "add") {
            const made = frame(piv++, epoch);
            sealed.add(nameOf(made.bytes));
            for (const lost of outbox.add(made)) {
              excused.add(`${lost.epoch}/${lost.piv}`);
            }
          }
          outbox.tick(now, wire, () => {});
          hear();
        };
        for (const one of steps) {
          try {
            if (typeof one === "number") {
              flash.cutAtStep(one);
              for (let i = 0; i < 20; i++) {
                run(i % 4 === 3 ? "hear" : "add");
              }
              throw new PowerCut("between two steps");
            }
            run(one);
          } catch (error) {
            if (!(error instanceof PowerCut)) {
              throw error;
            }
            flash.cutAtStep(Number.POSITIVE_INFINITY);
            wire.sent.length = 0;
            const ram = new Set(sealed);
            outbox = outboxOn(flash);
            const spill = createSpill(flash, "ours", plenty);
            const found: OutboxFrame[] = [];
            for (let next = spill.oldestBut(found); next !== null; next = spill.oldestBut(found)) {
              found.push(next);
            }
            for (const kept of found) {
              ram.delete(nameOf(kept.bytes));
            }
            for (const name of ram) {
              if (!arrived.has(name)) {
                excused.add(name); // was in RAM, or torn
              }
            }
            epoch++;
            piv = 0;
            now = 0;
          }
        }
        const came = drain(outbox, now);
        expect(came.filter((name) => acknowledged.has(name))).toEqual([]);
        for (const name of came) {
          expect(sealed.has(name)).toBe(true);
          arrived.add(name);
        }
        expect([...sealed].filter((name) => !arrived.has(name) && !excused.has(name))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it("keeps within the window", () => {
    const outbox = outboxOn(pagesOf());
    for (let piv = 0; piv < 30; piv++) {
      outbox.add(frame(piv));
    }
    const wire = new Wire();
    wire.isReady = true;
    outbox.tick(0, wire, noFault);
    outbox.tick(1, wire, noFault);
    expect(wire.sent).toHaveLength(windowMax);
  });
});
