import { describe, expect, it } from "vitest";
import { fromHex } from "../../protocols/bytes.ts";
import { plain } from "../../scripts/probe/setting.ts";
import { dsmrKey } from "../meters/dsmr-meter.ts";
import { simulators } from "../meters/simulators.ts";
import { type Piece, probeSource, type Source } from "./world.ts";

const setting = plain(115_200);

/** A Luxembourgish P1 port that pushes once a second. */
function p1(): Source {
  const meter = simulators
    .find(({ language }) => language === "dsmr")!
    .create({ profile: "sealed", seed: 1 });
  let next = 300;
  return {
    push: (until) => {
      const pieces: Piece[] = [];
      for (; next <= until; next += 1000) {
        meter.step(1000);
        pieces.push({ at: next, setting, bytes: meter.telegram()! });
      }
      return pieces;
    },
    answer: () => [],
  };
}

describe("a probe of a P1 port that seals its telegrams", () => {
  it("names it by the same meter coming twice, and says that its key is missing", () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { found } = probeSource(p1(), { seed });
      expect(found).toMatchObject({ language: "dsmr", setting, locked: "no-key", proof: "repetition" });
      expect(found?.telegram).toBeNull();
    }
  });

  it("reads it with its key, whose tag is the proof", () => {
    const { found } = probeSource(p1(), { seed: 1, key: fromHex(dsmrKey)! });
    expect(found).toMatchObject({ language: "dsmr", setting, locked: null, proof: "checksum" });
    expect(found?.telegram?.readings.length).toBeGreaterThan(5);
  });

  it("says of another meter's key that it does not open them", () => {
    const { found } = probeSource(p1(), { seed: 1, key: fromHex("ffffffffffffffffffffffffffffffff")! });
    expect(found).toMatchObject({ language: "dsmr", setting, locked: "wrong-key", telegram: null });
  });
});
