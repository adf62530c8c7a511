import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import { decodeGap, encodeMessageEntry, entryKind } from "./entry.ts";
import type { Meaning } from "./interpret.ts";
import { Knowledge } from "./knowledge.ts";
import { grace } from "./losses.ts";
import type { DeviceEntry } from "./registry/registry.ts";
import { ringNames, ringSizes } from "./rings.ts";
import type { Gap } from "./sink.ts";
import { roomIn } from "./spool/ring.ts";
import type { Settled, SpoolEntry } from "./spool/spool.ts";

const meter: DeviceEntry = {
  device: "urn:dev:ops:pb-test-meter-1",
  name: "pb-test-meter-1",
  kid: 1,
  alg: 0,
  root: new Uint8Array(16),
  state: "active",
  personal: false,
};
const request: Meaning = { message: { type: "time-request" }, shape: null, awaits: null, rows: 0 };
const refused: Fault = fault("full", "no room");

/** A gateway's knowledge and a log of entries; whether gaps get into the log is the test's to say. */
function gateway(byKid: (kid: number) => DeviceEntry | null = (kid) => (kid === meter.kid ? meter : null)) {
  const log: SpoolEntry[] = [];
  const asked: { payload: Uint8Array; settled: Settled }[] = [];
  const knowledge = new Knowledge({
    registry: { byKid },
    crypto: nodeCrypto,
    deployment: "paderborn",
    rings: ["telemetry"],
    gapSpool: { append: (_kind, payload, settled) => void asked.push({ payload: payload.slice(), settled }) },
    stored: () => {},
  });
  const write = (kind: number, payload: Uint8Array): number => {
    log.push({ kind, payload, offset: log.length, next: log.length + 1, time: 0 });
    return log.length - 1;
  };
  return {
    knowledge,
    log,
    asked,
    take(piv: number, meaning: Meaning = request): void {
      const entry = { kid: 1, epoch: 1, piv, received: 0, bootTime: null, released: false };
      const payload = encodeMessageEntry({
        ...entry,
        parked: meaning.awaits !== null,
        tag: new Uint8Array(8),
        // [5], a request for the time; or a pack of a shape that nobody knows.
        body: meaning.awaits === null ? Uint8Array.of(0x81, 5) : unknownPack,
      });
      knowledge.take(knowledge.devices.byKid(1)!, entry, meaning, write(entryKind.message, payload));
    },
    /** The disk answers all gaps that wait. */
    answer(failure: Fault | null): void {
      for (const { payload, settled } of asked.splice(0)) {
        settled(failure, failure === null ? write(entryKind.gap, payload) : -1);
      }
    },
    gaps: (): Gap[] => asked.map(({ payload }) => (decodeGap(payload) as { gap: Gap }).gap),
  };
}

/** `[1, shape id, ...]` as far as it is read without the shape. */
const unknownPack = Uint8Array.of(0x85, 1, 0x44, 1, 2, 3, 4, 0, 0, 0x40);
const awaiting: Meaning = {
  message: { type: "pack", value: null },
  shape: "01020304",
  awaits: "01020304",
  rows: 0,
};

/** What a start after a power cut knows: a snapshot, and what was written after it. */
function restart(entries: readonly SpoolEntry[], snapshot: ReturnType<Knowledge["snapshot"]> = []) {
  const again = gateway();
  for (const { kind, payload } of snapshot) {
    again.knowledge.restore({ kind, payload, offset: 0, next: 0, time: 0 }, "telemetry");
  }
  for (const entry of entries) {
    again.knowledge.restore(entry, "telemetry");
  }
  again.knowledge.restored();
  return again;
}

