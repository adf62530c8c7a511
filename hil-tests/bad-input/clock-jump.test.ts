import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../programs.ts";
import { unreadable } from "./hasen.ts";
import { House, patience } from "./house.ts";

/** Debian's libfaketime, which lets one program see another time of day. */
const library = (existsSync("/usr/lib") ? readdirSync("/usr/lib") : [])
  .map((architecture) => `/usr/lib/${architecture}/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

const hour = 3600; // s

let house: House;
beforeEach(async () => {
  house = await House.open();
});
afterEach(() => house.close());

describe("a gateway whose clock jumps", () => {
  it.skipIf(library === undefined).each([
    ["an hour ahead", hour],
    ["an hour back", -hour],
    ["two days ahead, further than it keeps anything", 48 * hour],
  ])(
    "%s loses nothing, keeps the order and the devices' times, and says so (needs libfaketime)",
    async (_what, jump) => {
      const offset = join(house.folder, "offset");
      writeFileSync(offset, "+0");
      const device = await house.device("pb-air-north");
      const gateway = await house.start({
        env: {
          LD_PRELOAD: library,
          FAKETIME_TIMESTAMP_FILE: offset,
          FAKETIME_NO_CACHE: "1",
          FAKETIME_DONT_FAKE_MONOTONIC: "1", // or timers of Node stand still
        },
      });
      await device.connect();
      const began = Date.now();
      const sent = [...device.greet(5), device.measure([1, 2], { time: began }), relative([3, 4], 5000)];
      await device.deliver(...sent);
      writeFileSync(offset, `${jump > 0 ? "+" : ""}${jump}`);
      const later = [relative([5, 6], 7000), device.measure([7, 8], { time: began + 2000 })];
      await device.deliver(...later);
      // A device that begins anew is placed by the hello it says now.
      device.boot();
      await device.deliver(...device.greet(0), relative([9], 1000));
      await until("all records are there", () => house.records().length === 9, patience);
      const records = house.records();
      expect(records.map(({ v }) => v)).toEqual([0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09]);
      expect(records.map(({ dq }) => dq ?? "synced")).toEqual(
        ["synced", "relative", "relative", "synced", "relative"].flatMap((quality, i) =>
          i === 4 ? [quality] : [quality, quality],
        ),
      );
      const seconds = records.map(({ t }) => Math.round(t - began / 1000));
      expect([seconds[0], seconds[1], seconds[6], seconds[7]]).toEqual([0, 1, 2, 3]);
      // Placed by the boot, which the first hello told before the jump.
      expect(seconds[4] - seconds[2]).toBe(2);
      expect(Math.abs(seconds[8] - jump)).toBeLessThan(60);

      await until(
        "the log says it",
        () => gateway.events().some((event) => event.includes(`clock: jumped by ${jump} s`)),
        patience,
      );
      expect(gateway.process.said()).not.toMatch(unreadable);
      expect(gateway.events().join()).not.toMatch(/given up .*\d+ messages|dropped/);
      expect(await gateway.health()).toMatchObject({ status: "ok" });

      function relative(values: readonly number[], time: number): string {
        return device.measure(values, { time, relative: true });
      }
    },
  );
});
