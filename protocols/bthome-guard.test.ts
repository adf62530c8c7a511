import { describe, expect, it } from "vitest";
import { AdvertGuard, restartSteps, restartWait, stepMax } from "./bthome-guard.ts";

const minute = 60_000;

/** A guard that has had a counter of 5000 at time 0. */
function guarded(): AdvertGuard {
  const guard = new AdvertGuard();
  guard.take(5000, 0);
  return guard;
}

describe("the guard against adverts that are played again", () => {
  it("takes each advert once, and the first one whatever its counter", () => {
    const guard = new AdvertGuard();
    expect([7, 7, 8, 8, 100, 9, 100].map((counter, i) => guard.take(counter, i))).toEqual([
      "new",
      "repeated",
      "new",
      "repeated",
      "new",
      "replayed",
      "repeated",
    ]);
  });

  it("goes on where a counter passes 2^32", () => {
    const guard = new AdvertGuard();
    expect([2 ** 32 - 2, 2 ** 32 - 1, 0, 1].map((counter, i) => guard.take(counter, i))).toEqual([
      "new",
      "new",
      "new",
      "new",
    ]);
    expect(guard.take(2 ** 32 - 1, 5)).toBe("new"); // A counter may jump ahead; what the tag holds is the sensor's.
  });

  it("believes a sensor that began anew after a silence and some rising adverts", () => {
    const guard = guarded();
    const verdicts = Array.from({ length: restartSteps + 1 }, (_, i) =>
      guard.take(i, restartWait + i * minute),
    );
    expect(verdicts).toEqual([...Array.from({ length: restartSteps - 1 }, () => "on-trial"), "new", "new"]);
  });

  it("does not believe it while the sensor itself is heard", () => {
    const guard = guarded();
    for (let i = 0; i < 100; i++) {
      expect(guard.take(5001 + i, i * minute)).toBe("new");
      expect(guard.take(i, i * minute + 1)).toBe("replayed");
    }
  });

  it("does not believe one old advert however often it comes, nor a handful of unconnected ones", () => {
    const guard = guarded();
    for (let i = 0; i < 20; i++) {
      expect(guard.take(4000, restartWait + i * minute)).toBe(i === 0 ? "on-trial" : "repeated");
    }
    for (let i = 1; i < 20; i++) {
      expect(guard.take(i * (stepMax + 1), 2 * restartWait + i * minute)).toBe("on-trial");
    }
    for (const counter of [4000, 3999, 3998, 3997, 3996, 3995]) {
      expect(guard.take(counter, 4 * restartWait)).toBe("on-trial");
    }
  });

  it("forgets a trial when the sensor is heard again", () => {
    const guard = guarded();
    for (let i = 0; i < restartSteps - 1; i++) {
      expect(guard.take(i, restartWait + i)).toBe("on-trial");
    }
    expect(guard.take(5001, restartWait + minute)).toBe("new");
    expect(guard.take(restartSteps - 1, restartWait + minute + 1)).toBe("replayed");
    expect(guard.take(restartSteps, 2 * restartWait + 2 * minute)).toBe("on-trial");
  });

  it("takes a packet id that is the same as before for the same advert", () => {
    const guard = new AdvertGuard();
    expect([9, 9, 10, 9, 255, 0].map((id) => guard.takePacket(id))).toEqual([
      "new",
      "repeated",
      "new",
      "new",
      "new",
      "new",
    ]);
  });
});
