import { expect, it } from "vitest";
import { TestGateway } from "../test-gateway.ts";
import { buildPole } from "./pole.ts";
import { StubBoard } from "./stub-board.ts";

/** An STM32 board that hears nothing while its clocks stand still, as the interpreter's makers say of it. */
async function sleeper() {
  const { firmware, installation } = await buildPole({
    board: "espruino-pico",
    deepSleep: true,
    batch: { rows: 5, delay: 300_000 },
  });
  const board = new StubBoard();
  const sleep = { deep: false, since: 0, total: 0, deaf: 0 };
  board.more["setDeepSleep"] = (deep: boolean) => {
    const now = board.time.monotonic();
    sleep.total += sleep.deep ? now - sleep.since : 0;
    sleep.deep = deep;
    sleep.since = now;
  };
  const gateway = new TestGateway(installation, (frame) => {
    if (sleep.deep) {
      sleep.deaf++;
    } else {
      board.sendDown(frame);
    }
  });
  gateway.unix = () => 1_780_000_000_000 + board.time.monotonic();
  return { board, gateway, sleep, run: () => board.run(firmware.code) };
}

const hour = 3_600_000;

it("a board with deep sleep sleeps nearly all of the time, and hears every answer to what it sends", async () => {
  const { board, gateway, sleep, run } = await sleeper();
  board.onFrame = (frame) => board.time.after(800, () => gateway.receive(frame));
  run();
  board.time.advance(3 * hour);
  const rows = gateway.packs().flatMap((pack) => pack.rows).length;
  expect(rows).toBeGreaterThanOrEqual(170); // one a minute
  expect(sleep.deaf).toBe(0);
  expect(sleep.total / (3 * hour)).toBeGreaterThan(0.97);
  expect(gateway.repeatedNonces).toEqual([]);
  expect(board.printed).toEqual([]);
}, 60_000);

it("a board with deep sleep gives what it kept to a gateway that was away for a while", async () => {
  const { board, gateway, sleep, run } = await sleeper();
  let away = false;
  board.onFrame = (frame) => {
    if (!away) {
      board.time.after(20, () => gateway.receive(frame));
    }
  };
  run();
  board.time.advance(hour);
  away = true;
  board.time.advance(hour);
  expect(sleep.total / (2 * hour)).toBeGreaterThan(0.8); // it goes on sleeping, though it sends again
  away = false;
  board.time.advance(hour);
  const rows = gateway.packs().flatMap((pack) => pack.rows).length;
  expect(rows).toBeGreaterThanOrEqual(170);
}, 60_000);
