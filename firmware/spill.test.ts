import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "../boards/platforms/seeded.ts";
import { SimulatedPages } from "../boards/platforms/simulated-pages.ts";
import { PowerCut } from "../boards/platforms/simulated-storage.ts";
import type { OutboxFrame } from "./outbox.ts";
import { createSpill, type Wear } from "./spill.ts";

const day = 86_400_000;
const plenty: Wear = { perDay: 1000, endurance: 100_000 };

function pagesOf(seed = 1, pages = 3): SimulatedPages {
  return new SimulatedPages({ pageBytes: 256, pages, dice: seeded(seed) });
}

function frame(piv: number, length = 40, epoch = 0): OutboxFrame {
  const bytes = Uint8Array.from({ length }, (_, i) => (piv * 7 + i * 31) & 255);
  return { kind: "pack", epoch, piv, rows: 3, bytes };
}

/** All that waits, oldest first. */
function waiting(flash: SimulatedPages, owner = "ours"): OutboxFrame[] {
  const spill = createSpill(flash, owner, plenty);
  const found: OutboxFrame[] = [];
  for (let next = spill.oldestBut(found); next !== null; next = spill.oldestBut(found)) {
    found.push(next);
  }
  expect(found).toHaveLength(spill.frames);
  expect(found.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(spill.bytes);
  return found;
}

describe("frames on pages of flash", () => {
  it("are there after a power cut, as they were, until they are done with", () => {
    const flash = pagesOf();
    const spill = createSpill(flash, "ours", plenty);
    for (let piv = 0; piv < 6; piv++) {
      expect(spill.keep(frame(piv, 10 + piv), 0, [])).toBeNull();
    }
    expect(waiting(flash)).toEqual([0, 1, 2, 3, 4, 5].map((piv) => frame(piv, 10 + piv)));
    expect(
      spill
        .acknowledge(0, [
          [1, 1],
          [4, 9],
        ])
        .map(({ piv }) => piv),
    ).toEqual([1, 4, 5]);
    expect(spill.acknowledge(1, [[0, 9]])).toEqual([]);
    expect(waiting(flash)).toEqual([0, 2, 3].map((piv) => frame(piv, 10 + piv)));
  });

  it("give up the oldest page when there is no room, and say which were on it", () => {
    const flash = pagesOf();
    const spill = createSpill(flash, "ours", plenty);
    const gone: OutboxFrame[] = [];
    for (let piv = 0; piv < 10; piv++) {
      expect(spill.keep(frame(piv), day, gone)).toBeNull(); // three on a page
    }
    expect(gone).toEqual([frame(0), frame(1), frame(2)]);
    expect(waiting(flash)).toEqual([3, 4, 5, 6, 7, 8, 9].map((piv) => frame(piv)));
    expect(flash.erasures).toEqual([1, 0, 0]);
  });

  it("of another key are nobody's", () => {
    const flash = pagesOf();
    createSpill(flash, "ours", plenty).keep(frame(0), 0, []);
    expect(waiting(flash, "else")).toEqual([]);
    createSpill(flash, "else", plenty).keep(frame(7), 0, []);
    expect(waiting(flash, "else")).toEqual([frame(7)]);
  });

  it("are refused when the day's erasures are spent, and taken again when more were earned", () => {
    const flash = pagesOf();
    const spill = createSpill(flash, "ours", { perDay: 2, endurance: 100_000 });
    let kept = 0;
    let now = 0;
    while (spill.keep(frame(kept), now, []) === null) {
      kept++;
    }
    expect(kept).toBe(9); // what was blank
    expect(spill.keep(frame(kept), now, [])).toMatchObject({ fault: "worn" });
    now = day / 6;
    expect(spill.keep(frame(kept), now, [])).toBeNull();
    for (let piv = 0; piv < 2; piv++) {
      spill.keep(frame(piv), now, []);
    }
    expect(spill.keep(frame(99), now, [])).toMatchObject({ fault: "worn" });
    expect(flash.erasures.reduce((sum, n) => sum + n)).toBe(1);
  });

  it("never cost more erasures than were earned, however often the power goes", () => {
    const flash = pagesOf(5);
    const wear = { perDay: 4, endurance: 100_000 };
    let lived = 0;
    for (let boot = 0; boot < 60; boot++) {
      const spill = createSpill(flash, "ours", wear);
      const life = boot % 3 === 0 ? day / 5 : day / 500;
      for (let piv = 0; piv < 40; piv++) {
        spill.keep(frame(piv, 60, boot), (life * piv) / 39, []);
      }
      lived += life;
    }
    const erased = flash.erasures.reduce((sum, n) => sum + n);
    expect(erased).toBeLessThanOrEqual((lived / day) * wear.perDay * flash.pages);
    expect(erased).toBeGreaterThan(10);
  });

  it("are refused for good when the pages had all that they take, which outlives power cuts", () => {
    const flash = pagesOf(3);
    const wear = { perDay: 1000, endurance: 5 };
    let refused = 0;
    for (let boot = 0; boot < 100; boot++) {
      const spill = createSpill(flash, "ours", wear);
      refused += spill.keep(frame(boot, 200), day, []) === null ? 0 : 1;
    }
    expect(refused).toBe(85);
    expect(Math.max(...flash.erasures)).toBeLessThanOrEqual(wear.endurance);
  });

  it("count an erasure that a power cut broke off as one more, and are there none the less", () => {
    const flash = pagesOf();
    const spill = createSpill(flash, "ours", plenty);
    for (let piv = 0; piv < 9; piv++) {
      spill.keep(frame(piv), day, []);
    }
    flash.cutAtStep(2); // the page is given up, then erased
    expect(() => spill.keep(frame(9), day, [])).toThrow(PowerCut);
    const again = createSpill(flash, "ours", plenty);
    expect(again.keep(frame(9), day, [])).toBeNull();
    expect(flash.erasures).toEqual([2, 0, 0]);
    expect(again.status(day)[3]).toBe(1 + 2); // it was used before the first erasure, too
    expect(waiting(flash)).toEqual([3, 4, 5, 6, 7, 8, 9].map((piv) => frame(piv)));
  });

  it("that were done with do not come again where an erasure broke off that took back their marks alone", () => {
    const flash = pagesOf();
    const spill = createSpill(flash, "ours", plenty);
    for (let piv = 0; piv < 9; piv++) {
      spill.keep(frame(piv), day, []);
    }
    spill.acknowledge(0, [[0, 0]]);
    flash.erase = () => {
      flash.content.fill(255, 16, 24); // the first record begins with its mark
      throw new PowerCut("within an erasure");
    };
    expect(() => spill.keep(frame(9), day, [])).toThrow(PowerCut);
    expect(waiting(flash).map(({ piv }) => piv)).toEqual([3, 4, 5, 6, 7, 8]);
  });

  it("leave out a page that takes nothing any more", () => {
    const flash = pagesOf();
    flash.worn.add(1);
    const spill = createSpill(flash, "ours", plenty);
    const answers = Array.from({ length: 7 }, (_, piv) => spill.keep(frame(piv), day, []));
    expect(answers.map((answer) => answer?.fault ?? "kept")).toEqual([
      "kept",
      "kept",
      "kept",
      "storage",
      "kept",
      "kept",
      "kept",
    ]);
    expect(waiting(flash).map(({ piv }) => piv)).toEqual([0, 1, 2, 4, 5, 6]);
  });

  it("refuse a frame that no page holds", () => {
    expect(createSpill(pagesOf(), "ours", plenty).keep(frame(0, 250), 0, [])).toMatchObject({
      fault: "limit",
    });
  });

  it("are the old ones or the new ones wherever the power is cut, and none that was done with comes again", () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }), (seed, cuts) => {
        const flash = pagesOf(seed);
        const dice = seeded(seed + 1);
        /** By epoch and number: what was sealed, what must be there, what must not come again. */
        const sealed = new Map<string, OutboxFrame>();
        const must = new Set<string>();
        const gone = new Set<string>();
        const key = ({ epoch, piv }: OutboxFrame) => `${epoch}/${piv}`;
        for (const [epoch, cut] of [...cuts, 1_000_000].entries()) {
          const found = waiting(flash);
          for (const one of found) {
            expect(one).toEqual(sealed.get(key(one)));
          }
          const keys = found.map(key);
          expect(new Set(keys).size).toBe(keys.length);
          expect([...must].filter((one) => !keys.includes(one))).toEqual([]);
          expect(keys.filter((one) => gone.has(one))).toEqual([]);
          flash.cutAtStep(cut);
          const lost: OutboxFrame[] = [];
          try {
            const spill = createSpill(flash, "ours", plenty);
            for (let piv = 0; piv < 30; piv++) {
              const one = frame(piv, Math.floor(dice() * 60), epoch);
              sealed.set(key(one), one);
              expect(spill.keep(one, day * (piv + 1), lost)).toBeNull();
              must.add(key(one));
              for (const old of lost.splice(0)) {
                must.delete(key(old));
              }
              const done = Math.floor(dice() * 2 * piv);
              must.delete(`${epoch}/${done}`);
              for (const marked of spill.acknowledge(epoch, [[done, done]])) {
                gone.add(key(marked));
              }
            }
          } catch (error) {
            if (!(error instanceof PowerCut)) {
              throw error;
            }
            for (const old of lost) {
              must.delete(key(old));
            }
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
