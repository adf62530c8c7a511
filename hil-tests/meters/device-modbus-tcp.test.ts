import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decimalText } from "../../protocols/decimal.ts";
import { modbusMap } from "../../protocols/modbus-maps/index.ts";
import { DeviceSite, problemOf, type StartedDevice, valuesAt } from "../device-site.ts";
import { freePort, has, until } from "../programs.ts";
import type { TestGateway } from "../test-gateway.ts";
import { hasLibmodbus, libmodbusServer } from "./libmodbus-server.ts";
import { ModbusBus } from "./modbus-bus.ts";
import { serveTcp } from "./modbus-plug.ts";
import { MapUnit } from "./modbus-unit.ts";
import { modelWith, SunspecUnit, words } from "./sunspec-unit.ts";

/** Modbus/TCP meters of a device: `hasen device run`, our own server and libmodbus' behind the address. */

const patience = 20_000;

let site: DeviceSite;

beforeEach(async () => {
  site = await DeviceSite.open();
});

afterEach(() => site.close());

function more(gateway: TestGateway, quantity: string, than: number): Promise<void> {
  return until(`${quantity} has come`, () => valuesAt(gateway, quantity).length > than, patience);
}

function told(device: StartedDevice, what: RegExp): Promise<void> {
  return until(`${what} is told`, () => what.test(device.said()), patience);
}

describe.skipIf(!has("socat"))("meters of a device behind one Modbus/TCP address (needs socat)", () => {
  it("share one connection, are told as lost in words, and come back", { timeout: 90_000 }, async () => {
    const meter = new MapUnit(modbusMap("em340")!, { number: 1, seed: 3 });
    const string = modelWith(1, 66, { 50: words("SN-1", 16) });
    const battery = new SunspecUnit(40000, [string, modelWith(103, 50, { 24: [0, 5000, 0] })]);
    const bus = new ModbusBus({ 1: meter, 2: battery });
    let server = await serveTcp(bus);
    site.atEnd(() => server.close());
    const wire = await site.gatewayWire();
    const port = `tcp://127.0.0.1:${server.port}`;
    const device = await site.start(
      [
        `{ driver: modbus-meter, port: "${port}", map: em340, unit: 1, baud: 9600, interval: 1 s }`,
        `{ driver: modbus-meter, port: "${port}", map: sunspec, unit: 2, interval: 1 s }`,
      ],
      wire.devicePath,
    );
    await more(wire.gateway, "activeEnergyImported", 2);
    await more(wire.gateway, "activeEnergyExported", 2);
    expect(server.connections()).toBe(1);
    const row = meter.map.rows.find(({ quantity }) => quantity === "activeEnergyImported")!;
    const exact = decimalText(meter.steps(row).integer, row.exponent);
    expect(new Set(valuesAt(wire.gateway, "activeEnergyImported"))).toEqual(new Set([exact]));
    expect(valuesAt(wire.gateway, "activeEnergyExported")).toContain("5000.000");

    await server.close();
    await told(device, /refuses the connection/);
    const before = valuesAt(wire.gateway, "activeEnergyImported").length;
    server = await serveTcp(bus, server.port);
    await more(wire.gateway, "activeEnergyImported", before + 2);
    expect(server.connections()).toBe(1);
  });

  it.skipIf(!hasLibmodbus)(
    "are read from libmodbus' server, which serves one client at a time (needs gcc and libmodbus-dev)",
    { timeout: 90_000 },
    async () => {
      const place = await freePort();
      const server = await libmodbusServer("tcp", String(place));
      site.atEnd(() => server.close());
      const wire = await site.gatewayWire();
      const port = `tcp://127.0.0.1:${place}`;
      const device = await site.start(
        [
          `{ driver: modbus-meter, port: "${port}", map: em24, unit: 17, interval: 1 s }`,
          `{ driver: modbus-meter, port: "${port}", map: sunspec, unit: 17, interval: 1 s }`,
        ],
        wire.devicePath,
      );
      await told(device, /has no "SunS"/);
      await more(wire.gateway, "activeEnergyImported", 2);
      // Input register i holds 263 i + 1; low words come first, in tenths of a kWh.
      const [low, high] = [62, 63].map((i) => (263 * i + 1) & 0xffff);
      const exact = String((high! * 65_536 + low!) * 100);
      expect(new Set(valuesAt(wire.gateway, "activeEnergyImported"))).toEqual(new Set([exact]));
    },
  );
});

it("a network address that is none is told with its line", async () => {
  const device = await site.start(["{ driver: modbus-meter, port: 'tcp://:502', map: em24 }"], "/dev/null");
  expect(await problemOf(device.exit)).toMatchObject({ exit: 65, where: { line: 6 } });
});
