import { describe, expect, it } from "vitest";
import { SimulatedDisk, seededRandom } from "./simulated-disk.ts";
import { Spool } from "./spool.ts";
import { entryOf, idOf, trialOptions } from "./trial.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What must be true of a disk at some moment. */
interface Moment {
  readonly disk: SimulatedDisk;
  /** Id by offset, of everything settled by then. */
  readonly settled: ReadonlyMap<number, number>;
  readonly settledCount: number;
  readonly tail: number;
  readonly appended: number;
}

interface Run {
  readonly moments: Moment[];
  readonly disk: SimulatedDisk;
}

/** Appends, reads, moves cursors and rolls through the ring on a disk, and keeps what a power cut at each moment would leave. */
async function run(
  seed: number,
  options: { tears: number; faults: boolean; plant?: "ack-before-fsync" },
): Promise<Run> {
  const random = seededRandom(seed);
  const disk = new SimulatedDisk(random);
  const clock = new VirtualClock();
  const moments: Moment[] = [];
  const settled = new Map<number, number>();
  let lastSettled = 0;
  let appended = 0;
  let spool: Spool | null = null;
  disk.watch = () => {
    for (let i = 0; i < options.tears; i++) {
      const tail = spool?.tail ?? 0;
      moments.push({ disk: disk.crash(random), settled, settledCount: settled.size, tail, appended });
    }
  };
  if (options.faults) {
    disk.failing = ({ operation }) =>
      (operation === "write" || operation === "datasync" || operation === "create") && random() < 0.03
        ? random() < 0.5
          ? "EIO"
          : "SHORT"
        : null;
  }
  const port = options.plant === undefined ? disk : forgetfulOf(disk);
  const snapshot = () => [{ kind: 9, payload: entryOf(lastSettled) }];
  spool = await Spool.open(trialOptions({ clock, hooks: { snapshot } }), port);
  const cursor = spool.cursor("city");
  for (let turn = 0; turn < 14; turn++) {
    const together = Math.floor(random() * 9);
    const done: Promise<void>[] = [];
    for (let i = 0; i < together; i++) {
      const id = ++appended;
      done.push(
        new Promise((resolve) => {
          spool!.append(1, entryOf(id), (fault, offset) => {
            if (fault === null) {
              settled.set(offset, id);
              lastSettled = id;
            }
            resolve();
          });
        }),
      );
    }
    await Promise.all(done);
    clock.pass(random() * 800);
    if (random() < 0.5) {
      const entries = spool.read(cursor.position, { entries: 10, bytes: 4096 });
      cursor.advance(entries.at(-1)?.next ?? 0);
    }
  }
  await spool.close();
  return { moments, disk };
}

/** The same disk, which says it has synced and has not. */
function forgetfulOf(disk: SimulatedDisk): SimulatedDisk {
  const forgetful = Object.create(disk) as SimulatedDisk;
  const bound = ["list", "makeFolder", "rename", "remove", "syncFolder", "lock"] as const;
  for (const name of bound) {
    Object.defineProperty(forgetful, name, { value: disk[name].bind(disk) });
  }
  forgetful.open = (path, create) => {
    const file = disk.open(path, create);
    return "fault" in file ? file : { ...file, datasync: async () => null };
  };
  return forgetful;
}

