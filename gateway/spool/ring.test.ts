import { describe, expect, it } from "vitest";
import { type Fault, fault } from "../../protocols/fault.ts";
import { SimulatedDisk, seededRandom } from "./simulated-disk.ts";
import { type DropReason, Spool, type SpoolEntry, type SpoolHooks } from "./spool.ts";
import { append, appendIds, entryOf, idOf, range, readIds, trialOptions } from "./trial.ts";
import { VirtualClock } from "./virtual-clock.ts";

const newDisk = (): SimulatedDisk => new SimulatedDisk(seededRandom(1));
/** Bytes of a payload, of which a segment of 8 KiB holds so many in commits of one. */
const length = 190;
const perSegment = 17;

interface Drop {
  readonly cursor: string;
  readonly ids: number[];
  readonly from: number;
  readonly to: number;
  readonly reason: DropReason;
}

function dropRecorder(): {
  drops: Drop[];
  dropped: (
    cursor: string,
    entries: readonly SpoolEntry[],
    drop: { from: number; to: number; reason: DropReason },
  ) => void;
} {
  const drops: Drop[] = [];
  return {
    drops,
    dropped: (cursor, entries, { from, to, reason }) => {
      drops.push({ cursor, ids: entries.map(({ payload }) => idOf(payload)), from, to, reason });
    },
  };
}

describe("a full ring", () => {
  it("recycles what every cursor has passed, without a word, and stays small", async () => {
    const { drops, dropped } = dropRecorder();
    const spool = await Spool.open(trialOptions({ bytesMax: 100 * 8192, hooks: { dropped } }), newDisk());
    const cursor = spool.cursor("city");
    for (const id of range(0, 400)) {
      await append(spool, entryOf(id, length));
      cursor.advance(id + 1);
    }
    expect(drops).toEqual([]);
    expect(spool.stats().segments).toBeLessThanOrEqual(3);
  });

  it("drops the oldest and says which entries which cursor will not get, each exactly once", async () => {
    const { drops, dropped } = dropRecorder();
    const spool = await Spool.open(trialOptions({ hooks: { dropped } }), newDisk());
    const [slow, dead] = [spool.cursor("slow"), spool.cursor("dead")];
    for (const id of range(0, 500)) {
      expect(await append(spool, entryOf(id, length))).toBe(id);
      slow.advance(Math.floor(id * 0.7));
    }
    expect(spool.stats().bytes).toBeLessThanOrEqual(4 * 8192);
    const lostTo = (name: string): number[] =>
      drops.filter(({ cursor }) => cursor === name).flatMap(({ ids }) => ids);
    expect(lostTo("dead")).toEqual(range(0, spool.tail));
    expect(dead.drops).toBe(spool.tail);
    expect(dead.position).toBe(spool.tail);
    expect(slow.drops).toBe(lostTo("slow").length);
    expect(new Set(lostTo("slow")).size).toBe(slow.drops);
    expect(drops.every(({ ids, from, to, reason }) => ids.length === to - from && reason === "full")).toBe(
      true,
    );
    expect([...readIds(spool).values()]).toEqual(range(spool.tail, 500));
  });

  it("has room again after a restart when everybody has passed what it is full of", async () => {
    const options = trialOptions({ policyWhenFull: "refuse" });
    const disk = newDisk();
    const first = await Spool.open(options, disk);
    const cursor = first.cursor("city");
    await appendIds(first, range(0, 200), length);
    cursor.advance(first.head);
    await first.close();

    const again = await Spool.open(options, disk);
    expect(again.cursor("city").position).toBe(again.head);
    expect((await appendIds(again, range(200, 220), length)).size).toBe(20);
  });

  it("tells an owner that came after the spool was opened", async () => {
    const hooks: SpoolHooks = {};
    const spool = await Spool.open(trialOptions({ hooks }), newDisk());
    const { drops, dropped } = dropRecorder();
    Object.assign(hooks, { dropped });
    spool.cursor("city");
    await appendIds(spool, range(0, 200), length);
    expect(drops.flatMap(({ ids }) => ids)).toEqual(range(0, spool.tail));
  });

  it("with the policy refuse keeps what is there, refuses what comes, and goes on when a cursor has moved", async () => {
    const options = trialOptions({ policyWhenFull: "refuse" });
    const spool = await Spool.open(options, newDisk());
    const cursor = spool.cursor("city");
    const settled = await appendIds(spool, range(0, 200), length);
    expect(settled.size).toBeLessThan(200);
    expect(await append(spool, entryOf(1, length))).toMatchObject({ fault: "full" });
    expect([...readIds(spool)]).toEqual([...settled]);
    expect(cursor.drops).toBe(0);
    expect(spool.stats().refused).toBe(200 - settled.size + 1);
    cursor.advance(spool.head);
    expect(await append(spool, entryOf(1000, length))).toBe(settled.size);
  });

  it("never takes more room than it was given", async () => {
    const disk = newDisk();
    const spool = await Spool.open(trialOptions(), disk);
    for (const id of range(0, 300)) {
      await append(spool, entryOf(id, 900));
      const bytes = disk.paths
        .filter((path) => path.endsWith(".log"))
        .map((path) => disk.bytesOf(path)!.length);
      expect(bytes.reduce((sum, each) => sum + each)).toBeLessThanOrEqual(4 * 8192);
    }
  });

  it("counts what a crash kept from being told when the next start finds it gone", async () => {
    const disk = newDisk();
    const spool = await Spool.open(trialOptions(), disk);
    spool.cursor("city");
    await appendIds(spool, range(0, 40), length);
    await spool.close();
    const again = await Spool.open(trialOptions(), disk);
    await appendIds(again, range(40, 300), length);
    const drops = again.cursor("city").drops;
    expect(drops).toBeGreaterThan(0);
    const after = await Spool.open(
      trialOptions(),
      disk.crash(() => 0),
    );
    expect(after.cursor("city")).toMatchObject({ drops, position: drops });
    expect(after.recovery.missed).toEqual([{ cursor: "city", from: expect.any(Number), to: drops }]);
  });

  it("with another size of segments after a restart renews the files one by one", async () => {
    const disk = newDisk();
    const spool = await Spool.open(trialOptions(), disk);
    await appendIds(spool, range(0, 200), length);
    await spool.close();
    const larger = await Spool.open(trialOptions({ segmentBytes: 16384, bytesMax: 65536 }), disk);
    await appendIds(larger, range(200, 900), length);
    expect(larger.stats().bytes).toBeLessThanOrEqual(65536);
    expect(
      disk.paths.filter((path) => path.endsWith(".log")).map((path) => disk.bytesOf(path)!.length),
    ).toEqual(range(0, 4).map(() => 16384));
    expect([...readIds(larger).values()]).toEqual(range(larger.tail, 900));
  });
});

