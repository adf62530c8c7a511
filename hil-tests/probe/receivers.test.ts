import { describe, expect, it } from "vitest";
import { seeded } from "../../boards/platforms/seeded.ts";
import type { ReceiverName } from "../../protocols/wmbus-receiver.ts";
import { plain } from "../../scripts/probe/setting.ts";
import { simulators } from "../meters/simulators.ts";
import { type Piece, probeSource, type Source } from "./world.ts";

/** Four sealed meters on the air, as a receiver hands them out: at any time, as on the air of a house with neighbours. */
function onTheAir(profile: string, baud: number, seed: number): Source {
  const random = seeded(seed);
  const meter = simulators.find(({ language }) => language === "wmbus")!.create({ profile, seed: 1 });
  let next = 300;
  return {
    push: (until) => {
      const pieces: Piece[] = [];
      for (; next <= until; next += 500 + Math.floor(random() * 2000)) {
        meter.step(1000);
        pieces.push({ at: next, setting: plain(baud), bytes: meter.telegram()! });
      }
      return pieces;
    },
    answer: () => [],
  };
}

describe("a probe of a receiver for wireless meters", () => {
  it.each([
    ["im871a", 57_600, ["im871a"]],
    ["amber", 9600, ["amber"]],
    // Without the key nobody sees whether the last byte is the field strength.
    ["amber-rssi", 9600, ["amber", "amber-rssi"]],
  ] as const)("names %s by its frames, and says that its meters are sealed", (profile, baud, names) => {
    for (let seed = 1; seed <= 10; seed++) {
      const { found } = probeSource(onTheAir(profile, baud, seed), { seed });
      expect(found).toMatchObject({ language: "wmbus", setting: plain(baud), locked: "no-key" });
      expect(names as readonly ReceiverName[]).toContain(found!.receiver);
    }
  });
});
