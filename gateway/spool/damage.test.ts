import { describe, expect, it } from "vitest";
import { crc32c } from "../../protocols/crc.ts";
import { isFault } from "../../protocols/fault.ts";
import { blockHeaderLength } from "./block.ts";
import { diskFault, type SpoolFile } from "./file-port.ts";
import { segmentHeaderLength } from "./segment-header.ts";
import { SimulatedDisk, seededRandom } from "./simulated-disk.ts";
import { type RecoveryReport, Spool } from "./spool.ts";
import { appendIds, range, readIds, smallSpool, trialOptions } from "./trial.ts";

interface Outcome {
  readonly found: ReadonlyMap<number, number>;
  readonly recovery: RecoveryReport;
  /** Offsets told as lost or damaged, at the start or while reading. */
  readonly told: ReadonlySet<number>;
  readonly spool: Spool;
}

async function reopen(disk: SimulatedDisk): Promise<Outcome> {
  const told = new Set<number>();
  const tell = ({ from, to }: { from: number; to: number }): void =>
    range(from, to).forEach((at) => {
      told.add(at);
    });
  const spool = await Spool.open(trialOptions({ hooks: { damaged: tell } }), disk);
  spool.recovery.lost.forEach(tell);
  return { found: readIds(spool), recovery: spool.recovery, told, spool };
}

describe("a flipped bit", () => {
  it("anywhere in a block costs that block alone, and is told", async () => {
    const { disk, ids, blocks } = await smallSpool(true);
    for (const { path, from, to, offsets } of blocks) {
      const bytes = disk.bytesOf(path)!.slice();
      for (let bit = from * 8; bit < to * 8; bit += bit < (from + blockHeaderLength) * 8 ? 1 : 61) {
        const damaged = disk.kill();
        bytes[bit >> 3] ^= 1 << (bit & 7);
        damaged.replace(path, bytes);
        bytes[bit >> 3] ^= 1 << (bit & 7);
        const { found, told } = await reopen(damaged);
        const expected = [...ids].filter(([offset]) => !offsets.includes(offset));
        expect([...found], `bit ${bit} of ${path}`).toEqual(expected);
        expect([...told], `bit ${bit} of ${path}`).toEqual(offsets);
      }
    }
  });

  it("in the last block is told even after a crash, when nothing says how far the spool had come", async () => {
    const { disk, ids, blocks } = await smallSpool(false);
    const { path, from, to, offsets } = blocks.at(-1)!;
    for (let bit = from * 8; bit < to * 8; bit++) {
      const damaged = disk.kill();
      const bytes = damaged.bytesOf(path)!.slice();
      bytes[bit >> 3] ^= 1 << (bit & 7);
      damaged.replace(path, bytes);
      const { found, recovery } = await reopen(damaged);
      expect([...found]).toEqual([...ids].filter(([offset]) => !offsets.includes(offset)));
      expect(recovery.cut?.offset).toBe(offsets[0]);
    }
  });

  it("in a header page or in room not used costs nothing", async () => {
    const { disk, ids, blocks } = await smallSpool(true);
    for (const path of disk.paths.filter((name) => name.endsWith(".log"))) {
      const used = Math.max(...blocks.filter((block) => block.path === path).map(({ to }) => to));
      for (const at of [...range(0, 64), 1000, ...range(2048, 2112), 4095, used + 40, 8191]) {
        const damaged = disk.kill();
        const bytes = damaged.bytesOf(path)!.slice();
        bytes[at] ^= 0x10;
        damaged.replace(path, bytes);
        const { found, told } = await reopen(damaged);
        expect([...found], `byte ${at} of ${path}`).toEqual([...ids]);
        expect(told.size).toBe(0);
      }
    }
  });

  it("in the cursor file falls back to the checkpoint before: duplicates, never loss", async () => {
    const disk = new SimulatedDisk(seededRandom(1));
    const spool = await Spool.open(trialOptions(), disk);
    const cursor = spool.cursor("city");
    await appendIds(spool, range(1, 20));
    cursor.advance(5);
    await spool.close();
    const again = await Spool.open(trialOptions(), disk.kill());
    again.cursor("city").advance(12);
    await again.close();
    const path = "/spool/cursors";
    for (let bit = 0; bit < disk.bytesOf(path)!.length * 8; bit += bit % 65536 < 700 ? 1 : 397) {
      const damaged = disk.kill();
      const bytes = damaged.bytesOf(path)!.slice();
      bytes[bit >> 3] ^= 1 << (bit & 7);
      damaged.replace(path, bytes);
      const opened = await Spool.open(trialOptions(), damaged);
      expect([0, 5, 12]).toContain(opened.cursor("city").position);
      expect(readIds(opened).size).toBe(19);
    }
  });
});

describe("a file cut short", () => {
  it("at any length opens, keeps what is left and tells the rest", async () => {
    const { disk, ids, blocks } = await smallSpool(true);
    for (const path of disk.paths) {
      const whole = disk.bytesOf(path)!;
      for (let length = 0; length < whole.length; length += 7) {
        const damaged = disk.kill();
        damaged.replace(path, whole.slice(0, length));
        const { found, told, recovery, spool } = await reopen(damaged);
        const gone = blocks.filter((block) => block.path === path && block.to > length);
        const missing = gone.flatMap(({ offsets }) => offsets);
        // Below 64 bytes nothing tells of the segment any more.
        const kept = path.endsWith(".log") && length < 64 ? [] : missing;
        expect([...found], `${path} cut to ${length}`).toEqual(
          [...ids].filter(([offset]) => !missing.includes(offset)),
        );
        expect([...kept].every((offset) => told.has(offset))).toBe(true);
        if (path.endsWith(".log") && length < 64) {
          expect(recovery.setAside.length + told.size + recovery.segments).toBeGreaterThan(0);
        }
        expect(spool.head).toBeGreaterThanOrEqual(Math.max(...ids.keys()) + 1);
        await appendIds(spool, [1000]);
        expect(readIds(spool, spool.head - 1).get(spool.head - 1)).toBe(1000);
      }
    }
  });
});