describe("a snapshot", () => {
  it("stands at the start of each segment, so that state outlives the segment it came from", async () => {
    const disk = newDisk();
    let last = -1;
    const hooks = { snapshot: () => [{ kind: 7, payload: entryOf(last + 1, 20) }] };
    const spool = await Spool.open(trialOptions({ hooks }), disk);
    for (const id of range(0, 300)) {
      await append(spool, entryOf(id, length));
      last = id;
    }
    const again = await Spool.open(
      trialOptions(),
      disk.crash(() => 0),
    );
    const replayed = [...again.replay()];
    expect(replayed[0].kind).toBe(7);
    const from = idOf(replayed[0].payload);
    expect(from).toBeGreaterThan(300 - 2 * perSegment - 5);
    expect(replayed.slice(1).map(({ payload }) => idOf(payload))).toEqual(range(from, 300));
  });

  it("is there however the power went away while its segment was begun, also after the older ones are gone", async () => {
    const random = seededRandom(3);
    const disk = newDisk();
    const images: SimulatedDisk[] = [];
    const snapshot = () => [{ kind: 9, payload: entryOf(7) }];
    const first = await Spool.open(trialOptions({ hooks: { snapshot } }), disk);
    await appendIds(first, range(0, perSegment - 2), length);
    disk.watch = () => images.push(disk.crash(random), disk.crash(random), disk.crash(random));
    await appendIds(first, range(perSegment - 2, perSegment + 2), length);
    for (const image of images) {
      const spool = await Spool.open(trialOptions({ hooks: { snapshot } }), image);
      const cursor = spool.cursor("city");
      for (const id of range(spool.head, spool.head + 4 * perSegment)) {
        expect(await append(spool, entryOf(id, length))).toBe(id);
        cursor.advance(id);
        await spool.retire();
        expect(spool.latestSnapshot() !== null || spool.tail === 0).toBe(true);
      }
      const again = await Spool.open(trialOptions(), image.crash(random));
      expect(again.latestSnapshot()).not.toBeNull();
    }
  });

  it("is no entry: it has no offset, is not read and is not counted as dropped", async () => {
    const { drops, dropped } = dropRecorder();
    const hooks = { snapshot: () => [{ kind: 7, payload: new Uint8Array(50) }], dropped };
    const spool = await Spool.open(trialOptions({ hooks }), newDisk());
    spool.cursor("city");
    await appendIds(spool, range(0, 300), length);
    expect(spool.head).toBe(300);
    expect([...readIds(spool).values()]).toEqual(range(spool.tail, 300));
    expect(drops.flatMap(({ ids }) => ids)).toEqual(range(0, spool.tail));
  });

  it("larger than half a segment is a fault that says so, and nothing is given up for it", async () => {
    const disk = newDisk();
    let size = 10;
    const hooks = { snapshot: () => [{ kind: 7, payload: new Uint8Array(size) }] };
    const spool = await Spool.open(trialOptions({ hooks }), disk);
    await appendIds(spool, [1]);
    size = 3000;
    const settled = await appendIds(spool, range(2, 60), length);
    expect(settled.size).toBeLessThan(58);
    expect(await append(spool, entryOf(1, length))).toMatchObject({ fault: "full" });
    size = 10;
    expect(await append(spool, entryOf(1, length))).toBe(spool.head - 1);
  });
});

