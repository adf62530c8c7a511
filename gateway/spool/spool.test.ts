import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFault } from "../../protocols/fault.ts";
import { SimulatedDisk, seededRandom } from "./simulated-disk.ts";
import { type DropReason, Spool, type SpoolEntry } from "./spool.ts";
import { append, appendIds, entryOf, idOf, range, readIds, trialOptions } from "./trial.ts";
import { VirtualClock } from "./virtual-clock.ts";

const newDisk = (): SimulatedDisk => new SimulatedDisk(seededRandom(1));
/** Entries of 200 bytes: 19 commits of one fit a segment of 8 KiB (16 + 32 + 10 + 200 bytes each). */
const length = 190;
const perSegment = 17;

describe("an entry", () => {
  it("comes back as it went in, with kind, time and offset", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    const kept = new Promise((resolve) =>
      spool.append(200, Uint8Array.of(1, 2, 3), (fault, offset) => resolve({ fault, offset }), 1234),
    );
    expect(await kept).toEqual({ fault: null, offset: 0 });
    const [entry] = spool.read(0, { entries: 1, bytes: 1 });
    expect({ ...entry, payload: [...entry.payload] }).toEqual({
      offset: 0,
      next: 1,
      kind: 200,
      time: 1234,
      payload: [1, 2, 3],
    });
  });

  it("of no bytes is an entry", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    expect(await append(spool, new Uint8Array(0))).toBe(0);
    expect(spool.read(0, { entries: 9, bytes: 9 })).toHaveLength(1);
  });

  it("too long for a quarter of a segment is refused, the longest allowed is not", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    const longest = 1024 - 42;
    expect(await append(spool, new Uint8Array(longest + 1))).toMatchObject({ fault: "limit" });
    for (let i = 0; i < 30; i++) {
      expect(await append(spool, new Uint8Array(longest))).toBe(i);
    }
  });

  it("is not touched by what its writer does with the buffer afterwards", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    const payload = entryOf(5);
    const done = append(spool, payload);
    payload.fill(0);
    await done;
    expect([...readIds(spool).values()]).toEqual([5]);
  });

  it("is not readable before it is durable", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    const done = append(spool, entryOf(1));
    expect(spool.read(0, { entries: 1, bytes: 1 })).toEqual([]);
    await done;
    expect(spool.read(0, { entries: 1, bytes: 1 })).toHaveLength(1);
  });

  it("appended after close is refused", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    await spool.close();
    expect(await append(spool, entryOf(1))).toMatchObject({ fault: "storage" });
  });
});

describe("a commit", () => {
  it("waits for others as long as the linger says", async () => {
    const clock = new VirtualClock();
    const spool = await Spool.open(trialOptions({ clock, linger: 20 }), newDisk());
    const done = range(0, 5).map((id) => append(spool, entryOf(id, 50)));
    clock.pass(19);
    await Promise.resolve();
    expect(spool.stats()).toMatchObject({ commits: 0, waiting: 5 });
    clock.pass(1);
    expect(await Promise.all(done)).toEqual([0, 1, 2, 3, 4]);
    expect(spool.stats()).toMatchObject({ commits: 1, waiting: 0 });
  });

  it("goes at once when 32 kB wait", async () => {
    const options = { segmentBytes: 1 << 20, bytesMax: 1 << 22, linger: 1000 };
    const spool = await Spool.open(trialOptions(options), newDisk());
    const done = range(0, 8).map((id) => append(spool, entryOf(id, 4096)));
    await Promise.all(done);
    expect(spool.stats().commits).toBe(1);
  });

  it("takes what was appended in one turn together without a linger", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    await Promise.all(range(0, 10).map((id) => append(spool, entryOf(id, 20))));
    expect(spool.stats().commits).toBe(1);
  });

  it("is made by close for what still waits", async () => {
    const disk = newDisk();
    const spool = await Spool.open(trialOptions({ linger: 1000 }), disk);
    const done = append(spool, entryOf(7));
    await spool.close();
    expect(await done).toBe(0);
    expect([...readIds(await Spool.open(trialOptions(), disk)).values()]).toEqual([7]);
  });

  it("settles each entry exactly once, in order, and never from within append", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    const order: number[] = [];
    let inside = true;
    const done = range(0, 100).map(
      (id) =>
        new Promise<void>((resolve) =>
          spool.append(1, entryOf(id, id * 20), (_, offset) => {
            expect(inside).toBe(false);
            order.push(offset);
            resolve();
          }),
        ),
    );
    inside = false;
    await Promise.all(done);
    expect(order.filter((offset) => offset >= 0)).toEqual(range(0, order.filter((at) => at >= 0).length));
    expect(order).toHaveLength(100);
  });
});

