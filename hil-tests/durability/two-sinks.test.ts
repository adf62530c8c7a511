import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Death, TwoSinks } from "./two-sinks.ts";

const minute = 60_000;

describe("two sinks, one of them dead for ten minutes", () => {
  let hall: TwoSinks;
  beforeEach(async () => {
    hall = new TwoSinks();
    await hall.open();
  });
  afterEach(() => hall.close());

  it.each<Death>(["refuses", "hangs"])(
    "leave the other its rate, and it is told all it has missed (it %s)",
    async (death) => {
      await hall.pass(2 * minute);
      const before = hall.live.delivered / 2;
      expect(before).toBeGreaterThan(500);

      hall.other.death = death;
      const from = hall.live.delivered;
      await hall.pass(10 * minute);
      const rate = (hall.live.delivered - from) / 10;
      expect(rate / before).toBeGreaterThanOrEqual(0.95);
      expect(hall.live.dropped).toBe(0);

      hall.other.death = null;
      await hall.pass(2 * minute, false);
      expect(hall.live.delivered).toBe(hall.rows);
      // The shape, which is number 0, is no news to a platform.
      expect(hall.live.accounted.size).toBe(hall.sent - 1);
      expect(hall.other.accounted.size).toBe(hall.sent - 1);
      expect(hall.other.dropped).toBeGreaterThan(500);
      expect(hall.acknowledged).toBe(hall.sent);
    },
  );
});
