import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isFault } from "../../protocols/fault.ts";
import type { FilePort, LockHolder } from "./file-port.ts";
import { lockHolder } from "./lock.ts";
import { SpoolLook } from "./look.ts";
import { nodeFiles, readOnlyFiles } from "./node-files.ts";
import { SimulatedDisk, seededRandom } from "./simulated-disk.ts";
import { Spool } from "./spool.ts";
import { appendIds, entryOf, idOf, range, trialOptions } from "./trial.ts";

const everything = { entries: 10_000, bytes: 10_000_000 };
const somebody: LockHolder = { pid: 4711, since: 0 };

function lookAt(files: FilePort, writer: LockHolder | null = null, folder = "/spool"): SpoolLook {
  const look = SpoolLook.open(folder, files, () => writer);
  if (!(look instanceof SpoolLook)) {
    throw new Error(isFault(look) ? look.detail : look);
  }
  return look;
}

/** A spool that has gone round its ring, and the ids it holds. */
async function spoolOn(disk: SimulatedDisk, ids: number): Promise<Spool> {
  const snapshot = () => [{ kind: 9, payload: entryOf(1, 40) }];
  const spool = await Spool.open(trialOptions({ hooks: { snapshot } }), disk);
  spool.cursor("city");
  await appendIds(spool, range(1, ids + 1), 200);
  return spool;
}

describe("a look at a spool", () => {
  it("shows what the spool holds while it is open, and changes nothing", async () => {
    const disk = new SimulatedDisk(seededRandom(1));
    const spool = await spoolOn(disk, 300);
    spool.cursor("city").advance(spool.head - 5);
    const before = disk.paths.map((path) => [path, Buffer.from(disk.bytesOf(path)!).toString("base64")]);
    const look = lookAt(disk, somebody);
    const found = look.read(0, everything).map(({ offset, payload }) => [offset, idOf(payload)]);
    expect(found).toEqual(spool.read(0, everything).map(({ offset, payload }) => [offset, idOf(payload)]));
    expect(look).toMatchObject({ head: spool.head, tail: spool.tail, writer: somebody });
    expect(look.segments).toBe(spool.stats().segments);
    expect(look.bytes).toBe(spool.stats().bytes);
    expect(look.latestSnapshot()?.entries).toHaveLength(1);
    expect(look.verify()).toMatchObject({ entries: spool.head - spool.tail, damaged: [], cut: false });
    expect(disk.paths.map((path) => [path, Buffer.from(disk.bytesOf(path)!).toString("base64")])).toEqual(
      before,
    );
    await spool.close();
  });

  it("names the file and the offsets of an entry that does not hold", async () => {
    const disk = new SimulatedDisk(seededRandom(2));
    const spool = await spoolOn(disk, 20);
    await spool.close();
    const path = "/spool/segment-000001.log";
    const bytes = disk.bytesOf(path)!.slice();
    bytes[bytes.indexOf(7, 4096 + 32 + 60 * 2)] ^= 1;
    disk.replace(path, bytes);
    const { damaged, entries } = lookAt(disk).verify();
    expect(damaged).toHaveLength(1);
    expect(damaged[0]).toMatchObject({ file: "segment-000001.log", what: "entries" });
    expect(entries).toBe(20 - (damaged[0].to! - damaged[0].from!));
  });

  it("names a segment whose header is gone, a foreign one, and damaged cursors", async () => {
    const disk = new SimulatedDisk(seededRandom(3));
    const spool = await spoolOn(disk, 90);
    await spool.close();
    const [first] = disk.paths.filter((path) => path.endsWith(".log"));
    const bytes = disk.bytesOf(first)!.slice();
    bytes.fill(0xff, 0, 4096);
    disk.replace(first, bytes);
    disk.replace("/spool/cursors", new Uint8Array(16384).fill(3));
    const kinds = lookAt(disk)
      .verify()
      .damaged.map(({ what, file }) => `${what} ${file}`);
    expect(kinds).toContain(`header ${first.slice("/spool/".length)}`);
    expect(kinds).toContain("cursors cursors");
    expect(disk.paths.some((path) => path.includes("quarantine"))).toBe(false);
  });

  it("takes a commit that was cut short for no damage: nothing in it was acknowledged", async () => {
    const disk = new SimulatedDisk(seededRandom(4));
    const spool = await spoolOn(disk, 3);
    const whole = lookAt(disk).head;
    const path = "/spool/segment-000001.log";
    const before = disk.bytesOf(path)!.slice();
    await appendIds(spool, [4], 200);
    const after = disk.bytesOf(path)!.slice();
    const end = after.findLastIndex((byte, at) => byte !== before[at]);
    after.fill(0, end - 50);
    disk.replace(path, after);
    const look = lookAt(disk.kill());
    expect(look.head).toBe(whole);
    expect(look.verify()).toMatchObject({ damaged: [], cut: true });
    // While somebody writes, the same is a commit under way.
    expect(lookAt(disk, somebody).verify()).toMatchObject({ damaged: [], cut: false });
  });

  it("passes over a segment that the writer recycles meanwhile, and does not call that damage", async () => {
    const disk = new SimulatedDisk(seededRandom(5));
    const spool = await spoolOn(disk, 60);
    const look = lookAt(disk, somebody);
    await appendIds(spool, range(61, 400), 200);
    const report = look.verify();
    expect(report.damaged).toEqual([]);
    expect(report.recycled).toBeGreaterThan(0);
    await spool.close();
  });

  it("says who has the folder on a real disk, and leaves the lock to its holder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hasen-look-"));
    try {
      expect(SpoolLook.open(join(folder, "absent"), readOnlyFiles, lockHolder)).toMatchObject({
        fault: "storage",
      });
      const spool = await Spool.open(
        { folder, segmentBytes: 65536, bytesMax: 4 * 65536, linger: 0 },
        nodeFiles,
      );
      await appendIds(spool, [1, 2, 3]);
      const look = SpoolLook.open(folder, readOnlyFiles, lockHolder) as SpoolLook;
      expect(look.writer?.pid).toBe(process.pid);
      expect(look.entries).toBe(3);
      look.close();
      expect(lockHolder(join(folder, "lock"))?.pid).toBe(process.pid);
      await spool.close();
      expect(lockHolder(join(folder, "lock"))).toBeNull();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