describe("a pin", () => {
  it("keeps its segment while everything around it is recycled, until it is taken back", async () => {
    const { drops, dropped } = dropRecorder();
    const spool = await Spool.open(trialOptions({ hooks: { dropped } }), newDisk());
    const dead = spool.cursor("dead");
    await appendIds(spool, range(0, 60), length);
    const pinned = spool.tail + perSegment + 2;
    expect(spool.pin(pinned)).toBe(true);
    const pinnedAtFirst = spool.read(pinned, { entries: 1, bytes: 1 })[0];
    await appendIds(spool, range(60, 400), length);
    expect(idOf(spool.read(pinned, { entries: 1, bytes: 1 })[0].payload)).toBe(idOf(pinnedAtFirst.payload));
    const told = drops.flatMap(({ ids }) => ids);
    expect(new Set(told).size).toBe(told.length);
    expect(dead.drops).toBe(told.length);
    expect(told).not.toContain(pinned);
    expect(spool.verify().damaged).toEqual([]);
    spool.unpin(pinned);
    await appendIds(spool, range(400, 500), length);
    expect(spool.tail).toBeGreaterThan(pinned);
    expect(drops.flatMap(({ ids }) => ids).sort((a, b) => a - b)).toEqual(range(0, spool.tail));
  });

  it("leaves a ring with a gap, which a restart does not take for damage", async () => {
    const disk = newDisk();
    const spool = await Spool.open(trialOptions(), disk);
    await appendIds(spool, range(0, 30), length);
    spool.pin(3);
    await appendIds(spool, range(30, 400), length);
    await spool.close();
    const told: unknown[] = [];
    const again = await Spool.open(trialOptions({ hooks: { damaged: (span) => told.push(span) } }), disk);
    const ids = [...readIds(again).values()];
    expect(ids.slice(0, perSegment)).toEqual(range(0, perSegment));
    expect(ids.slice(perSegment)).toEqual(range(400 - ids.length + perSegment, 400));
    expect(again.recovery.lost).toEqual([]);
    expect(again.verify().damaged).toEqual([]);
    expect(told).toEqual([]);
  });

  it("leaves a gap that is no damage either where files behind it were removed by age, until one is taken away", async () => {
    const clock = new VirtualClock();
    const disk = newDisk();
    const options = trialOptions({ clock, daysMax: 1, hooks: { synchronised: () => true } });
    const spool = await Spool.open(options, disk);
    await appendIds(spool, range(0, 30), length);
    spool.pin(3);
    await appendIds(spool, range(30, 60), length);
    clock.pass(86_400_000 / 4);
    await spool.retire();
    clock.pass(2 * 86_400_000);
    await spool.retire();
    await spool.close();
    expect(disk.paths.filter((path) => path.endsWith(".removed"))).not.toEqual([]);
    const again = await Spool.open(options, disk);
    expect([...readIds(again).values()].slice(0, perSegment)).toEqual(range(0, perSegment));
    expect(again.recovery.lost).toEqual([]);
    await appendIds(again, range(60, 130), length);
    expect(disk.paths.filter((path) => path.endsWith(".removed"))).toEqual([]);
    await again.close();
    disk.vanish("/spool/segment-000002.log");
    expect((await Spool.open(options, disk)).recovery.lost).not.toEqual([]);
  });

  it("neither misses nor needs again a file that was removed while the disk could not confirm it", async () => {
    const clock = new VirtualClock();
    const disk = newDisk();
    const options = trialOptions({ clock, daysMax: 1, hooks: { synchronised: () => true } });
    const spool = await Spool.open(options, disk);
    await appendIds(spool, range(0, 30), length);
    spool.pin(3);
    await appendIds(spool, range(30, 60), length);
    clock.pass(86_400_000 / 4);
    await spool.retire();
    clock.pass(2 * 86_400_000);
    disk.failing = ({ operation }) => (operation === "syncFolder" ? "EIO" : null);
    await spool.retire();
    disk.failing = () => null;
    await appendIds(spool, range(60, 90), length);
    await spool.close();
    const again = await Spool.open(options, disk);
    expect([...readIds(again).values()].slice(-30)).toEqual(range(60, 90));
    expect(again.recovery.lost).toEqual([]);
  });

  it("shows no entry again that was refused, when all that hid it is gone", async () => {
    const disk = newDisk();
    const spool = await Spool.open(trialOptions(), disk);
    await appendIds(spool, range(0, 5), length);
    spool.pin(2);
    disk.failing = ({ operation }) => (operation === "datasync" ? "EIO" : null);
    expect(await append(spool, entryOf(1000, length))).toMatchObject({ fault: "storage" });
    disk.failing = () => null;
    await appendIds(spool, range(5, 200), length);
    await spool.close();
    const again = await Spool.open(trialOptions(), disk);
    expect([...readIds(again).values()].slice(0, 6)).toEqual([0, 1, 2, 3, 4, expect.any(Number)]);
    expect([...readIds(again).values()]).not.toContain(1000);
    expect(again.recovery.lost).toEqual([]);
  });

  it("is refused beyond half the ring, and for what is not there", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    await appendIds(spool, range(0, 60), length);
    expect(spool.pin(0)).toBe(true);
    expect(spool.pin(1)).toBe(true);
    expect(spool.pin(perSegment * 2)).toBe(true);
    expect(spool.pin(59)).toBe(false);
    expect(spool.pin(60)).toBe(false);
    expect(spool.pin(-1)).toBe(false);
    spool.unpin(0);
    expect(spool.pin(59)).toBe(false);
    spool.unpin(1);
    expect(spool.pin(59)).toBe(true);
  });
});

