import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { until } from "../programs.ts";
import { patience } from "./crashes.ts";
import { errorPoints, sufferErrors } from "./disk-errors.ts";
import { Hall } from "./hall.ts";
import { imageOf, MountedFolder, mountTrouble } from "./mounted-folder.ts";
import { straceTrouble } from "./strace.ts";

const noStrace = straceTrouble();
const noTmpfs = mountTrouble("tmpfs");
const noLoop = mountTrouble("loop");
const unless = (trouble: string | null): string => (trouble === null ? "" : ` (skipped: ${trouble})`);

describe("a gateway whose disk fails", () => {
  it.skipIf(noStrace !== null)(
    `at 18 writes and syncs (EIO, ENOSPC, EROFS) stays up, says so and loses nothing acknowledged${unless(noStrace)}`,
    async () => {
      expect(await sufferErrors(errorPoints(18, 2))).toEqual([]);
    },
    300_000,
  );

  it.skipIf(noTmpfs !== null)(
    `refuses while the disk is full, says so, and goes on without a restart when there is room${unless(noTmpfs)}`,
    async () => {
      const disk = await MountedFolder.mount("-t", "tmpfs", "-o", "size=6m", "tmpfs");
      const hall = await Hall.open({ folder: disk.path });
      const filler = join(disk.path, "filler");
      try {
        expect(await hall.start({ under: disk.under, inside: disk.inside })).toBe(true);
        fill(filler);
        hall.send(20);
        await until("health tells", () => tellsOfSpool(hall), patience);
        expect(hall.running).toBe(true);
        expect(hall.acknowledged).toBe(0);
        rmSync(filler);
        await until("all is acknowledged", () => hall.done, patience);
        await until("health is well again", async () => (await hall.health()).status === "ok", patience);
        await until("everything has arrived", () => hall.arrived, patience);

        fill(filler);
        hall.send(20);
        await until("some is acknowledged, in room that is there", () => hall.done, patience);
        await hall.kill();
        expect(await hall.check()).toEqual([]);
        rmSync(filler);
        await hall.start({ under: disk.under, inside: disk.inside });
        await until("everything has arrived", () => hall.arrived, patience);
        await hall.stop();
        expect([...(await hall.check()), ...hall.truth.violations()]).toEqual([]);
      } finally {
        await hall.close();
        await disk.close();
      }
    },
    300_000,
  );

  it.skipIf(noLoop !== null)(
    `stays up on a file system that has turned read-only, says so, and has everything after a repair${unless(noLoop)}`,
    async () => {
      const image = imageOf(32);
      let disk = await MountedFolder.mount("-o", "loop,errors=remount-ro", image.path);
      const hall = await Hall.open({ folder: disk.path });
      try {
        await hall.start({ under: disk.under, inside: disk.inside });
        hall.send(30);
        await until("all is acknowledged", () => hall.done, patience);
        disk.remount("abort");
        const before = hall.acknowledged;
        hall.send(10);
        await until("health tells", () => tellsOfSpool(hall), patience);
        expect(hall.running).toBe(true);
        expect(hall.acknowledged).toBe(before);
        await hall.kill();
        await disk.close();

        disk = await MountedFolder.mount("-o", "loop", image.path);
        hall.folder = disk.path;
        expect(await hall.check()).toEqual([]);
        await hall.start({ under: disk.under, inside: disk.inside });
        await until("everything is there", () => hall.done && hall.arrived, patience);
        await hall.stop();
        expect([...(await hall.check()), ...hall.truth.violations()]).toEqual([]);
      } finally {
        await hall.close();
        await disk.close();
        image.remove();
      }
    },
    300_000,
  );
});

async function tellsOfSpool(hall: Hall): Promise<boolean> {
  const { status, reasons } = await hall.health();
  return status === "failing" && JSON.stringify(reasons).includes("messages cannot be stored");
}

/** Takes what room is left. */
function fill(path: string): void {
  try {
    writeFileSync(path, new Uint8Array(64 * 1024 * 1024));
  } catch {
    // As intended: it is full now.
  }
}
