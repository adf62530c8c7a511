import { beforeAll, describe, expect, it } from "vitest";
import type { Installation } from "../../firmware/installation-type.ts";
import type { Firmware } from "../../scripts/build-firmware.ts";
import { TestGateway } from "../test-gateway.ts";
import { runBundle } from "./bundle-on-espruino.ts";
import { espruinoLane, espruinoPath } from "./espruino-program.ts";
import { keepsItsPromises } from "./kept-promises.ts";
import { buildPole, poleCredentials } from "./pole.ts";
import { poleAtGateway } from "./pole-at-gateway.ts";
import { StubBoard } from "./stub-board.ts";
import { StubBroker } from "./stub-broker.ts";

let firmware: Firmware;
let installation: Installation;

beforeAll(async () => {
  ({ firmware, installation } = await buildPole());
}, 120_000);

const start = (board = new StubBoard()) => poleAtGateway(installation, board);

describe("a bundle on a board", () => {
  keepsItsPromises(() => ({ ...start(), code: firmware.code }));

  it("boots, says hello, and sends packs that the gateway opens and reads", () => {
    const { board, gateway } = start();
    gateway.unix = () => 1_800_000_000_000 + board.time.monotonic();
    board.run(firmware.code);
    board.time.advance(50 * 60_000);
    expect(board.printed).toEqual([]);
    expect(gateway.of("hello")[0]).toMatchObject({
      epoch: 0,
      piv: 0,
      message: {
        board: "puck-js",
        firmware: "0.1.0",
        bootReason: "first",
        previousEpoch: null,
        lastPiv: null,
      },
    });
    const rows = gateway.packs().flatMap((pack) => pack.rows);
    expect(rows.length).toBeGreaterThanOrEqual(48);
    expect(rows[0].values).toEqual([2100, 500]);
    expect(gateway.packs().at(-1)?.timeQuality).toBe("synced");
    expect(gateway.refused).toBe(0);
    expect(gateway.repeatedNonces).toEqual([]);
  });

  it("tells the loader of its first acknowledgement, and a technician at the console how it is", () => {
    const { board, gateway } = start();
    const listen = board.onFrame;
    board.onFrame = () => {};
    board.run(firmware.code);
    board.time.advance(60_000);
    expect(board.confirmed).toBe(0);
    board.onFrame = listen;
    board.time.advance(300_000);
    expect(gateway.stored.length).toBeGreaterThan(0);
    expect(board.confirmed).toBeGreaterThan(0);
    const shown = board.globals["dreihasen"] as { status(): unknown[] };
    expect(JSON.stringify(shown.status().slice(2))).toBe("[0,[],[2100,500]]");
  });

  it("gives missing values while its sensor is unplugged, and tells of it in its status", () => {
    const { board, gateway } = start();
    board.run(firmware.code);
    board.time.advance(5 * 60_000);
    board.air = null;
    board.time.advance(60 * 60_000);
    const values = gateway.packs().flatMap((pack) => pack.rows.map((row) => row.values));
    expect(values).toContainEqual([null, null]);
    const status = gateway.of("status").at(-1)?.message;
    expect(Object.fromEntries(status?.faults ?? [])).toMatchObject({ silent: 1 });
    expect(status?.outbox.bytesMax).toBe(2048);
  });

  it("takes commands: another interval, its shape, a restart", () => {
    const { board, gateway } = start();
    board.run(firmware.code);
    board.time.advance(60_000);
    gateway.say({ type: "command", deviceEpoch: 0, name: "interval", arguments: 2000 });
    board.time.advance(60_000);
    expect(gateway.of("shape").length).toBeGreaterThan(0);
    gateway.say({ type: "command", deviceEpoch: 0, name: "restart", arguments: null });
    board.time.advance(60_000);
    expect(board.reboots).toBe(1);
    expect(gateway.packs().some(({ step }) => step === 2000)).toBe(true);
  });

  it("sends nothing, and says why, when its crypto gives wrong answers", () => {
    const { board, gateway } = start();
    board.aesIsRight = false;
    board.run(firmware.code);
    board.time.advance(60_000);
    expect(board.printed).toEqual(["self-test"]);
    expect(gateway.stored).toEqual([]);
  });

  it("without encryption sends what is not personal under a MAC", async () => {
    const plain = await buildPole({}, { ...poleCredentials, alg: "hmac" });
    const { board, gateway } = poleAtGateway(plain.installation);
    board.run(plain.firmware.code);
    board.time.advance(30 * 60_000);
    expect(gateway.packs().flatMap((pack) => pack.rows).length).toBeGreaterThanOrEqual(24);
  });
});

