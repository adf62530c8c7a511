import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isFault } from "../protocols/fault.ts";
import { nextBootEpoch } from "./boot-epoch.ts";
import { nodeFiles } from "./spool/node-files.ts";
import { SimulatedDisk, seededRandom } from "./spool/simulated-disk.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "boot-epoch-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const next = (file: string) => nextBootEpoch(file, nodeFiles);

describe("the gateway's boot epoch", () => {
  it("rises by one at each start", async () => {
    const file = join(folder, "epoch");
    expect([await next(file), await next(file), await next(file)]).toEqual([0, 1, 2]);
  });

  it("never repeats, wherever a power cut tears the file", async () => {
    const file = join(folder, "epoch");
    for (let i = 0; i < 5; i++) {
      await next(file);
    }
    const whole = readFileSync(file);
    for (let length = 33; length < 40; length++) {
      writeFileSync(file, whole);
      truncateSync(file, length);
      // The torn record is epoch 4: it may have been used.
      expect(await next(file), `cut to ${length} bytes`).toBe(5);
      expect(await next(file)).toBe(6);
    }
  });

  it("never repeats after a flipped bit in its last record", async () => {
    const file = join(folder, "epoch");
    for (let i = 0; i < 3; i++) {
      await next(file);
    }
    const whole = readFileSync(file);
    for (let bit = 0; bit < 64; bit++) {
      const flipped = Uint8Array.from(whole);
      flipped[16 + (bit >> 3)] ^= 1 << (bit & 7);
      writeFileSync(file, flipped);
      expect(await next(file)).toBe(3);
    }
  });

  it("is refused where it cannot be written", async () => {
    expect(await next(join(folder, "missing", "epoch"))).toMatchObject({ fault: "storage" });
  });

  it("never repeats after a sector with every record is lost", async () => {
    const file = join(folder, "epoch");
    for (let i = 0; i < 7; i++) {
      await next(file);
    }
    writeFileSync(file, new Uint8Array(56));
    expect(await next(file)).toBe(7);
  });

  it("never repeats, wherever the power goes away and whatever the disk refuses", async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      let disk = new SimulatedDisk(random);
      const used = new Set<number>();
      for (let start = 0; start < 12; start++) {
        const images: { disk: SimulatedDisk; used: number }[] = [];
        disk.watch = () => images.push({ disk: disk.crash(random), used: used.size });
        disk.failing = () => (random() < 0.05 ? "EIO" : null);
        const epoch = await nextBootEpoch("/gateway/boot-epoch", disk);
        disk.watch = () => {};
        if (!isFault(epoch)) {
          expect(used.has(epoch), `seed ${seed}`).toBe(false);
          used.add(epoch);
        }
        // Either the power goes away within this start, before the epoch is used, or some time after it.
        const within = images[Math.floor(random() * images.length)];
        if (within !== undefined && random() < 0.5 && !isFault(epoch)) {
          used.delete(epoch);
          disk = within.disk;
        } else {
          disk = disk.crash(random);
        }
      }
    }
  });
});
