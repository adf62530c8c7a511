import { describe, expect, it } from "vitest";
import { ClockWatch, type ClockWord, lookEvery, steadyFor, trusted } from "./clock.ts";
import { silentLog } from "./log.ts";
import { VirtualClock } from "./spool/virtual-clock.ts";

const hour = 3_600_000;

function watched(word: ClockWord = "synchronised") {
  const time = new VirtualClock();
  const system = { word, asked: 0, wall: 0 };
  const clock = {
    time: () => time.time() + system.wall,
    monotonic: () => time.monotonic(),
    after: (milliseconds: number, call: () => void) => time.after(milliseconds, call),
  };
  const log: string[] = [];
  const watch = new ClockWatch({
    clock,
    ask: (answer) => {
      system.asked++;
      clock.after(20, () => answer(system.word));
    },
    log: {
      debug: () => {},
      info: () => {},
      warn: (_fields, event) => log.push(event),
      error: () => {},
      child: silentLog,
    },
  });
  watch.start();
  const pass = (duration: number) => {
    for (let left = duration; left > 0; left -= 10_000) {
      time.pass(Math.min(left, 10_000));
    }
  };
  return { pass, system, watch, log };
}

describe("the gateway's clock", () => {
  it("is believed once the system has said that it is synchronised", () => {
    const { pass, watch } = watched();
    expect(watch.synchronised()).toBe(false);
    expect(watch.tellsTime()).toBe(false);
    pass(30);
    expect(watch.synchronised()).toBe(true);
    expect(watch.tellsTime()).toBe(true);
  });

  it("that nobody vouches for is told to devices, but ages nothing", () => {
    const { pass, watch } = watched("unknown");
    pass(30);
    expect(watch.synchronised()).toBe(false);
    expect(watch.tellsTime()).toBe(true);
  });

  it("that the system calls wrong ages nothing, and no device hears it", () => {
    const { pass, system, watch, log } = watched("unsynchronised");
    pass(30);
    expect(watch.synchronised()).toBe(false);
    expect(watch.tellsTime()).toBe(false);
    expect(log).toHaveLength(1);
    system.word = "synchronised";
    pass(lookEvery + 30);
    expect(watch.tellsTime()).toBe(true);
  });

  it.each([hour, -hour, 20 * 365 * 24 * hour])("that jumps by %i ms ages nothing for an hour", (jump) => {
    const { pass, system, watch, log } = watched();
    pass(30);
    system.wall += jump;
    expect(watch.synchronised()).toBe(false);
    expect(log).toEqual([expect.stringContaining(`${jump / 1000} s`)]);
    pass(steadyFor - lookEvery);
    expect(watch.synchronised()).toBe(false);
    pass(2 * lookEvery);
    expect(watch.synchronised()).toBe(true);
  });

  it("may be led to the right time slowly", () => {
    const { pass, system, watch } = watched();
    for (let minute = 0; minute < 120; minute++) {
      pass(lookEvery);
      system.wall += 30;
    }
    expect(watch.synchronised()).toBe(true);
  });

  it("after a jump is believed only on a word given after it", () => {
    const { pass, system, watch } = watched();
    pass(lookEvery - 1);
    system.wall += hour;
    expect(watch.tellsTime()).toBe(false);
    system.word = "unsynchronised";
    pass(2 * hour);
    expect(watch.synchronised()).toBe(false);
  });

  it("that the operator trusts ages what waits without the system's word, but for the hour after a jump", () => {
    const time = new VirtualClock();
    let wall = 0;
    const clock = {
      time: () => time.time() + wall,
      monotonic: () => time.monotonic(),
      after: (milliseconds: number, call: () => void) => time.after(milliseconds, call),
    };
    const watch = new ClockWatch({ clock, ask: trusted, log: silentLog() });
    watch.start();
    expect(watch.synchronised()).toBe(true);
    wall += hour;
    expect(watch.synchronised()).toBe(false);
    expect(watch.tellsTime()).toBe(true);
    time.pass(steadyFor);
    expect(watch.synchronised()).toBe(true);
  });

  it("is asked about no more after it was stopped", () => {
    const { pass, system, watch } = watched();
    watch.stop();
    pass(10 * lookEvery);
    expect(system.asked).toBe(1);
    expect(watch.synchronised()).toBe(false);
  });
});
