import { beforeAll, describe, expect, it } from "vitest";
import { seeded } from "../../boards/platforms/seeded.ts";
import { PowerCut } from "../../boards/platforms/simulated-storage.ts";
import type { Installation } from "../../firmware/installation-type.ts";
import type { Firmware } from "../../scripts/build-firmware.ts";
import { TestGateway } from "../test-gateway.ts";
import { buildPole, poleSettings } from "./pole.ts";
import { SimulatedFlash } from "./simulated-flash.ts";
import { SpillFlash } from "./spill-flash.ts";
import { StubBoard } from "./stub-board.ts";

const hour = 3_600_000;
let firmware: Firmware;
let installation: Installation;

beforeAll(async () => {
  const outbox = { ...poleSettings().outbox, spill: { bytes: 32_768, after: 600_000, wear: 4 } };
  ({ firmware, installation } = await buildPole({ board: "esp32", outbox }));
}, 120_000);

/** Boards with one flash, one after the other, at one gateway; who listens can be deaf. */
function site(seed = 1) {
  const flash = new SpillFlash(new SimulatedFlash(seeded(seed)), seeded(seed));
  const gateway = new TestGateway(installation, (frame) => site.board.sendDown(frame));
  const site = {
    flash,
    gateway,
    board: new StubBoard(flash.files),
    deaf: false,
    boot(board = new StubBoard(flash.files)) {
      site.board = board;
      Object.assign(board.modules, flash.modules());
      board.onFrame = (frame) => {
        if (!site.deaf) {
          gateway.receive(frame);
        }
      };
      board.run(firmware.code);
    },
  };
  return site;
}

/** Packs of an epoch that came, of those up to the highest number known. */
function packsOf({ gateway }: ReturnType<typeof site>, epoch: number): number {
  return gateway.of("pack").filter((stored) => stored.epoch === epoch).length;
}

function toldOf(board: StubBoard): unknown[] {
  return (board.globals["dreihasen"] as { status(): unknown[] }).status();
}

describe("a bundle whose outbox spills to flash", () => {
  it("brings after a power cut what waited for hours, without a number under a key twice", () => {
    const at = site();
    at.boot();
    at.board.time.advance(hour);
    at.deaf = true;
    at.board.time.advance(24 * hour);
    expect(toldOf(at.board)[5]).toEqual([expect.any(Number), expect.any(Number), 8, 1, expect.any(Number)]);
    const [frames] = toldOf(at.board)[5] as number[];
    expect(frames).toBeGreaterThan(55);
    at.deaf = false;
    at.boot();
    at.board.time.advance(hour);
    expect(at.board.printed).toEqual([]);
    expect(at.gateway.repeatedNonces).toEqual([]);
    expect(at.gateway.refused).toBe(0);
    expect((toldOf(at.board)[5] as number[])[0]).toBe(0);
    expect(packsOf(at, 0)).toBe(62); // of 25 hours, each of 24 minutes; the open one is gone
    const replays = at.gateway.replays;
    at.boot();
    at.board.time.advance(hour);
    expect(at.gateway.replays).toBe(replays);
  });

  it("gives nothing up while flash has room, and needs no flash while the gateway is there", () => {
    const at = site();
    at.boot();
    at.board.time.advance(12 * hour);
    expect(at.flash.pages.steps).toBe(0);
    at.deaf = true;
    at.board.time.advance(48 * hour);
    at.deaf = false;
    at.board.time.advance(hour);
    expect(at.gateway.of("dropped")).toEqual([]);
    const numbers = at.gateway.stored.map(({ piv }) => piv).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i));
  });

  it("names what it gave up once flash is full, and erases no page more often than it may", () => {
    const at = site();
    at.boot();
    at.board.time.advance(hour);
    at.deaf = true;
    at.board.time.advance(20 * 24 * hour);
    at.deaf = false;
    at.board.time.advance(2 * hour);
    const dropped = at.gateway.of("dropped").flatMap(({ message }) => message.ranges);
    expect(dropped.length).toBeGreaterThan(0);
    const known = new Set(at.gateway.stored.map(({ piv }) => piv));
    for (let piv = 0; piv < Math.max(...known); piv++) {
      expect(known.has(piv) || dropped.some(([from, to]) => from <= piv && piv <= to), `${piv}`).toBe(true);
    }
    expect(Math.max(...at.flash.pages.erasures)).toBeLessThanOrEqual(4 * 21);
    expect(Math.max(...at.flash.pages.erasures)).toBeGreaterThan(0);
  });

  it("comes up, and sends nothing wrong and nothing twice, wherever the power is cut", () => {
    const steps = [...Array(20).keys(), 27, 34, 41, 48, 55, 62].map((i) => i + 1);
    for (const step of steps) {
      const at = site(step);
      at.deaf = true;
      at.flash.pages.cutAtStep(step);
      try {
        at.boot();
        for (let i = 0; i < 40; i++) {
          at.board.time.advance(hour / 2);
          at.deaf = i % 9 < 7;
        }
      } catch (error) {
        if (!(error instanceof PowerCut)) {
          throw error;
        }
      }
      at.deaf = false;
      at.boot();
      at.board.time.advance(hour);
      expect(at.board.printed).toEqual([]);
      expect([at.gateway.repeatedNonces, at.gateway.refused], `step ${step}`).toEqual([[], 0]);
      expect(at.gateway.of("hello").at(-1)?.epoch).toBe(1);
      expect((toldOf(at.board)[5] as number[])[0]).toBe(0);
    }
  }, 120_000);
});
