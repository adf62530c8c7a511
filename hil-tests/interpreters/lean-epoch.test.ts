import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setUpFile } from "../../boards/platforms/espruino-setup.ts";
import { espruinoStorage } from "../../boards/platforms/espruino-storage.ts";
import { seeded } from "../../boards/platforms/seeded.ts";
import { beginEpoch, type EpochStart, endEpoch } from "../../firmware/epoch.ts";
import { leanEpoch } from "../../firmware/lean/lean-epoch.ts";
import { isFault } from "../../protocols/fault.ts";
import { SimulatedFlash } from "./simulated-flash.ts";

/** As who sets a board up leaves it. */
function freshBoard(seed: number): SimulatedFlash {
  const flash = new SimulatedFlash(seeded(seed));
  const file = new Uint8Array(setUpFile.size).fill(255);
  file.set(Uint8Array.from(setUpFile.text, (one) => one.charCodeAt(0)));
  flash.files.set(setUpFile.file, file);
  return flash;
}

const full = (flash: SimulatedFlash) => beginEpoch(espruinoStorage(flash, { epoch: 520 }));

/** A boot whose power goes at a step, or not at all. */
function boot(flash: SimulatedFlash, isLean: boolean, steps: number): EpochStart | null {
  flash.powerOn(steps);
  try {
    const start = isLean ? leanEpoch(flash) : full(flash);
    return isFault(start) ? null : start;
  } catch {
    return null;
  }
}

describe("the epochs of a lean board", () => {
  it("are those that the whole firmware would begin on the same flash, for as long as any", () => {
    const lean = freshBoard(1);
    const whole = freshBoard(1);
    for (let i = 0; i < 3000; i++) {
      expect(leanEpoch(lean)).toEqual(full(whole));
    }
    expect([...lean.files].sort()).toEqual([...whole.files].sort());
  });

  it("never come twice and always go on, wherever the power is cut, with either firmware on the board", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 80 }),
        (seed, boots) => {
          const flash = freshBoard(seed);
          let last = -1;
          for (const [isLean, steps] of boots) {
            const cut = boot(flash, isLean, steps);
            expect(cut === null || cut.epoch > last).toBe(true);
            last = cut?.epoch ?? last;
            const next = boot(flash, !isLean, Number.POSITIVE_INFINITY);
            expect(next).not.toBeNull();
            expect(next?.epoch).toBeGreaterThan(last);
            expect(next?.previous ?? -1).toBeGreaterThanOrEqual(last);
            last = next?.epoch ?? last;
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it("go on behind a run that the whole firmware ended in order", () => {
    const flash = freshBoard(1);
    const storage = espruinoStorage(flash, { epoch: 520 });
    expect(leanEpoch(flash)).toEqual({ epoch: 0, previous: null, lastPiv: null, bootReason: "first" });
    endEpoch(storage, { epoch: 0, lastPiv: 41, reason: "restart" });
    expect(leanEpoch(flash)).toEqual({ epoch: 1, previous: 0, lastPiv: null, bootReason: "power" });
  });

  it("begin none on a board that was not set up, and go on beyond what was promised where the log was lost", () => {
    expect(leanEpoch(new SimulatedFlash(seeded(1)))).toMatchObject({ fault: "storage" });
    const flash = freshBoard(1);
    expect(leanEpoch(flash)).toMatchObject({ epoch: 0 });
    flash.files.delete("epoch0");
    expect(leanEpoch(flash)).toMatchObject({ epoch: 1024 });
  });
});