describe("retention by age", () => {
  const day = 86_400_000;

  it("gives up what is older, tells it, and removes the files", async () => {
    const clock = new VirtualClock();
    const disk = newDisk();
    const { drops, dropped } = dropRecorder();
    const hooks = { dropped, synchronised: () => true };
    const spool = await Spool.open(trialOptions({ clock, daysMax: 8, hooks }), disk);
    spool.cursor("city");
    await appendIds(spool, range(0, 60), length);
    clock.pass(7 * day);
    await spool.retire();
    expect(spool.tail).toBe(0);
    clock.pass(2 * day);
    await spool.retire();
    clock.pass(8 * day);
    await spool.retire();
    expect(spool.tail).toBe(60);
    expect(drops.flatMap(({ ids }) => ids)).toEqual(range(0, 60));
    expect(drops.every(({ reason }) => reason === "age")).toBe(true);
    expect(disk.paths.filter((path) => path.endsWith(".log"))).toHaveLength(1);
  });

  it("does nothing while the clock is not synchronised, or for segments ended by such a clock", async () => {
    const clock = new VirtualClock();
    let synchronised = false;
    const hooks = { synchronised: () => synchronised };
    const spool = await Spool.open(trialOptions({ clock, daysMax: 1, hooks }), newDisk());
    await appendIds(spool, range(0, 40), length);
    clock.pass(50 * 365 * day);
    await spool.retire();
    synchronised = true;
    await spool.retire();
    expect(spool.tail).toBe(0);
  });
});

