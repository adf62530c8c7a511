import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setUpScript } from "../../boards/platforms/espruino-setup.ts";
import { espruinoStorage } from "../../boards/platforms/espruino-storage.ts";
import { seeded } from "../../boards/platforms/seeded.ts";
import { beginEpoch, endEpoch } from "../../firmware/epoch.ts";
import { isFault } from "../../protocols/fault.ts";
import { SimulatedFlash } from "./simulated-flash.ts";

const sizes = { log: 96, epoch: 128 };
const bytes = (...list: number[]) => new Uint8Array(list);

/** As who sets a board up leaves it. */
function freshBoard(seed: number): SimulatedFlash {
  const flash = new SimulatedFlash(seeded(seed));
  new Function("require", setUpScript)(() => ({
    read: (name: string) => flash.readArrayBuffer(name),
    write: (name: string, text: string, at: number, size: number) =>
      flash.write(
        name,
        Uint8Array.from(text, (one) => one.charCodeAt(0)),
        at,
        size,
      ),
  }));
  return flash;
}

/** Where the number of the last whole record is. */
function newestAt(read: Uint8Array): number {
  return read.findLastIndex((n, i) => read[i - 1] === 165 && read[i + 1] === (n ^ 255) && read[i + 2] === 90);
}

describe("append-only files in a board's flash", () => {
  it("give back what was appended, also bytes that look like erased flash", () => {
    const storage = espruinoStorage(freshBoard(1), sizes);
    expect(storage.read("log")).toEqual(bytes());
    expect(storage.append("log", bytes(1, 255, 255, 255, 255))).toBeNull();
    expect(storage.append("log", bytes(255, 255, 255))).toBeNull();
    expect(storage.append("log", bytes(0))).toBeNull();
    expect(storage.read("log")).toEqual(bytes(1, 255, 255, 255, 255, 255, 255, 255, 0));
  });

  it("say that they are full, and begin anew when they are replaced", () => {
    const storage = espruinoStorage(freshBoard(1), sizes);
    let appended = 0;
    while (storage.append("log", bytes(7, 7, 7, 7)) === null) {
      appended++;
    }
    expect(appended).toBe(11);
    expect(storage.append("log", bytes(7))).toMatchObject({ fault: "full" });
    for (let round = 0; round < 600; round++) {
      expect(storage.replace("log", bytes(round & 255))).toBeNull();
      expect(storage.append("log", bytes(9))).toBeNull();
      expect(storage.read("log")).toEqual(bytes(round & 255, 9));
    }
  });

  it("hold the old content or the new one wherever the power is cut, and never the old one again after the new", () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 }), (seed, cuts) => {
        const flash = freshBoard(seed);
        let known = 0; // the last number that was confirmed
        let tried = 0;
        for (const cut of cuts) {
          const storage = espruinoStorage(flash, sizes);
          const read = storage.read("log") as Uint8Array;
          const newest = read[newestAt(read)] ?? 0;
          expect([known, tried]).toContain(newest);
          known = newest;
          tried = known + 1;
          flash.powerOn(cut === 0 ? Number.POSITIVE_INFINITY : cut);
          const record = bytes(165, tried, tried ^ 255, 90);
          let refused = cut % 2 === 0 ? storage.replace("log", record) : storage.append("log", record);
          if (isFault(refused) && refused.fault === "full") {
            refused = storage.replace("log", record);
          }
          expect(refused === null || flash.isOff).toBe(true);
          known = refused === null && !flash.isOff ? tried : known;
          flash.powerOn(Number.POSITIVE_INFINITY);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("bring no old content back where the newer half is lost later", () => {
    const flash = freshBoard(1);
    const storage = espruinoStorage(flash, sizes);
    storage.append("log", bytes(1));
    const old = new Uint8Array(flash.files.get("log0") ?? []);
    storage.replace("log", bytes(2));
    flash.files.set("log0", old); // the power went away before the older half was erased
    expect(storage.read("log")).toEqual(bytes(2));
    storage.append("log", bytes(3));
    expect(storage.read("log")).toEqual(bytes(2, 3));
    flash.files.delete("log1");
    expect(storage.read("log")).toEqual(bytes());
  });

  it("never give an epoch twice, wherever the power is cut, and lose none for good", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 60 }),
        (seed, cuts) => {
          const flash = freshBoard(seed);
          const given: number[] = [];
          for (const cut of cuts) {
            flash.powerOn(cut === 0 ? Number.POSITIVE_INFINITY : cut);
            const storage = espruinoStorage(flash, sizes);
            const start = beginEpoch(storage);
            if (!isFault(start)) {
              given.push(start.epoch);
              endEpoch(storage, { epoch: start.epoch, lastPiv: 5, reason: "stopped" });
            } else if (!flash.isOff) {
              throw new Error(start.detail);
            }
          }
          flash.powerOn(Number.POSITIVE_INFINITY);
          const last = beginEpoch(espruinoStorage(flash, sizes));
          expect(isFault(last)).toBe(false);
          const all = isFault(last) ? given : [...given, last.epoch];
          expect(new Set(all).size).toBe(all.length);
          expect([...all].sort((a, b) => a - b)).toEqual(all);
          expect(all[all.length - 1]).toBeLessThanOrEqual(3 * (cuts.length + 1));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("go on behind every epoch they may have given when the flash is tidied up in a power cut", () => {
    const flash = freshBoard(1);
    const storage = espruinoStorage(flash, sizes);
    for (let boot = 0; boot < 30; boot++) {
      beginEpoch(storage);
    }
    flash.files.delete("epoch0");
    flash.files.delete("epoch1");
    expect(beginEpoch(storage)).toMatchObject({ epoch: 1024 });
  });

  it("send nothing from a board that nobody set up, or whose first file is lost", () => {
    const storage = espruinoStorage(new SimulatedFlash(seeded(1)), sizes);
    expect(beginEpoch(storage)).toMatchObject({ fault: "storage" });
  });
});
