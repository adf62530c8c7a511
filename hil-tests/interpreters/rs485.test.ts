/** A meter behind an RS-485 transceiver whose driver the board enables: who speaks while the other does is not heard. */
import { describe, expect, it } from "vitest";
import type { Uart } from "../../boards/platform.ts";
import { drivenUart } from "../../boards/platforms/espruino-driven-uart.ts";
import { toHex } from "../../protocols/bytes.ts";
import { ModbusBus } from "../meters/modbus-bus.ts";
import { TestGateway } from "../test-gateway.ts";
import { runBundle } from "./bundle-on-espruino.ts";
import { espruinoLane, espruinoPath } from "./espruino-program.ts";
import { boardWith, lineAt } from "./sensor-at-board.ts";
import type { StubBoard } from "./stub-board.ts";

const pin = "D5";
const meter = {
  ...{ driver: "modbus-meter", port: "Serial2", rx: "D16", tx: "D17", driverEnable: pin },
  ...{ map: "sdm120", unit: 7, baud: 0, parity: "factory", stopBits: 0 },
};

/** Registers of singles, all 230.5. */
const volts = {
  read: (_table: unknown, _address: number, count: number) => {
    const view = new DataView(new ArrayBuffer(2 * count));
    for (let at = 0; at < count; at += 2) {
      view.setFloat32(2 * at, 230.5);
    }
    return new Uint8Array(view.buffer);
  },
};

/** The pin as the interpreter moves it: a pulse sets it, and its end is kept by a timer. */
function pinOf(board: StubBoard) {
  const state = { level: 1, pulses: [] as number[] };
  let ends: (() => void) | null = null;
  board.more["digitalWrite"] = (name: string, level: number) => {
    if (name === pin) {
      state.level = level;
    }
  };
  board.more["digitalPulse"] = (name: string, level: number, time: number) => {
    expect([name, level]).toEqual([pin, 1]);
    expect(time === 0 && ends !== null, "a pulse within a pulse").toBe(false);
    state.level = 1;
    if (time > 0) {
      state.pulses.push(time);
      ends = board.time.after(time, () => {
        state.level = 0;
        ends = null;
      });
    }
  };
  return state;
}

describe("a bundle whose meter hangs behind an RS-485 transceiver", () => {
  it("enables the driver before the first bit, until behind the last, and hears a meter that answers as soon as it may", async () => {
    const { board, rows, run } = await boardWith(meter);
    const bus = new ModbusBus({ 7: volts });
    const enabled = pinOf(board);
    const character = (10 * 1000) / 2400; // an SDM120's 2400 baud, 8N1
    let cut = 0;
    let deaf = 0;
    const line = lineAt(board, "Serial2", (bytes) => {
      cut += enabled.level === 1 ? 0 : 1;
      const length = bytes.length * character;
      board.time.after(length, () => {
        cut += enabled.level === 1 ? 0 : 1;
      });
      board.time.after(length + 3.5 * character, () => {
        deaf += enabled.level === 1 ? 1 : 0;
        for (const piece of enabled.level === 0 ? bus.receive(new Uint8Array(bytes)) : []) {
          line.say(piece.bytes);
        }
      });
    });
    run();
    expect(enabled.level).toBe(0);
    board.time.advance(3 * 3_600_000);
    expect(line.settings.map(({ baud }) => baud)).toEqual([2400]);
    expect([cut, deaf]).toEqual([0, 0]);
    expect(enabled.pulses.length).toBeGreaterThan(10);
    expect(rows().length).toBeGreaterThan(8);
    expect(rows().at(-1)?.[0]).toBe(230_500);
    expect(board.printed).toEqual([]);
  }, 60_000);

  it("has nothing of it in its bundle where the transceiver switches by itself", async () => {
    const { driverEnable: _, ...plain } = meter;
    const { board, run } = await boardWith(plain);
    lineAt(board, "Serial2", () => {});
    run();
    expect(board.program).not.toContain("digitalPulse");
  }, 60_000);
});

