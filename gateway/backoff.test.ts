import { describe, expect, it } from "vitest";
import { Backoff, waitMin } from "./backoff.ts";

function backoffWith(random: () => number, now = () => 0): Backoff {
  return new Backoff({ first: 500, max: 60_000, random, now });
}

describe("back-off", () => {
  it("doubles the upper end of each wait until it reaches the longest one", () => {
    const backoff = backoffWith(() => 0.999999);
    const waits = Array.from({ length: 10 }, () => backoff.next() + 1);
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
  });

  it("spreads each wait over the whole range, but never below its floor", () => {
    const backoff = backoffWith(() => 0);
    expect(backoff.next()).toBe(waitMin);
    const half = backoffWith(() => 0.5);
    expect([half.next(), half.next(), half.next()]).toEqual([250, 500, 1000]);
  });

  it("starts again after a connection that lasted", () => {
    let time = 0;
    const backoff = backoffWith(
      () => 0.5,
      () => time,
    );
    backoff.next();
    backoff.next();
    backoff.succeeded();
    time += 60_000;
    expect(backoff.next()).toBe(250);
  });

  it("does not start again after a connection that was dropped at once", () => {
    let time = 0;
    const backoff = backoffWith(
      () => 0.5,
      () => time,
    );
    backoff.next();
    backoff.next();
    backoff.succeeded();
    time += 10;
    expect(backoff.next()).toBe(1000);
  });

  it("survives any number of failures", () => {
    const backoff = backoffWith(() => 0.5);
    for (let i = 0; i < 5000; i++) {
      backoff.next();
    }
    expect(backoff.next()).toBe(30_000);
  });
});
