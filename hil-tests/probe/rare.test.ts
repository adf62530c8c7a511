import { describe, expect, it } from "vitest";
import { seeded } from "../../boards/platforms/seeded.ts";
import { reportLines } from "../../scripts/probe/report.ts";
import { plain } from "../../scripts/probe/setting.ts";
import { simulators } from "../meters/simulators.ts";
import { type Piece, probeSource, type Source } from "./world.ts";

/** Meters on the air that a receiver hands out all at once, in a steady beat. */
function steady(profile: string, baud: number, period: number, seed: number): Source {
  const meter = simulators.find(({ language }) => language === "wmbus")!.create({ profile, seed: 1 });
  let next = seeded(seed)() * period;
  return {
    push: (until) => {
      const pieces: Piece[] = [];
      for (; next <= until; next += period) {
        meter.step(period);
        pieces.push({ at: next, setting: plain(baud), bytes: meter.telegram()! });
      }
      return pieces;
    },
    answer: () => [],
  };
}

const lines = [
  ["im871a", 57_600],
  ["amber", 9600],
] as const;

describe("a probe of radio meters that send seldom", () => {
  it.each(
    lines.flatMap(([profile, baud]) =>
      [
        [2500, 20],
        [8000, 90],
        [16_000, 150],
      ].map(([period, within]) => [profile, baud, period!, within!] as const),
    ),
  )(
    "through %s at %i baud every %i ms names them within %i s, whenever it begins",
    (profile, baud, period, within) => {
      for (let seed = 1; seed <= 12; seed++) {
        const { found, ms } = probeSource(steady(profile, baud, period, seed), { seed, duration: 180_000 });
        expect(found, `seed ${seed}`).toMatchObject({ language: "wmbus", setting: plain(baud) });
        expect(ms, `seed ${seed}`).toBeLessThan(within * 1000);
      }
    },
  );

  it("says how seldom, and for how long to try again, where the time was too short", () => {
    const outcome = probeSource(steady("im871a", 57_600, 20_000, 3), { seed: 3, duration: 45_000 });
    expect(outcome.found).toBeNull();
    expect(Math.round(outcome.interval! / 1000)).toBe(20);
    const context = { port: "/dev/ttyUSB0", asks: true, hasKey: false, dump: null, isStopped: false };
    expect(reportLines(outcome, { ...context, lang: "en" }).join("\n")).toContain(
      "every 20 s only, as radio meters do: give the probe longer: hasen probe /dev/ttyUSB0 --seconds 500",
    );
    expect(reportLines(outcome, { ...context, lang: "de" }).join("\n")).toContain("alle 20 s");
  });
});