describe("a driven port", () => {
  it.each([
    ["8N1 at 9600 baud", { baud: 9600, dataBits: 8, parity: "none", stopBits: 1 }, (9 * 10) / 9.6],
    ["8E1 at 19200 baud", { baud: 19200, dataBits: 8, parity: "even", stopBits: 1 }, (9 * 11) / 19.2],
    ["7E2 at 300 baud", { baud: 300, dataBits: 7, parity: "even", stopBits: 2 }, (9 * 11) / 0.3],
  ] as const)(
    "sends 8 bytes of %s for as long as they take, and one character more",
    (_, settings, wanted) => {
      const said: string[] = [];
      Object.assign(globalThis, {
        digitalWrite: (_pin: string, level: number) => said.push(`level ${level}`),
        digitalPulse: (_pin: string, _level: number, time: number) => said.push(`pulse ${time.toFixed(3)}`),
      });
      const uart: Uart = { open: () => said.push("open"), write: () => said.push("write"), close: () => {} };
      const driven = drivenUart(uart, pin);
      driven.open(
        settings,
        () => {},
        () => {},
      );
      driven.write(new Uint8Array(8));
      expect(said).toEqual([
        ...["level 0", "open"],
        ...["pulse 0.000", "level 1", "write", `pulse ${wanted.toFixed(3)}`],
      ]);
      for (const name of ["digitalWrite", "digitalPulse"]) {
        Reflect.deleteProperty(globalThis, name);
      }
    },
  );
});

/** Of the interpreter for Linux, which has neither pins nor their timer: both as its own timers keep them, and a meter that is heard only while the driver is off. */
function bench(answers: ReadonlyMap<string, string>): string {
  return `
var enabled=1,gone=0;
global.digitalWrite=function(p,v){if(p=="${pin}")enabled=v};
global.digitalPulse=function(p,v,t){enabled=v;if(t>0)setTimeout(function(){enabled=0;print("sent "+t.toFixed(1))},t)};
global.Serial8={f:function(){},setup:function(){},removeAllListeners:function(){},on:function(e,f){Serial8.f=f},write:function(d){
  var a=${JSON.stringify(Object.fromEntries(answers))}[hex(d)],t="";
  if(!enabled)print("cut");
  for(var i=0;a&&i<a.length;i+=2)t+=String.fromCharCode(parseInt(a.substr(i,2),16));
  if(a)setTimeout(function(){if(enabled)print("deaf");else Serial8.f(t)},d.length*10/2.4+100);
}};
`;
}

describe.skipIf(espruinoPath() === null)(`a driven port, ${espruinoLane}`, () => {
  it("asks its meter with the driver on, hears it with the driver off, and sends what it said", async () => {
    const { board, gateway, rows, run, installation } = await boardWith(meter);
    pinOf(board);
    const bus = new ModbusBus({ 7: volts });
    const known = new Map<string, string>();
    const line = lineAt(board, "Serial2", (bytes) => {
      const answer = bus.receive(new Uint8Array(bytes))[0]?.bytes ?? new Uint8Array(0);
      known.set(toHex(bytes), toHex(answer));
      board.time.after(100, () => line.say(answer));
    });
    run();
    board.time.advance(60_000);
    const onNode = rows()[0];
    expect(onNode?.[0]).toBe(230_500);

    const fresh = new TestGateway(installation, () => {});
    for (const [id, shape] of gateway.shapes) {
      fresh.shapes.set(id, shape); // nobody asks the board for it here
    }
    const { printed, bad } = await runBundle(board.program.replace(/\bSerial2\b/g, "Serial8"), fresh, {
      milliseconds: 8000,
      stubs: bench(known),
    });
    expect(bad).toBe(0);
    expect(printed).toContain("sent 37.5"); // 8 bytes and one, 10 bits each, at 2400 baud
    expect(printed).not.toMatch(/cut|deaf/);
    const heard = fresh.packs().flatMap((pack) => pack.rows.map(({ values }) => values));
    expect(heard[0], printed).toEqual(onNode);
  }, 120_000);
});
