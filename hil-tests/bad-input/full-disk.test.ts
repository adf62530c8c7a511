import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort, until } from "../programs.ts";
import { unreadable } from "./hasen.ts";
import { House, patience } from "./house.ts";

/** A disk of four megabytes; null where this user may not mount one. */
function smallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-disk-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m,mode=700", "none", folder]);
  if (status !== 0) {
    rmSync(folder, { recursive: true });
    return null;
  }
  return folder;
}

const probe = smallDisk();
if (probe !== null) {
  unmount(probe);
}

function unmount(folder: string): void {
  spawnSync("umount", ["-l", folder]);
  rmSync(folder, { recursive: true, force: true });
}

let disk: string;
let house: House;

describe.skipIf(probe === null)(
  `a full disk below the spool${probe === null ? " (skipped: this user may not mount a tmpfs)" : ""}`,
  () => {
    beforeEach(async () => {
      disk = smallDisk()!;
      house = await House.open({ spool: join(disk, "spool") });
    });
    afterEach(async () => {
      await house.close();
      unmount(disk);
    });

    it("acknowledges nothing it cannot keep, says so, stays up, and goes on when there is room", async () => {
      const dead = await freePort();
      house.configure({ sinks: [`  - { kind: mqtt, name: city, url: "mqtt://127.0.0.1:${dead}" }`] });
      const device = await house.device("pb-air-north");
      const gateway = await house.start();
      await device.connect();
      await device.deliver(...device.greet());
      expect((await gateway.health()).code).toBe(200);

      // The segments begun hold a quarter of a megabyte and one; the city is away, so nothing in them may make room.
      fillUp(disk);
      const packs: string[] = [];
      const isKept = (number: string) => device.acknowledged.has(number);
      for (let kept = true; kept; ) {
        const pack = device.measure([packs.length]);
        const burst = [...Array.from({ length: 30 }, () => device.babble()), pack];
        packs.push(pack);
        device.send(...burst);
        await until(
          "each is acknowledged, or none will be",
          async () => burst.every(isKept) || (await gateway.health()).status === "failing",
          patience,
        );
        kept = burst.every(isKept);
        expect(packs.length).toBeLessThan(30);
      }
      const { reasons, code } = await gateway.health();
      expect(code).toBe(503);
      expect(reasons).toContainEqual(
        expect.objectContaining({ part: expect.stringMatching(/^spool/), level: "failing" }),
      );
      expect(JSON.stringify(reasons)).not.toMatch(unreadable);
      const complaints = gateway.log().filter(({ level }) => level === "error");
      expect(complaints).toHaveLength(1);
      expect(complaints[0].event).toMatch(/nothing is acknowledged.*no room is left on the disk.*df -h/);
      expect(gateway.process.said()).not.toMatch(unreadable);

      // What is acknowledged is there after a power cut on the full disk, too.
      const acknowledged = packs.filter(isKept);
      await gateway.kill();
      house.configure({});
      const again = await house.start();
      await until(
        "what was acknowledged arrives",
        () => acknowledged.every((number) => house.delivered().has(number)),
        patience,
      );
      rmSync(join(disk, "ballast"));
      await device.deliver(...packs);
      expect((await again.is("ok")).code).toBe(200);
      await until(
        "the others arrive",
        () => packs.every((number) => house.delivered().has(number)),
        patience,
      );
      expect(house.records()).toHaveLength(packs.length);
    });

    it("keeps no gateway from stopping in order, nor from starting again", async () => {
      const gateway = await house.start();
      fillUp(disk);
      expect(await gateway.stop()).toMatchObject({ code: 0 });
      const again = await house.start();
      expect(await again.stop()).toMatchObject({ code: 0 });
    });

    it("at the very first start is what the message names", async () => {
      fillUp(disk);
      const { code, stderr } = await house.hasen("--lang", "de", "gateway");
      expect(stderr).toContain("Datenträger");
      expect(stderr).toContain("df -h");
      expect(stderr).not.toMatch(unreadable);
      expect(code).toBe(74);
    });
  },
);

/** Takes what room is left. */
function fillUp(folder: string): void {
  const block = new Uint8Array(4096);
  for (;;) {
    try {
      writeFileSync(join(folder, "ballast"), block, { flag: "a" });
    } catch {
      return;
    }
  }
}