describe("what a gateway knows after a power cut", () => {
  it("names numbers given up for too many holes again, as long as their gap is not on disk", () => {
    const before = gateway();
    for (let piv = 0; piv <= 140; piv += 2) {
      before.take(piv);
    }
    const named = before.gaps();
    expect(named.length).toBeGreaterThan(0);
    expect(restart(before.log).gaps()).toHaveLength(named.length);

    before.answer(refused);
    const carried = before.knowledge.snapshot("kept");
    expect(restart([], carried).gaps()).toHaveLength(named.length);

    before.knowledge.gaps.retry();
    before.answer(null);
    expect(restart(before.log).gaps()).toEqual([]);
    expect(restart([], before.knowledge.snapshot("kept")).gaps()).toEqual([]);
  });

  it("tells a hole again that a snapshot was taken for before its gap was on disk", () => {
    const before = gateway();
    before.take(0);
    before.take(3);
    before.knowledge.checkLosses(0);
    before.knowledge.checkLosses(grace);
    expect(before.gaps()).toMatchObject([{ from: 1, to: 2, state: "open" }]);
    const after = restart([], before.knowledge.snapshot("kept"));
    after.knowledge.checkLosses(0);
    after.knowledge.checkLosses(grace);
    expect(after.gaps()).toMatchObject([{ from: 1, to: 2, state: "open" }]);

    before.answer(null);
    const told = restart([], before.knowledge.snapshot("kept"));
    told.knowledge.checkLosses(0);
    told.knowledge.checkLosses(grace);
    expect(told.gaps()).toEqual([]);
  });

  it("does not wait again for the shape of a pack whose end is on disk", () => {
    const before = gateway();
    before.take(0, awaiting);
    before.take(1, awaiting);
    before.knowledge.shapes.forget("1/1/0");
    const { device } = meter;
    before.knowledge.declare({ device, epoch: 1, from: 0, to: 0, state: "dropped", reason: "no more room" });
    expect(restart(before.log).knowledge.shapes.parkedCount).toBe(2);
    before.answer(null);
    expect(restart(before.log).knowledge.shapes.parked()).toMatchObject([{ message: "1/1/1" }]);
  });

  it("declares no more holes while as many gaps wait for the disk as may", () => {
    const { knowledge, take, gaps, answer } = gateway();
    for (let piv = 0; piv < 300; piv++) {
      knowledge.declare({
        device: meter.device,
        epoch: 0,
        from: piv,
        to: piv,
        state: "dropped",
        reason: "x",
      });
    }
    take(0);
    take(2);
    knowledge.checkLosses(0);
    knowledge.checkLosses(grace);
    expect(gaps()).toHaveLength(300);
    answer(null);
    knowledge.checkLosses(grace);
    knowledge.checkLosses(2 * grace);
    expect(gaps()).toMatchObject([{ epoch: 1, from: 1, to: 1, state: "open" }]);
  });

  it.each([
    [4, 600],
    [64, 2500],
    [512, 15_000],
  ])(
    "fits into a segment of either ring, with a spool of %i MiB and %i devices of five epochs each",
    (mebibytes, count) => {
      const { knowledge } = gateway((kid) => ({ ...meter, kid, device: `urn:dev:ops:pb-${kid}` }));
      for (let kid = 1; kid <= count; kid++) {
        const { received, entry } = knowledge.devices.byKid(kid)!;
        for (let epoch = 1; epoch <= 5; epoch++) {
          received.restoreClosed(epoch, [[0, 100_000]]);
          received.setBootTime(epoch, 1_800_000_000_000);
          // Half of them do not know what they sent last.
          knowledge.losses.ended(kid, epoch, kid % 2 === 0 ? 100_000 : null, 1_800_000_000_000);
        }
        knowledge.losses.rows(entry.device, 0);
      }
      const sizes = ringSizes(mebibytes * 1024 * 1024);
      for (const ring of ringNames) {
        const room = Math.floor(roomIn(sizes[ring].segmentBytes) / 2);
        const entries = knowledge.snapshot(ring, room);
        expect(entries.reduce((sum, { payload }) => sum + 10 + payload.length, 0)).toBeLessThan(room);
      }
    },
  );

  it("leaves the tags out where they would fill the segment, and nothing else", () => {
    const before = gateway();
    for (let piv = 0; piv < 100; piv++) {
      before.take(piv);
      before.knowledge.devices.byKid(1)!.received.reserve(1, piv, new Uint8Array(8).fill(piv));
    }
    const roomy = before.knowledge.snapshot("telemetry");
    const narrow = before.knowledge.snapshot("telemetry", 1000);
    const size = (entries: typeof roomy): number =>
      entries.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(size(narrow)).toBeLessThan(size(roomy) / 4);
    for (const snapshot of [roomy, narrow]) {
      const { received } = restart([], snapshot).knowledge.devices.byKid(1)!;
      expect(received.standing(1, 99)).toBe("received");
      expect(received.sameTag(1, 99, new Uint8Array(8).fill(1))).toBe(snapshot === narrow);
    }
  });
});