describe("reading", () => {
  it("gives at most the entries and bytes asked for, and one entry at least", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    await appendIds(spool, range(0, 30), 100);
    expect(spool.read(0, { entries: 7, bytes: 1e6 })).toHaveLength(7);
    expect(spool.read(3, { entries: 99, bytes: 450 }).map(({ offset }) => offset)).toEqual([3, 4, 5, 6]);
    expect(spool.read(3, { entries: 99, bytes: 1 })).toHaveLength(1);
    expect(spool.read(30, { entries: 99, bytes: 1e6 })).toEqual([]);
  });

  it("from any offset begins with that entry", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    await appendIds(spool, range(0, 60));
    for (const from of range(spool.tail, 60)) {
      expect(spool.read(from, { entries: 1, bytes: 1 })[0]?.offset).toBe(from);
    }
  });

  it("goes on where the oldest entry is, when what was asked for is recycled", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    await appendIds(spool, range(0, 300), length);
    expect(spool.tail).toBeGreaterThan(0);
    expect(spool.read(0, { entries: 1, bytes: 1 })[0].offset).toBe(spool.tail);
  });
});

describe("a cursor", () => {
  it("is where it was left after a restart", async () => {
    const disk = newDisk();
    const spool = await Spool.open(trialOptions(), disk);
    await appendIds(spool, range(0, 10));
    spool.cursor("city").advance(4);
    spool.cursor("file").advance(10);
    await spool.close();
    const again = await Spool.open(trialOptions(), disk);
    expect(again.cursors.map(({ name, position }) => [name, position])).toEqual([
      ["city", 4],
      ["file", 10],
    ]);
  });

  it("is written at most once a second", async () => {
    const clock = new VirtualClock();
    const disk = newDisk();
    const spool = await Spool.open(trialOptions({ clock }), disk);
    await appendIds(spool, range(0, 50), 20);
    const cursor = spool.cursor("city");
    let writes = 0;
    disk.failing = ({ operation, path }) => {
      writes += operation === "datasync" && path.includes("cursors") ? 1 : 0;
      return null;
    };
    for (let i = 0; i < 50; i++) {
      cursor.advance(i);
      clock.pass(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(writes).toBeGreaterThanOrEqual(4);
    expect(writes).toBeLessThanOrEqual(5);
  });

  it("moves neither back nor beyond what is durable", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    await appendIds(spool, range(0, 5));
    const cursor = spool.cursor("city");
    cursor.advance(99);
    expect(cursor.position).toBe(5);
    cursor.advance(2);
    expect(cursor.position).toBe(5);
  });

  it("that is new begins with the oldest entry, or with the next one when asked to", async () => {
    const spool = await Spool.open(trialOptions(), newDisk());
    await appendIds(spool, range(0, 5));
    expect(spool.cursor("all").position).toBe(0);
    expect(spool.cursor("fresh", "head").position).toBe(5);
  });

  it("whose checkpoint fails is written again, to a new file", async () => {
    const clock = new VirtualClock();
    const disk = newDisk();
    const spool = await Spool.open(trialOptions({ clock }), disk);
    await appendIds(spool, range(0, 9));
    const cursor = spool.cursor("city");
    disk.failing = ({ operation, path }) =>
      operation === "datasync" && path.includes("cursors") ? "EIO" : null;
    cursor.advance(3);
    clock.pass(1000);
    await new Promise((resolve) => setImmediate(resolve));
    disk.failing = () => null;
    clock.pass(1000);
    await new Promise((resolve) => setImmediate(resolve));
    const after = await Spool.open(
      trialOptions(),
      disk.crash(() => 0),
    );
    expect(after.cursor("city").position).toBe(3);
  });
});

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
    spool.unpin(pinned);
    await appendIds(spool, range(400, 500), length);
    expect(spool.tail).toBeGreaterThan(pinned);
    expect(drops.flatMap(({ ids }) => ids).sort((a, b) => a - b)).toEqual(range(0, spool.tail));
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

describe("the folder", () => {
  it("is refused to a second spool, with who has it", async () => {
    const disk = newDisk();
    const spool = await Spool.open(trialOptions(), disk);
    await expect(Spool.open(trialOptions(), disk)).rejects.toMatchObject({ code: "SPL-075", exit: 75 });
    await spool.close();
    await (await Spool.open(trialOptions(), disk)).close();
  });
});

/** What the spool should be, in a few lines: a list, and a number for each cursor. */
interface Model {
  readonly ids: number[];
  position: number;
}

class Append implements fc.AsyncCommand<Model, { spool: Spool }> {
  readonly lengths: readonly number[];
  constructor(lengths: readonly number[]) {
    this.lengths = lengths;
  }
  check = (): boolean => true;
  async run(model: Model, { spool }: { spool: Spool }): Promise<void> {
    const offsets = await Promise.all(
      this.lengths.map((bytes, i) => append(spool, entryOf(model.ids.length + i, bytes))),
    );
    expect(offsets).toEqual(range(model.ids.length, model.ids.length + offsets.length));
    model.ids.push(...(offsets as number[]));
  }
  toString = (): string => `append(${this.lengths})`;
}

class Advance implements fc.AsyncCommand<Model, { spool: Spool }> {
  readonly entries: number;
  constructor(entries: number) {
    this.entries = entries;
  }
  check = (): boolean => true;
  async run(model: Model, { spool }: { spool: Spool }): Promise<void> {
    const cursor = spool.cursor("city");
    const read = spool.read(cursor.position, { entries: this.entries, bytes: 1e6 });
    const from = Math.max(model.position, spool.tail);
    expect(read.map(({ payload }) => idOf(payload))).toEqual(model.ids.slice(from, from + this.entries));
    cursor.advance(read.at(-1)?.next ?? 0);
    model.position = Math.max(model.position, read.at(-1)?.next ?? 0);
  }
  toString = (): string => `advance(${this.entries})`;
}

class Restart implements fc.AsyncCommand<Model, { spool: Spool; disk: SimulatedDisk }> {
  readonly how: "close" | "kill" | "crash";
  readonly seed: number;
  constructor(how: "close" | "kill" | "crash", seed: number) {
    this.how = how;
    this.seed = seed;
  }
  check = (): boolean => true;
  async run(model: Model, real: { spool: Spool; disk: SimulatedDisk }): Promise<void> {
    const before = real.spool.cursor("city");
    if (this.how === "close") {
      await real.spool.close();
    } else {
      real.disk = this.how === "kill" ? real.disk.kill() : real.disk.crash(seededRandom(this.seed));
    }
    real.spool = await Spool.open(trialOptions(), real.disk);
    const after = real.spool.cursor("city");
    expect(real.spool.head).toBe(model.ids.length);
    expect(after.position).toBeLessThanOrEqual(Math.max(before.position, real.spool.tail));
    expect(this.how === "close" ? after.position : before.position).toBe(before.position);
    expect([...readIds(real.spool).values()]).toEqual(range(real.spool.tail, model.ids.length));
    model.position = after.position;
  }
  toString = (): string => `restart(${this.how})`;
}

describe("a spool", () => {
  it("behaves like a list whose beginning is forgotten, whatever is done and however it is stopped", async () => {
    const commands = [
      fc
        .array(fc.integer({ min: 4, max: 900 }), { minLength: 1, maxLength: 8 })
        .map((each) => new Append(each)),
      fc.integer({ min: 1, max: 40 }).map((entries) => new Advance(entries)),
      fc
        .tuple(fc.constantFrom("close", "kill", "crash"), fc.nat())
        .map(([how, seed]) => new Restart(how as "close", seed)),
    ];
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { size: "+1", maxCommands: 80 }), async (cmds) => {
        const disk = newDisk();
        const real = { disk, spool: await Spool.open(trialOptions(), disk) };
        await fc.asyncModelRun(() => ({ model: { ids: [], position: 0 }, real }), cmds);
      }),
      { numRuns: 150 },
    );
  });

  it("stays up on a disk that refuses every write, and goes on when it does not", async () => {
    for (const errno of ["EIO", "ENOSPC", "EROFS", "SHORT"] as const) {
      const disk = newDisk();
      const clock = new VirtualClock();
      const spool = await Spool.open(trialOptions({ clock, retryDelay: 1000 }), disk);
      await appendIds(spool, range(0, 10));
      disk.failing = ({ operation }) => (["read", "open", "lock"].includes(operation) ? null : errno);
      const code = errno === "ENOSPC" || errno === "SHORT" ? "full" : "storage";
      expect(await append(spool, entryOf(10))).toMatchObject({ fault: code });
      disk.failing = () => null;
      expect(await append(spool, entryOf(10)), "left alone for a second").toMatchObject({ fault: code });
      clock.pass(1000);
      const offset = await append(spool, entryOf(11));
      expect(isFault(offset) ? offset : [...readIds(spool).values()]).toEqual([...range(0, 10), 11]);
    }
  });

  it("loses nothing settled when any single call to the disk fails, whichever it is", async () => {
    for (const errno of ["EIO", "ENOSPC", "EROFS", "SHORT"] as const) {
      for (let index = 0; index < 150; index++) {
        const disk = new SimulatedDisk(seededRandom(index));
        disk.failing = (call) => (call.index === index ? errno : null);
        const opened = await Spool.open(trialOptions(), disk).catch((error: { code: string }) => error.code);
        if (typeof opened === "string") {
          expect(["SPL-073", "SPL-074"]).toContain(opened);
          continue;
        }
        const settled = await appendIds(opened, range(1, 60), length);
        expect(settled.size).toBeGreaterThanOrEqual(58);
        expect(opened.head).toBe(settled.size);
        const after = await Spool.open(trialOptions(), disk.crash(seededRandom(index)));
        const found = readIds(after);
        const kept = [...settled].filter(([offset]) => offset >= after.tail);
        expect([...found].slice(0, kept.length), `${errno} at call ${index}`).toEqual(kept);
        expect(found.size - kept.length).toBeLessThanOrEqual(1);
      }
    }
  });
});
