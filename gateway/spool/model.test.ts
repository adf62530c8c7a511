import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFault } from "../../protocols/fault.ts";
import { SimulatedDisk, seededRandom } from "./simulated-disk.ts";
import { Spool } from "./spool.ts";
import { append, appendIds, entryOf, idOf, range, readIds, trialOptions } from "./trial.ts";
import { VirtualClock } from "./virtual-clock.ts";

const newDisk = (): SimulatedDisk => new SimulatedDisk(seededRandom(1));

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
        const settled = await appendIds(opened, range(1, 60), 190);
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