describe("what a killed process wrote and had not synced", () => {
  /** A disk on which entry 1 is in the page cache alone, and which fails every sync. */
  async function unsynced(): Promise<SimulatedDisk> {
    const disk = newDisk();
    const spool = await Spool.open(trialOptions(), disk);
    await append(spool, entryOf(0));
    const written = new Promise<SimulatedDisk>((resolve) => {
      disk.failing = ({ operation }) => {
        if (operation === "datasync") {
          resolve(disk.kill());
        }
        return null;
      };
    });
    void append(spool, entryOf(1));
    const killed = await written;
    killed.failing = ({ operation }) => (operation === "datasync" ? "EIO" : null);
    return killed;
  }

  it("is read and not yet sure, and nothing is stored, until the disk has confirmed it", async () => {
    const disk = await unsynced();
    const spool = await Spool.open(trialOptions(), disk);
    expect([...readIds(spool).values()]).toEqual([0, 1]);
    expect(spool.sure).toBe(false);
    expect(await append(spool, entryOf(2))).toMatchObject({ fault: "storage" });

    disk.failing = () => null;
    await spool.makeSure();
    expect(spool.sure).toBe(true);
    expect(await append(spool, entryOf(3))).toBe(2);
    const cut = await Spool.open(
      trialOptions(),
      disk.crash(() => 0.3),
    );
    expect([...readIds(cut).values()]).toEqual([0, 1, 3]);
  });
});

describe("how far the readers are", () => {
  it("is told when it cannot be written because what they passed is not confirmed by the disk", async () => {
    const disk = newDisk();
    const clock = new VirtualClock();
    const told: string[] = [];
    let refuses = false;
    const unsure = fault("storage", "the disk has not confirmed it");
    const spool = await Spool.open(
      trialOptions({
        clock,
        hooks: {
          secure: async () => (refuses ? unsure : null),
          cursorsFailed: ({ fault }) => told.push(fault),
        },
      }),
      disk,
    );
    await appendIds(spool, range(0, 5));
    refuses = true;
    spool.cursor("city").advance(3);
    for (let i = 0; i < 3; i++) {
      clock.pass(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(told).toEqual(["storage"]);
    refuses = false;
    await spool.close();
    expect((await Spool.open(trialOptions(), disk)).cursor("city").position).toBe(3);
  });

  it("is told once when it cannot be written, and is written when it can", async () => {
    const disk = newDisk();
    const clock = new VirtualClock();
    const told: string[] = [];
    const hooks = { cursorsFailed: ({ fault }: Fault) => told.push(fault) };
    const spool = await Spool.open(trialOptions({ clock, hooks }), disk);
    await appendIds(spool, range(0, 5));
    const cursor = spool.cursor("city");
    disk.failing = ({ path }) => (path.includes("cursors") ? "EIO" : null);
    for (let i = 1; i <= 4; i++) {
      cursor.advance(i);
      clock.pass(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(told).toEqual(["storage"]);
    disk.failing = () => null;
    await spool.close();
    expect((await Spool.open(trialOptions(), disk)).cursor("city").position).toBe(4);
  });
});
