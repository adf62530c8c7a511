/** Bundles with sensors of each kind, on a board of Node: what they make of their sensors' bytes, contacts and answers. */
import { describe, expect, it } from "vitest";
import { pmsx003 } from "../../firmware/drivers/pmsx003.ts";
import { fromHex, toHex } from "../../protocols/bytes.ts";
import { ModbusBus } from "../meters/modbus-bus.ts";
import { TestGateway } from "../test-gateway.ts";
import { runBundle } from "./bundle-on-espruino.ts";
import { espruinoLane, espruinoPath } from "./espruino-program.ts";
import { boardWith, lineAt } from "./sensor-at-board.ts";
import { StubBoard } from "./stub-board.ts";

/** Registers of singles: 230.5 in the first two, nothing in the rest. */
const volts = {
  read: (_table: unknown, address: number, count: number) => {
    const view = new DataView(new ArrayBuffer(2 * count));
    for (let at = 0; at < count; at += 2) {
      view.setFloat32(2 * at, address + at === 0 ? 230.5 : 0);
    }
    return new Uint8Array(view.buffer);
  },
};

/** A meter as an installation has it, and what it answers. */
function sdm120At(unit: number) {
  const bus = new ModbusBus({ [unit]: volts });
  const known = new Map<string, string>();
  const of = (request: Uint8Array): Uint8Array => {
    const answer = bus.receive(request)[0]?.bytes ?? new Uint8Array(0);
    known.set(toHex(request), toHex(answer));
    return answer;
  };
  const meter = {
    ...{ driver: "modbus-meter", port: "Serial2", rx: "D16", tx: "D17" },
    ...{ map: "sdm120", unit, baud: 0, parity: "factory", stopBits: 0 },
  };
  return { meter, answers: { known, of } };
}

describe("a bundle with", () => {
  it("a dust sensor reads what it says by itself, and says missing when it falls silent", async () => {
    const { board, rows, run } = await boardWith({
      driver: "pmsx003",
      port: "Serial2",
      rx: "D16",
      tx: "D17",
    });
    const line = lineAt(board, "Serial2", () => {});
    run();
    expect(line.settings).toMatchObject([{ baud: 9600, rx: "D16", tx: "D17", bytesize: 8, parity: "none" }]);
    const frame = fromHex(pmsx003.examples[0]?.hex.replaceAll(" ", "") ?? "") as Uint8Array;
    for (let second = 0; second < 3600; second += 2) {
      line.say(frame);
      board.time.advance(2000);
    }
    board.time.advance(3_600_000);
    expect(rows().length).toBeGreaterThan(50);
    expect(rows()[1]).toEqual([9, 15, 22]);
    expect(rows().at(-1)).toEqual([null, null, null]);
    expect(board.printed).toEqual([]);
  }, 60_000);

  it("a meter on RS-485 asks it for each row, and is not confused by an answer that comes late", async () => {
    const { board, gateway, rows, run } = await boardWith(sdm120At(7).meter);
    const bus = new ModbusBus({ 7: volts }, (number) => (number === 4 ? "late" : null));
    const line = lineAt(board, "Serial2", (bytes) => {
      for (const piece of bus.receive(new Uint8Array(bytes))) {
        board.time.after(piece.after, () => line.say(piece.bytes));
      }
    });
    run();
    board.time.advance(12 * 3_600_000);
    expect(rows().length).toBeGreaterThan(40);
    expect(rows().at(-1)).toContain(230500);
    expect(new Set(rows().map((row) => row[0]))).toEqual(new Set([230500]));
    expect(gateway.repeatedNonces).toEqual([]);
    expect(board.printed).toEqual([]);
  }, 60_000);

  it("a meter on RS-485 carries its own map and no other, and is no larger than it was", async () => {
    const { bytes, variables, parts } = (await boardWith(sdm120At(7).meter)).manifest;
    const files = parts.map(({ file }) => file);
    const maps = files.filter((file) => file.includes("modbus-maps/") && !file.endsWith("index.ts"));
    expect(maps).toEqual(["protocols/modbus-maps/sdm120.ts"]);
    expect(files.filter((file) => file.includes("sunspec"))).toEqual([]);
    expect(bytes).toBeLessThanOrEqual(meterBytesReached);
    expect(variables).toBeLessThanOrEqual(meterVariablesReached);
  }, 60_000);

  it("a sensor that gives a voltage reads it on its scale, and says missing when the voltage is more than the input takes", async () => {
    const soil = { driver: "analog-input", port: "A3", quantity: "soilMoisture", atZero: 0, atFull: 100_000 };
    const { board, rows, run } = await boardWith(soil);
    let level = 0.25;
    const pins = new Set<string>();
    board.more["analogRead"] = (pin: string) => {
      pins.add(pin);
      return level;
    };
    run();
    board.time.advance(30 * 60_000);
    level = 1;
    board.time.advance(30 * 60_000);
    expect([...pins]).toEqual(["A3"]);
    expect(rows().at(0)).toEqual([2500]); // 25.00 per cent
    expect(rows().at(-1)).toEqual([null]);
    expect(board.printed).toEqual([]);
  }, 60_000);

  it("an S0 output counts its pulses, and goes on after the power was gone with what it had an hour before", async () => {
    const s0 = { driver: "s0-meter", port: "D2", impulses: 1000, start: 5000, debounce: 15 };
    const { board, gateway, rows, run } = await boardWith(s0);
    let pulse = () => {};
    const watch = (on: StubBoard) => {
      on.more["pinMode"] = () => {};
      on.more["clearWatch"] = () => {};
      on.more["setWatch"] = (act: () => void, pin: string, options: object) => {
        expect([pin, { ...options }]).toEqual(["D2", { repeat: true, edge: "falling", debounce: 15 }]);
        pulse = act;
        return 1;
      };
    };
    watch(board);
    run();
    for (let n = 0; n < 90; n++) {
      board.time.advance(60_000);
      pulse();
    }
    board.time.advance(16 * 60_000); // what is personal comes every quarter of an hour
    expect(rows().at(0)).toEqual([5_000_000]);
    expect(rows().at(-1)).toEqual([5_090_000]);
    const again = new StubBoard(board.flash);
    again.onFrame = board.onFrame;
    watch(again);
    again.run(board.program);
    again.time.advance(30 * 60_000);
    const last = rows().at(-1)?.[0];
    expect(last).toBeGreaterThanOrEqual(5_060_000 - 1000);
    expect(last).toBeLessThanOrEqual(5_090_000);
    expect(gateway.repeatedNonces).toEqual([]);
  }, 60_000);
});

