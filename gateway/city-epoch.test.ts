import fc from "fast-check";
import { expect, it } from "vitest";
import { cityEpoch } from "./city-epoch.ts";

const kids = fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 20 });
const epoch = fc.integer({ min: 0, max: 65535 });

it("no epoch of one key of a device is one of another key, and later keys have later ones", () => {
  fc.assert(
    fc.property(kids, epoch, epoch, (numbers, one, other) => {
      const [first, ...later] = [...numbers].sort((a, b) => a - b);
      const keys = [first!, ...later].map((kid) => ({ kid, firstKid: first! }));
      for (let i = 1; i < keys.length; i++) {
        expect(cityEpoch(keys[i]!, one)).toBeGreaterThan(cityEpoch(keys[i - 1]!, other));
      }
    }),
  );
});

it("a device that never got a new key is seen with the epochs it counts itself", () => {
  fc.assert(
    fc.property(epoch, (number) => {
      expect(cityEpoch({ kid: 7, firstKid: 7 }, number)).toBe(number);
    }),
  );
});