describe("a disk that refuses to read", () => {
  it("for a while costs nothing, whichever reads fail at the start", async () => {
    const { disk, ids } = await smallSpool(false);
    for (const length of [1, 2, 3, 4, 6, 20]) {
      for (let from = 0; from < 30; from++) {
        const failing = disk.kill();
        failing.failing = ({ operation, index }) =>
          operation === "read" && index >= from && index < from + length ? "EIO" : null;
        const first = await Spool.open(trialOptions(), failing);
        const [offset] = (await appendIds(first, [1000], 50)).keys();
        await first.close();
        failing.failing = () => null;
        const { found } = await reopen(failing);
        expect(found.get(offset)).toBe(1000);
        if (first.recovery.setAside.length === 0) {
          expect([...found].filter(([, id]) => id !== 1000)).toEqual([...ids]);
        }
      }
    }
  });

  it("for ever at one place costs what is there, and readers go on behind it", async () => {
    const { disk, ids, blocks } = await smallSpool(true);
    const bad = blocks[3];
    const open = disk.open.bind(disk);
    disk.open = (path, create) => {
      const file = open(path, create);
      const read = (target: Uint8Array, at: number) =>
        path === bad.path && at < bad.from + 100 && at + target.length > bad.from + 90
          ? diskFault("EIO", path)
          : (file as SpoolFile).read(target, at);
      return isFault(file) ? file : { ...file, read };
    };
    const { spool, told } = await reopen(disk);
    const found = new Set<number>();
    for (let turn = 0; turn < 20; turn++) {
      readIds(spool).forEach((_, offset) => {
        found.add(offset);
      });
    }
    expect([...found].sort((a, b) => a - b)).toEqual(
      [...ids.keys()].filter((at) => !bad.offsets.includes(at)),
    );
    expect([...told]).toEqual(bad.offsets);
  });
});

describe("a segment that cannot be used", () => {
  it("is set aside under a name that says why, and the rest goes on", async () => {
    const { disk, ids, blocks } = await smallSpool(true);
    for (const path of new Set(blocks.map((block) => block.path))) {
      const damaged = disk.kill();
      damaged.replace(path, damaged.bytesOf(path)!.slice().fill(0xa5, 0, segmentHeaderLength));
      const { found, told, recovery, spool } = await reopen(damaged);
      const gone = blocks.filter((block) => block.path === path).flatMap(({ offsets }) => offsets);
      const name = path.slice("/spool/".length);
      expect(recovery.setAside).toEqual([{ name, reason: "header" }]);
      expect(damaged.paths).toContain(`/spool/quarantine/${name}.header`);
      expect([...found]).toEqual([...ids].filter(([offset]) => !gone.includes(offset)));
      expect(gone.filter((offset) => !told.has(offset))).toEqual([]);
      await appendIds(spool, [1000]);
      expect([...readIds(spool).values()]).toContain(1000);
    }
  });

  it("but was only begun, its header torn before anything was settled, is no damage", async () => {
    const { disk, ids } = await smallSpool(true);
    const begun = new Uint8Array(8192);
    begun.set(disk.bytesOf("/spool/segment-000001.log")!.subarray(0, 30));
    disk.replace("/spool/segment-000009.log", begun);
    const { found, told, recovery } = await reopen(disk);
    expect([...found]).toEqual([...ids]);
    expect([...recovery.setAside, ...told]).toEqual([]);
  });

  it("of another ring, or there twice, is set aside too", async () => {
    const { disk, ids } = await smallSpool(true);
    const foreign = new SimulatedDisk(seededRandom(2));
    const other = await Spool.open(trialOptions({ salt: () => 99 }), foreign);
    await appendIds(other, [1, 2]);
    await other.close();
    disk.replace("/spool/segment-000007.log", foreign.bytesOf("/spool/segment-000001.log")!);
    disk.replace("/spool/segment-000008.log", disk.bytesOf("/spool/segment-000001.log")!);
    const { found, recovery } = await reopen(disk);
    expect([...found]).toEqual([...ids]);
    expect(recovery.setAside.map(({ reason }) => reason).sort()).toEqual(["foreign", "order"]);
  });

  it("makes room again when the ring needs it", async () => {
    const { disk } = await smallSpool(true);
    disk.replace("/spool/segment-000009.log", new Uint8Array(8192).fill(1));
    const { spool } = await reopen(disk);
    expect(spool.stats().quarantined).toBe(1);
    await appendIds(spool, range(1, 200));
    expect(spool.stats()).toMatchObject({ quarantined: 0, segments: 4, bytes: 4 * 8192 });
  });

  it("written by a newer version is left alone", async () => {
    const { disk } = await smallSpool(true);
    const path = "/spool/segment-000001.log";
    const page = disk.bytesOf(path)!.slice();
    for (const at of [0, 2048]) {
      page[at + 7] = 0x32;
      new DataView(page.buffer).setUint32(at + 60, crc32c(page, at, at + 60, 0));
    }
    disk.replace(path, page);
    await expect(Spool.open(trialOptions(), disk)).rejects.toMatchObject({ code: "SPL-065" });
  });
});