/** What is wrong with a disk, opened again, measured against what had been settled; null when all is well. */
async function violation(moment: Moment): Promise<string | null> {
  const clock = new VirtualClock();
  const spool = await Spool.open(trialOptions({ clock }), moment.disk);
  const { lost, setAside } = spool.recovery;
  if (lost.length > 0 || setAside.length > 0) {
    return `claims damage: ${JSON.stringify(spool.recovery)}`;
  }
  const settled = [...moment.settled].slice(0, moment.settledCount);
  const found = new Map<number, number>();
  let last = -1;
  let lastId = 0;
  for (let at = spool.tail; ; ) {
    const entries = spool.read(at, { entries: 64, bytes: 65536 });
    for (const { offset, payload } of entries) {
      const id = idOf(payload);
      if (offset <= last || id <= lastId || id > moment.appended) {
        return `false entry at ${offset}: ${id} after ${lastId}`;
      }
      last = offset;
      lastId = id;
      found.set(offset, id);
    }
    if (entries.length === 0) {
      break;
    }
    at = entries[entries.length - 1].next;
  }
  for (const [offset, id] of settled) {
    if (offset >= moment.tail && found.get(offset) !== id) {
      return `settled ${id} at ${offset} became ${found.get(offset)}`;
    }
  }
  const state = spool.latestSnapshot();
  const known = Math.max(0, ...[...(state?.entries ?? [])].map(({ payload }) => idOf(payload)), lastId);
  const settledLast = settled.at(-1)?.[1] ?? 0;
  if (known < settledLast) {
    return `the state of entry ${settledLast} is forgotten, ${known} is the last`;
  }
  if (
    spool.head < (settled.at(-1)?.[0] ?? -1) + 1 ||
    spool.cursors.some(({ position }) => position > spool.head)
  ) {
    return "offsets would be given twice";
  }
  return null;
}

describe("a power cut", () => {
  it("at any of 20,000 moments leaves everything settled there once and in order, and nothing false", async () => {
    let states = 0;
    const violations: string[] = [];
    for (let seed = 1; states < 20_000; seed++) {
      const { moments } = await run(seed, { tears: 2, faults: false });
      for (const moment of moments) {
        states++;
        const wrong = await violation(moment);
        if (wrong !== null) {
          violations.push(`seed ${seed}, state ${states}: ${wrong}`);
        }
      }
    }
    expect(violations.slice(0, 5)).toEqual([]);
  });

  it("on a disk whose writes and syncs fail now and then loses nothing settled either", async () => {
    const violations: string[] = [];
    for (let seed = 1; seed <= 60; seed++) {
      const { moments } = await run(seed, { tears: 1, faults: true });
      for (const moment of moments) {
        const wrong = await violation(moment);
        if (wrong !== null) {
          violations.push(`seed ${seed}: ${wrong}`);
        }
      }
    }
    expect(violations.slice(0, 5)).toEqual([]);
  });

  it("would be seen to lose data if entries were settled before the sync", async () => {
    let violations = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const { moments } = await run(seed, { tears: 1, faults: false, plant: "ack-before-fsync" });
      for (const moment of moments) {
        violations += (await violation(moment)) === null ? 0 : 1;
      }
    }
    expect(violations).toBeGreaterThan(0);
  });

  it("after a kill and a restart keeps whatever the restarted process could read", async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const disk = new SimulatedDisk(random);
      const clock = new VirtualClock();
      const stopAt = 5 + Math.floor(random() * 60);
      let killed: SimulatedDisk | null = null;
      disk.watch = () => {
        if (disk.calls >= stopAt) {
          killed ??= disk.kill();
        }
      };
      disk.failing = ({ operation }) => (operation === "datasync" && random() < 0.1 ? "EIO" : null);
      const spool = await Spool.open(trialOptions({ clock }), disk);
      for (let id = 1; id < 40; id++) {
        await new Promise<void>((resolve) => spool.append(1, entryOf(id), () => resolve()));
      }
      const restarted = killed ?? disk.kill();
      const second = await Spool.open(trialOptions(), restarted);
      const read = second
        .read(second.tail, { entries: 1000, bytes: 1e6 })
        .map(({ payload }) => idOf(payload));
      const third = await Spool.open(trialOptions(), restarted.crash(random));
      const kept = third.read(third.tail, { entries: 1000, bytes: 1e6 }).map(({ payload }) => idOf(payload));
      expect(kept, `seed ${seed}`).toEqual(read);
    }
  });
});
