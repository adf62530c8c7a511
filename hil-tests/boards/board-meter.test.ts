/**
 * The whole way of a meter at a board: a simulated meter on a pseudo-terminal, the real interpreter with what `hasen build` made, sealed messages
 * over a second line to the real gateway, and every value one that the meter has sent.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { setUpScript } from "../../boards/platforms/espruino-setup.ts";
import { namedReader } from "../../firmware/board-meter.ts";
import type { DriverColumn } from "../../firmware/driver.ts";
import { MeterReader } from "../../firmware/meter-reader.ts";
import { d0 } from "../../protocols/d0.ts";
import { mbus } from "../../protocols/mbus.ts";
import type { MeterLanguage } from "../../protocols/meter.ts";
import type { QuantityName } from "../../protocols/quantity.ts";
import { sml } from "../../protocols/sml.ts";
import { buildOf } from "../../scripts/build.ts";
import { House, patience } from "../bad-input/house.ts";
import { espruinoLane, espruinoPath, runEspruino } from "../interpreters/espruino-program.ts";
import { d0Simulator } from "../meters/d0-meter.ts";
import { LineMeter, type MeterLine } from "../meters/line-meter.ts";
import { mbusSimulator } from "../meters/mbus-meter.ts";
import type { Simulator } from "../meters/simulator.ts";
import { smlSimulator } from "../meters/sml-meter.ts";
import { has, until } from "../programs.ts";
import { boardStubs, onStubs, roomScript, serialStub } from "./linux-stubs.ts";
import { PtyPair } from "./pty-pair.ts";

const runs = espruinoPath() !== null && has("socat");

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) {
    await end();
  }
});

interface Kind {
  readonly name: string;
  /** Lines of the installation. */
  readonly sensor: string;
  readonly simulator: Simulator;
  readonly profile: string;
  readonly language: MeterLanguage;
  readonly columns: readonly DriverColumn[];
}

const energy: DriverColumn = { quantity: "activeEnergyImported", exponent: -4 };
const kinds: readonly Kind[] = [
  {
    name: "SML that pushes",
    sensor: "driver: sml-meter",
    simulator: smlSimulator,
    profile: "emh",
    language: sml,
    columns: [energy, { quantity: "activePower", exponent: -2 }],
  },
  {
    name: "D0 that pushes",
    sensor: "driver: d0-meter",
    simulator: d0Simulator,
    profile: "q3d",
    language: d0,
    columns: [energy, { quantity: "activePower", exponent: -2 }],
  },
  {
    name: "D0 that is asked and changes its speed",
    sensor: "driver: d0-asked-meter",
    simulator: d0Simulator,
    profile: "modeC",
    language: d0,
    columns: [energy],
  },
  {
    name: "M-Bus",
    sensor:
      'driver: mbus-meter, address: "1", channels: [{ quantity: heatEnergy }, { quantity: flowTemperature }]',
    simulator: mbusSimulator,
    profile: "heat",
    language: mbus,
    columns: [
      { quantity: "heatEnergy", exponent: 0 },
      { quantity: "flowTemperature", exponent: -2 },
    ],
  },
];

/** What the whole decoder makes of all that the meter has sent: values by quantity, in its unit. */
function truthOf({ language, columns }: Kind): {
  hear(bytes: Uint8Array): void;
  values: Map<QuantityName, Set<number>>;
} {
  const values = new Map<QuantityName, Set<number>>(columns.map(({ quantity }) => [quantity, new Set()]));
  const reader = namedReader(new MeterReader(language), columns);
  const sink = {
    measured: (_columns: readonly DriverColumn[], row: readonly unknown[]) =>
      columns.forEach(({ quantity, exponent }, i) => {
        values.get(quantity)?.add(Number(`${row[i]}e${exponent}`));
      }),
    fault: () => {},
  };
  return { hear: (bytes) => reader.push(bytes, 0, sink), values };
}

/** The meter at the end of a line, and the board's port at the other. */
async function meterAt(house: House, kind: Kind) {
  const pair = new PtyPair(house.folder, "meter");
  ends.push(() => pair.close());
  const truth = truthOf(kind);
  const line: MeterLine = { onRequest: null, write: (bytes) => pair.write(Buffer.from(bytes)) };
  await pair.open((bytes) => line.onRequest?.(Uint8Array.from(bytes, (byte) => maskOf(kind) & byte)));
  const meter = new LineMeter(line, kind.simulator.create({ profile: kind.profile, seed: 7 }), {
    period: kind.simulator.period,
    speed: 1,
    noise: { rate: 0, seed: 1 },
    onSent: truth.hear,
  });
  ends.push(() => meter.end());
  return { port: pair.port, values: truth.values };
}

/** D0 makes its parity itself, in the eighth bit. */
function maskOf({ language }: Kind): number {
  return language === d0 ? 0x7f : 0xff;
}

/** The board's program on the interpreter, until the test is over. */
function startBoard(house: House, code: string, meterPort: string, linkPort: string): void {
  const stop = join(house.folder, "stop");
  writeFileSync(stop, "0");
  const stubs = `
global.Serial8={setup:function(b,o){Serial2.setup(b,{path:${JSON.stringify(meterPort)}})},removeAllListeners:function(e){Serial2.removeAllListeners(e)},on:function(e,f){Serial2.on(e,f)},write:function(d){Serial2.write(d)}};
setInterval(function(){if(require("fs").readFileSync("stop")=="1")quit()},300);
`;
  const program = onStubs(code).replace(/\bSerial2\b/g, "Serial8");
  const run = runEspruino(
    house.folder,
    `${roomScript}${setUpScript}\n${boardStubs}${serialStub(linkPort)}${stubs}\n${program}\n`,
    4 * patience,
    "pipe",
  );
  ends.push(async () => {
    writeFileSync(stop, "1");
    await run;
  });
}

describe.skipIf(!runs)(`a meter at a board, ${espruinoLane}`, () => {
  it.each(kinds)(
    "of $name is read, and each of its values at the gateway is one that it has sent",
    async (kind) => {
      const house = await House.open();
      ends.push(() => house.close());
      const link = new PtyPair(house.folder, "link");
      ends.push(() => link.close());
      await link.open(null);
      house.configure({ links: [`  - { kind: serial, port: ${link.port} }`] });
      await house.start();
      const made = await house.hasen("device", "new", "pb-meter-17", "--out", "keys");
      expect(made.code, made.stderr).toBe(0);
      const installation = join(house.folder, "meter-17.yaml");
      writeFileSync(
        installation,
        `version: 1
credentials: ./keys/${readdirSync(join(house.folder, "keys"))[0]}
board: esp32
link: { kind: serial, port: Serial1, rx: D28, tx: D29, baud: 115200 }
sensors:
  - { ${kind.sensor}, port: Serial2, rx: D16, tx: D17, interval: 4 s }
batch: { rows: 1, delay: 1 s }
`,
      );
      const { firmware } = await buildOf({ installation, version: "0.1.0" });
      const meter = await meterAt(house, kind);
      startBoard(house, firmware.code, meter.port, link.far);
      await until("rows have come", () => house.records().length >= 4 * kind.columns.length, 2 * patience);
      for (const { quantity } of kind.columns) {
        const heard = house.records().filter(({ n }) => n.endsWith(`:${quantity}`));
        expect(heard.length).toBeGreaterThanOrEqual(3);
        expect(heard.filter(({ v }) => !meter.values.get(quantity)?.has(v))).toEqual([]);
      }
    },
    8 * patience,
  );
});
