import { beforeAll, describe, expect, it } from "vitest";
import type { Installation } from "../../firmware/installation-type.ts";
import { fromHex } from "../../protocols/bytes.ts";
import type { Firmware } from "../../scripts/build-firmware.ts";
import { TestGateway } from "../test-gateway.ts";
import { runBundle } from "./bundle-on-espruino.ts";
import { espruinoLane, espruinoPath } from "./espruino-program.ts";
import { keepsItsPromises } from "./kept-promises.ts";
import { buildPole } from "./pole.ts";
import { poleAtGateway } from "./pole-at-gateway.ts";
import { StubBoard } from "./stub-board.ts";

let firmware: Firmware;
let installation: Installation;

beforeAll(async () => {
  ({ firmware, installation } = await buildPole({ lean: true, outbox: { bytes: 1536, frames: 12 } }));
}, 120_000);

const start = (board = new StubBoard()) => poleAtGateway(installation, board);

function rowsOf(gateway: TestGateway) {
  return gateway.packs().flatMap((pack) => pack.rows);
}

describe("a lean bundle on a board", () => {
  keepsItsPromises(() => ({ ...start(), code: firmware.code }));

  it("boots, says hello and on request its shape, and sends packs that the gateway opens and reads", () => {
    const { board, gateway } = start();
    board.run(firmware.code);
    board.time.advance(50 * 60_000);
    expect(board.printed).toEqual([]);
    expect(gateway.of("hello")[0]).toMatchObject({
      epoch: 0,
      piv: 0,
      message: { board: "puck-js", bootReason: "first", previousEpoch: null, lastPiv: null },
    });
    expect(gateway.of("shape")).toHaveLength(1);
    const rows = rowsOf(gateway);
    expect(rows.length).toBeGreaterThanOrEqual(47);
    expect(rows[0].values).toEqual([2100, 500]);
    expect(rows.map(({ time }, i) => time - rows[0].time - i * 60_000)).toEqual(rows.map(() => 0));
    expect(gateway.packs()[0].timeQuality).toBe("relative");
    expect(gateway.refused).toBe(0);
    expect(gateway.repeatedNonces).toEqual([]);
    expect(board.confirmed).toBeGreaterThan(0);
  });

  it("sends again what nobody acknowledged, and no more once it is", () => {
    const { board, gateway } = start();
    const listen = board.onFrame;
    let sent = 0;
    board.onFrame = () => sent++;
    board.run(firmware.code);
    board.time.advance(60_000);
    expect(sent).toBeGreaterThan(2);
    board.onFrame = listen;
    board.time.advance(300_000);
    expect(gateway.of("hello")).toHaveLength(1);
    board.onFrame = () => sent++;
    sent = 0;
    board.time.advance(10 * 60_000);
    expect(sent).toBe(0);
  });

  it("gives one row of missing values while its sensor is unplugged, then one at each heartbeat", () => {
    const { board, gateway } = start();
    board.run(firmware.code);
    board.time.advance(5 * 60_000 + 30_000);
    board.air = null;
    board.time.advance(60 * 60_000);
    board.air = { temperature: 1500, humidity: 400 };
    board.time.advance(60 * 60_000);
    const values = rowsOf(gateway).map((row) => row.values);
    const missing = values.filter(([first]) => first === null).length;
    expect(missing).toBeGreaterThanOrEqual(4);
    expect(missing).toBeLessThanOrEqual(6);
    expect(values.filter(([first]) => first === 1500).length).toBeGreaterThan(30);
    const status = gateway.of("status").at(-1)?.message;
    expect(Object.fromEntries(status?.faults ?? [])).toMatchObject({ silent: 1 });
    expect(status?.outbox.bytesMax).toBe(1536);
  });

  it("tells its uptime again where the gateway came late, without which it could not place the packs in time", () => {
    const { board, gateway } = start();
    const listen = board.onFrame;
    board.onFrame = () => {};
    board.run(firmware.code);
    board.time.advance(10 * 60_000);
    board.onFrame = listen;
    board.time.advance(5 * 60_000);
    expect(gateway.of("status").length).toBeGreaterThan(0);
  });

  it("follows no command, no forged frame and none of an older gateway epoch, and counts them", () => {
    const { board, gateway } = start();
    board.run(firmware.code);
    board.time.advance(60_000);
    gateway.say({ type: "command", deviceEpoch: 0, name: "restart", arguments: null });
    gateway.say({ type: "nack", deviceEpoch: 0, piv: 900, code: "content" });
    gateway.say({ type: "ack", deviceEpoch: 3, ranges: [[0, 4_000_000_000]] });
    gateway.say({ type: "time", deviceEpoch: 0, answers: 0, unix: 1_800_000_000_000 });
    board.time.advance(1000);
    board.sendDown(fromHex("0000110000deadbeefdeadbeefdeadbeef") as Uint8Array);
    board.sendDown(fromHex("000011010000deadbeefdeadbeefdeadbeef") as Uint8Array);
    board.sendDown(new Uint8Array(300));
    board.time.advance(120_000);
    expect(board.reboots).toBe(0);
    const faults = Object.fromEntries(gateway.of("status").at(-1)?.message.faults ?? []);
    expect(faults).toMatchObject({ "not-allowed": 1, refused: 1, replayed: 1, "bad-tag": 1, header: 1 });
  });

  it("sends nothing, and says why, when its crypto gives wrong answers, or its flash does not take the epoch", () => {
    const wrong = start();
    wrong.board.aesIsRight = false;
    wrong.board.run(firmware.code);
    wrong.board.time.advance(60_000);
    expect(wrong.board.printed).toEqual(["self-test"]);
    expect(wrong.gateway.stored).toEqual([]);
    const full = start();
    full.board.flash.write = () => {
      throw new Error("full");
    };
    full.board.run(firmware.code);
    full.board.time.advance(60_000);
    expect(full.board.printed).toEqual(["storage"]);
    expect(full.gateway.stored).toEqual([]);
  });
});

describe.skipIf(espruinoPath() === null)(`a lean bundle ${espruinoLane}`, () => {
  it("boots, passes its self-test, and sends a hello that the gateway opens", async () => {
    const gateway = new TestGateway(installation, () => {});
    const { printed, variables, bad } = await runBundle(firmware.code, gateway, { milliseconds: 2500 });
    expect(gateway.of("hello")[0]?.message, printed).toMatchObject({ bootReason: "first" });
    expect([bad, gateway.refused]).toEqual([0, 0]);
    expect(variables / firmware.manifest.variables).toBeGreaterThan(0.85);
    expect(variables / firmware.manifest.variables).toBeLessThan(1.1);
  }, 120_000);

  it("never takes more variables than the mark, nor than the build says, with the gateway away and its outbox full", async () => {
    const gateway = new TestGateway(installation, () => {});
    // 24 rows a pack, 12 messages: 4.8 hours.
    const { printed, peak } = await runBundle(firmware.code, gateway, { milliseconds: 62_000, speed: 400 });
    expect(gateway.stored.length, printed.slice(-500)).toBeGreaterThan(5);
    expect(peak).toBeLessThanOrEqual(900);
    expect(peak / firmware.manifest.variablesMost).toBeGreaterThan(0.8);
    expect(peak / firmware.manifest.variablesMost).toBeLessThan(1.02);
  }, 150_000);
});