/** As measured; they may only become less. */
const meterBytesReached = 33_300;
const meterVariablesReached = 2_588;

/** The line of a meter, as a script of the interpreter: its answers by what it is asked, both in hexadecimal. */
function answering(name: string, answers: ReadonlyMap<string, string>): string {
  return `
global.${name}={f:function(){},setup:function(){},removeAllListeners:function(){},on:function(e,f){${name}.f=f},write:function(d){
  var a=${JSON.stringify(Object.fromEntries(answers))}[hex(d)],t="";
  for(var i=0;a&&i<a.length;i+=2)t+=String.fromCharCode(parseInt(a.substr(i,2),16));
  if(a)setTimeout(function(){${name}.f(t)},20);
}};
`;
}

describe.skipIf(espruinoPath() === null)(`a bundle with a meter on RS-485, ${espruinoLane}`, () => {
  it("asks it, and sends what it said", async () => {
    const { answers, meter } = sdm120At(7);
    const { board, gateway, rows, run, installation } = await boardWith(meter);
    const line = lineAt(board, "Serial2", (bytes) => {
      const answer = answers.of(new Uint8Array(bytes));
      board.time.after(20, () => line.say(answer));
    });
    run();
    board.time.advance(60_000);
    const onNode = rows()[0];
    expect(onNode?.[0]).toBe(230500);

    const fresh = new TestGateway(installation, () => {});
    for (const [id, shape] of gateway.shapes) {
      fresh.shapes.set(id, shape); // nobody asks the board for it here
    }
    const { printed, bad } = await runBundle(board.program.replace(/\bSerial2\b/g, "Serial8"), fresh, {
      milliseconds: 6000,
      stubs: answering("Serial8", answers.known),
    });
    expect(bad).toBe(0);
    const heard = fresh.packs().flatMap((pack) => pack.rows.map(({ values }) => values));
    expect(heard[0], printed).toEqual(onNode);
  }, 120_000);
});
