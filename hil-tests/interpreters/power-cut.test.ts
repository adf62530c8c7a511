import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { setUpScript } from "../../boards/platforms/espruino-setup.ts";
import { boardBundle } from "./board-bundle.ts";
import { espruinoLane, espruinoPath, runEspruino } from "./espruino-program.ts";

const folder = mkdtempSync(join(tmpdir(), "dreihasen-cuts-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Boots until the flash has been stepped on `cutAt` times; that step is done halfway, and the interpreter gone with it. Small halves, so that every kind of step comes soon. */
const program = `
  import { espruinoStorage, nativeFlash } from "../../boards/platforms/espruino-storage.ts";
  import { beginEpoch, endEpoch } from "../../firmware/epoch.ts";
  import { isFault } from "../../protocols/fault.ts";
  declare const cutAt: number;
  declare const boots: number;
  const flash = nativeFlash();
  let steps = 0;
  function cuts() {
    steps++;
    return steps === cutAt;
  }
  const cut = {
    readArrayBuffer: (name) => flash.readArrayBuffer(name),
    write: (name, data, at, size) => {
      if (cuts()) {
        const half = data.length >> 1;
        if (half > 0) {
          flash.write(name, data.subarray(0, half), at, 0);
        }
        quit();
        return false;
      }
      return flash.write(name, data, at, size);
    },
    erase: (name) => {
      if (cuts()) {
        quit();
      } else {
        flash.erase(name);
      }
    },
  };
  const storage = espruinoStorage(cut, { epoch: 56 });
  for (let boot = 0; boot < boots && !(steps >= cutAt && cutAt > 0); boot++) {
    const start = beginEpoch(storage);
    if (steps < cutAt || cutAt === 0) {
      print(isFault(start) ? "fault " + start.detail : "epoch " + start.epoch);
      if (!isFault(start)) {
        endEpoch(storage, { epoch: start.epoch, lastPiv: 1, reason: "restart" });
      }
    }
  }
  if (cutAt === 0) {
    print("steps " + steps);
  }`;

describe.skipIf(espruinoPath() === null)(espruinoLane, () => {
  it("a board whose power goes at any write to its flash never gives an epoch twice, and always has a next one", async () => {
    const bundle = await boardBundle(program, true);
    let lines: readonly string[] = [];
    const run = async (own: string, cutAt: number, boots: number) => {
      const before = `${setUpScript}var cutAt=${cutAt},boots=${boots};`;
      lines = (await runEspruino(own, `${before}\n${bundle}`, 60_000)).lines;
      return lines.filter((line) => line.startsWith("epoch ")).map((line) => Number(line.slice(6)));
    };
    await run(mkdtempSync(join(folder, "whole-")), 0, 4);
    const steps = Number(lines.find((line) => line.startsWith("steps "))?.slice(6));
    expect(steps).toBeGreaterThan(10);
    for (let cutAt = 1; cutAt <= steps; cutAt++) {
      const own = mkdtempSync(join(folder, "cut-"));
      const given = [...(await run(own, cutAt, 4)), ...(await run(own, 0, 3))];
      expect([cutAt, lines.filter((line) => line.startsWith("fault"))]).toEqual([cutAt, []]);
      expect([cutAt, given]).toEqual([cutAt, [...new Set(given)].sort((a, b) => a - b)]);
      expect(given.length).toBeGreaterThanOrEqual(3);
      expect(given[given.length - 1]).toBeLessThan(12);
    }
  }, 150_000);
});