describe("a bundle whose link is", () => {
  it("Bluetooth sends all it kept once it is connected, with its console on a wire meanwhile", async () => {
    const ble = await buildPole({ link: { kind: "ble", interval: 1000 } });
    const { board, gateway } = start();
    const radio = board.withRadio();
    board.run(ble.firmware.code);
    board.time.advance(50 * 60_000);
    expect(board.consoles).toEqual(["Serial1", null]);
    expect(gateway.stored).toEqual([]);
    radio["connect"]?.();
    board.time.advance(60_000);
    expect(board.printed).toEqual([]);
    expect(gateway.of("hello").length).toBe(1);
    expect(gateway.packs().flatMap((pack) => pack.rows).length).toBeGreaterThanOrEqual(48);
    expect(board.confirmed).toBeGreaterThan(0);
    radio["disconnect"]?.();
    const before = gateway.stored.length;
    board.time.advance(50 * 60_000);
    expect(gateway.stored.length).toBe(before);
    radio["connect"]?.();
    board.time.advance(60_000);
    expect(gateway.stored.length).toBeGreaterThan(before + 1);
    expect(gateway.repeatedNonces).toEqual([]);
  }, 60_000);

  it("MQTT joins its Wi-Fi with the password it was built with, and sends what the broker confirms", async () => {
    const link = {
      kind: "mqtt",
      url: "mqtt://192.0.2.7",
      wifi: { network: "Straße 7", passwordFile: "wifi" },
    } as const;
    const mqtt = await buildPole({ board: "esp32", link }, poleCredentials, "three hares");
    const { board, gateway } = start();
    const broker = new StubBroker(board);
    board.run(mqtt.firmware.code);
    board.time.advance(60_000);
    expect(board.printed).toEqual([]);
    expect(broker.joined).toEqual([["Stra\xc3\x9fe 7", { password: "three hares" }]]);
    expect(broker.asked).toEqual([{ host: "192.0.2.7", port: 1883 }]);
    board.time.advance(50 * 60_000);
    expect(gateway.of("hello").length).toBe(1);
    expect(gateway.packs().flatMap((pack) => pack.rows).length).toBeGreaterThanOrEqual(48);
    expect(broker.asked).toHaveLength(1);
  }, 60_000);
});

describe.skipIf(espruinoPath() === null)(`a bundle ${espruinoLane}`, () => {
  it("boots, sends a hello that the gateway opens, and takes about as many variables as the build says", async () => {
    const gateway = new TestGateway(installation, () => {});
    const { printed, variables, peak, bad } = await runBundle(firmware.code, gateway, {
      milliseconds: 2000,
    });
    expect(gateway.of("hello")[0]?.message, printed).toMatchObject({
      bootReason: "first",
      board: "puck-js",
    });
    expect([bad, gateway.refused]).toEqual([0, 0]);
    expect(variables / firmware.manifest.variables).toBeGreaterThan(0.9);
    expect(variables / firmware.manifest.variables).toBeLessThan(1.1);
    expect(peak).toBeLessThan(firmware.manifest.variablesMost);
  }, 120_000);

  it("never takes more variables than the build says, with the gateway away and its outbox full", async () => {
    const gateway = new TestGateway(installation, () => {});
    const { peak } = await runBundle(firmware.code, gateway, { milliseconds: 62_000, speed: 400 });
    expect(peak / firmware.manifest.variablesMost).toBeGreaterThan(0.85);
    expect(peak / firmware.manifest.variablesMost).toBeLessThan(1.02);
  }, 150_000);
});
