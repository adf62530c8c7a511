import { describe, expect, it } from "vitest";
import { cursorNameMax, cursorsMax } from "./cursor-file.ts";
import { SimulatedDisk, seededRandom } from "./simulated-disk.ts";
import { Spool } from "./spool.ts";
import { append, appendIds, entryOf, range, readIds, trialOptions } from "./trial.ts";
import { VirtualClock } from "./virtual-clock.ts";

const newDisk = (): SimulatedDisk => new SimulatedDisk(seededRandom(1));

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
    await appendIds(spool, range(0, 300), 190);
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

  it("is written at once when it has passed as much as may come again, and once for all that came meanwhile", async () => {
    const clock = new VirtualClock();
    const disk = newDisk();
    const spool = await Spool.open(trialOptions({ clock }), disk);
    await appendIds(spool, range(0, 50), 20);
    const cursor = spool.cursor("city");
    cursor.saveAt = 10;
    let saved = 0;
    cursor.whenSaved = () => saved++;
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    cursor.advance(1, 9);
    await turn();
    expect([saved, cursor.unsaved]).toEqual([0, 9]);
    cursor.advance(2, 3);
    cursor.advance(3, 3);
    await turn();
    expect([saved, cursor.unsaved]).toEqual([1, 0]);
    disk.failing = ({ path }) => (path.includes("cursors") ? "EIO" : null);
    cursor.advance(4, 10);
    await turn();
    expect([saved, cursor.unsaved]).toEqual([2, 0]);
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

  it("fits the checkpoint with as many others, and as long a name, as are allowed", async () => {
    const disk = newDisk();
    const spool = await Spool.open(trialOptions(), disk);
    await appendIds(spool, [1, 2, 3]);
    const names = range(0, cursorsMax).map((n) => `${n}`.padStart(cursorNameMax, "x"));
    for (const name of names) {
      spool.cursor(name).advance(2);
    }
    expect(() => spool.cursor("one more")).toThrow(`at most ${cursorsMax}`);
    await spool.close();
    const again = await Spool.open(trialOptions(), disk);
    expect(again.cursors.map(({ name, position }) => [name, position])).toEqual(
      names.map((name) => [name, 2]),
    );
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

describe("the folder", () => {
  it("is refused to a second spool, with who has it", async () => {
    const disk = newDisk();
    const spool = await Spool.open(trialOptions(), disk);
    await expect(Spool.open(trialOptions(), disk)).rejects.toMatchObject({ code: "SPL-075", exit: 75 });
    await spool.close();
    await (await Spool.open(trialOptions(), disk)).close();
  });
});
