import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { decimalText, integerText } from "../../protocols/decimal.ts";
import type { MeterNumber } from "../../protocols/meter.ts";
import type { ModbusMap } from "../../protocols/modbus-map.ts";
import { MapMeter } from "../../protocols/modbus-map-meter.ts";
import { modbusMap, modbusMaps } from "../../protocols/modbus-maps/index.ts";
import { ModbusRtu, rtuStandard } from "../../protocols/modbus-rtu.ts";
import { ModbusSession, type ModbusStep } from "../../protocols/modbus-session.ts";
import { RtuOverTcp } from "../../protocols/modbus-tcp-trial.ts";
import { quantityOfObis } from "../../protocols/obis.ts";
import { has, programPath } from "../programs.ts";
import { hasLibmodbus, libmodbusServer, terminalPair } from "./libmodbus-server.ts";
import { openLine } from "./line.ts";
import { ModbusBus, type ModbusFault, type ModbusFaults } from "./modbus-bus.ts";
import { runRound, serialHost, tcpHost } from "./modbus-host.ts";
import { plugRtu, serveTcp } from "./modbus-plug.ts";
import { MapUnit } from "./modbus-unit.ts";

const house = { number: 5, seed: 11, solar: 6000 };
const maps = modbusMaps.map((map): [string, ModbusMap] => [map.name, map]);
const sdm630 = modbusMap("sdm630")!;

type Wire = "rtu" | "tcp";

/** Rounds in virtual time against a bus. */
class Table {
  readonly session: ModbusSession;
  now = 0;
  private readonly bus: ModbusBus;
  private readonly wire: Wire;
  private readonly coming: { at: number; bytes: Uint8Array }[] = [];

  constructor(bus: ModbusBus, wire: Wire, meters: readonly MapMeter[]) {
    this.bus = bus;
    this.wire = wire;
    const line = wire === "rtu" ? new ModbusRtu(rtuStandard) : new RtuOverTcp();
    this.session = new ModbusSession(line, meters);
  }

  /** Lets time pass between two rounds; what comes then comes. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (let next = this.coming.shift(); next !== undefined; next = this.coming.shift()) {
      expect(this.session.push(next.bytes, next.at)).toEqual([]);
    }
    this.now = until;
  }

  round(): ModbusStep[] {
    const all: ModbusStep[] = [];
    const act = (steps: readonly ModbusStep[]) => {
      for (const step of steps) {
        all.push(step);
        if (step.type === "send") {
          const answers =
            this.wire === "rtu" ? this.bus.receive(step.bytes) : this.bus.receiveTcp(step.bytes);
          this.coming.push(...answers.map(({ after, bytes }) => ({ at: this.now + after, bytes })));
          this.coming.sort((a, b) => a.at - b.at);
        }
      }
    };
    act(this.session.start(this.now));
    while (this.session.isBusy) {
      const next = this.coming[0];
      if (next !== undefined && next.at <= this.session.deadline!) {
        this.coming.shift();
        this.now = Math.max(this.now, next.at);
        act(this.session.push(next.bytes, this.now));
      } else {
        this.now = this.session.deadline!;
        act(this.session.tick(this.now));
      }
    }
    return all;
  }
}

/** What a telegram says of each quantity. */
function said(steps: readonly ModbusStep[]): Record<string, MeterNumber> {
  return Object.fromEntries(
    steps.flatMap((step) =>
      step.type !== "telegram"
        ? []
        : step.telegram.readings.map(({ obis, value }) => [quantityOfObis(obis)!, value as MeterNumber]),
    ),
  );
}

const faults = (steps: readonly ModbusStep[]) =>
  steps.flatMap((step) => (step.type === "fault" ? [step.fault.fault] : []));

/** Whether the telegram has what the meter measured, to the last step of its registers. */
function expectExact(unit: MapUnit, steps: readonly ModbusStep[]): void {
  const values = said(steps);
  const rows = [...unit.map.rows, ...unit.map.optional];
  expect(Object.keys(values).sort()).toEqual(rows.map(({ quantity }) => quantity).sort());
  for (const row of rows) {
    const held = unit.steps(row);
    const { integer, exponent } = values[row.quantity]!;
    if (row.type === "float32") {
      expect(Math.fround(Number(decimalText(integer, exponent - row.exponent)))).toBe(
        Math.fround(Number(decimalText(held.integer, held.exponent))),
      );
    } else if (row.type === "float64") {
      expect(decimalText(integer, exponent)).toBe(String(Number(decimalText(held.integer, held.exponent))));
    } else {
      expect(integerText(integer)).toBe(String(held.integer));
    }
  }
}

describe("a simulated Modbus meter", () => {
  it.each(maps)("with the registers of an %s is read exactly, over either kind of line", (_, map) => {
    for (const wire of ["rtu", "tcp"] as const) {
      const unit = new MapUnit(map, house);
      const table = new Table(new ModbusBus({ 1: unit }), wire, [new MapMeter(1, map)]);
      for (let i = 0; i < 5; i++) {
        const steps = table.round();
        expect(faults(steps)).toEqual([]);
        expectExact(unit, steps);
        const [telegram] = steps.filter((step) => step.type === "telegram");
        expect(telegram!.telegram.meter).toBe(map.serial === null ? null : String(unit.serial));
        unit.step(900_000);
        table.pass(900_000);
      }
    }
  });

  it("that lacks what its map calls optional is read without", () => {
    const em24 = modbusMap("em24")!;
    const unit = new MapUnit(em24, { ...house, without: ["activeEnergyExported"] });
    const table = new Table(new ModbusBus({ 1: unit }), "rtu", [new MapMeter(1, em24)]);
    for (let i = 0; i < 2; i++) {
      const steps = table.round();
      expect(faults(steps)).toEqual([]);
      expect(Object.keys(said(steps))).toHaveLength(em24.rows.length);
    }
  });

  it("refuses what it does not have, and what is too much at once", () => {
    const unit = new MapUnit(sdm630, house);
    expect(unit.read("input", 500, 2)).toBe(2);
    expect(unit.read("input", 0, 81)).toBe(3);
    expect(unit.read("holding", 0, 2)).toBe(2);
  });
});

describe("an answer on its way", () => {
  /** The fault meets every request with this number or a multiple of it. */
  const every =
    (n: number, fault: ModbusFault): ModbusFaults =>
    (number) =>
      number % n === n - 1 ? fault : null;

  const table = (wire: Wire, faulty: ModbusFaults) => {
    const unit = new MapUnit(sdm630, house);
    return { unit, table: new Table(new ModbusBus({ 1: unit }, faulty), wire, [new MapMeter(1, sdm630)]) };
  };

  const harmless: readonly [Wire, ModbusFault][] = [
    ["rtu", "short"],
    ["rtu", "checksum"],
    ["rtu", "silent"],
    ["rtu", "late"],
    ["rtu", "split"],
    ["rtu", "twice"],
    ["rtu", "wrong-unit"],
    ["tcp", "late"],
    ["tcp", "split"],
    ["tcp", "silent"],
    ["tcp", "twice"],
  ];

  it.each(harmless)("over %s that is %s costs time and nothing else", (wire, fault) => {
    const { unit, table: rounds } = table(wire, every(2, fault));
    for (let i = 0; i < 20; i++) {
      const steps = rounds.round();
      expect(faults(steps)).toEqual([]);
      expectExact(unit, steps);
      unit.step(60_000);
      rounds.pass(60_000);
    }
  });

  it.each(["rtu", "tcp"] as const)("over %s that is an exception is told in words", (wire) => {
    const { table: rounds } = table(wire, every(1, "exception"));
    const steps = rounds.round();
    const details = steps.flatMap((step) => (step.type === "fault" ? [step.fault.detail] : []));
    expect(details.at(-1)).toContain("it has failed itself (exception 4)");
    expect(said(steps)).toEqual({});
  });

  it.each([
    ["rtu", "silent", "silent"],
    ["rtu", "checksum", "checksum"],
    ["rtu", "short", "checksum"],
    ["tcp", "silent", "silent"],
    ["tcp", "wrong-unit", "silent"],
  ] as const)("over %s that is always %s is the fault %s, and no reading", (wire, fault, code) => {
    const { table: rounds } = table(wire, every(1, fault));
    const steps = rounds.round();
    expect(faults(steps)).toEqual([code]);
    expect(said(steps)).toEqual({});
  });
});

describe.skipIf(!has("socat"))("a Modbus meter on a pseudo-terminal (skipped without socat)", () => {
  it("is read by a session at 9600 baud, also with two units on the line", { timeout: 30_000 }, async () => {
    const line = await openLine({ baud: 9600 });
    const units = { 1: new MapUnit(sdm630, house), 2: new MapUnit(modbusMap("em340")!, house) };
    const unplug = plugRtu(new ModbusBus(units), line);
    const host = await serialHost(line.path, 9600);
    try {
      const meters = [new MapMeter(1, sdm630), new MapMeter(2, units[2].map)];
      const steps = await runRound(new ModbusSession(new ModbusRtu(rtuStandard), meters), host);
      expect(faults(steps)).toEqual([]);
      const of = (meter: MapMeter) =>
        steps.filter((step) => step.type === "telegram" && step.meter === meter);
      expectExact(units[1], of(meters[0]!));
      expectExact(units[2], of(meters[1]!));
    } finally {
      await host.close();
      unplug();
      await line.close();
    }
  });

  it.skipIf(!has("mbpoll"))("is read by mbpoll (skipped without mbpoll)", { timeout: 30_000 }, async () => {
    const line = await openLine({ baud: 9600, paced: false });
    const unit = new MapUnit(sdm630, house);
    const unplug = plugRtu(new ModbusBus({ 1: unit }), line);
    try {
      const out = await mbpoll("-m", "rtu", "-b", "9600", "-P", "none", ...floats, line.path);
      expect(voltagesIn(out)).toEqual(voltagesOf(unit));
    } finally {
      unplug();
      await line.close();
    }
  });
});

describe("a Modbus meter behind a connection", () => {
  it("is read by a session over TCP", async () => {
    const unit = new MapUnit(modbusMap("pac2200")!, house);
    const server = await serveTcp(new ModbusBus({ 126: unit }));
    const host = await tcpHost(server.port);
    try {
      const session = new ModbusSession(new RtuOverTcp(), [new MapMeter(126, unit.map)]);
      for (let i = 0; i < 3; i++) {
        expectExact(unit, await runRound(session, host));
        unit.step(10_000);
      }
    } finally {
      await host.close();
      await server.close();
    }
  });

  it.skipIf(!has("mbpoll"))("is read by mbpoll (skipped without mbpoll)", async () => {
    const unit = new MapUnit(sdm630, house);
    const server = await serveTcp(new ModbusBus({ 1: unit }));
    try {
      const out = await mbpoll("-m", "tcp", "-p", String(server.port), ...floats, "127.0.0.1");
      expect(voltagesIn(out)).toEqual(voltagesOf(unit));
    } finally {
      await server.close();
    }
  });
});

describe.skipIf(!hasLibmodbus)("libmodbus' server (skipped without gcc and libmodbus-dev)", () => {
  /** Registers as the server has them. */
  const holding = (address: number) => (address * 257) & 0xffff;
  const input = (address: number) => (address * 263 + 1) & 0xffff;
  const probe: ModbusMap = {
    ...sdm630,
    table: "holding",
    serial: null,
    limits: { countMax: 125, gapMax: 0, holes: [] },
    rows: [
      { address: 0, type: "u16", quantity: "voltageL1", exponent: 0, scale: null },
      { address: 700, type: "u32", quantity: "activeEnergyImported", exponent: 0, scale: null },
      { address: 996, type: "u64", quantity: "activeEnergyExported", exponent: 0, scale: null },
    ],
  };
  const beyond: ModbusMap = { ...probe, rows: [{ ...probe.rows[0]!, address: 1000 }] };
  const inputs: ModbusMap = { ...probe, table: "input", rows: [{ ...probe.rows[0]!, address: 999 }] };

  async function readAll(wire: "rtu" | "tcp", host: Awaited<ReturnType<typeof tcpHost>>) {
    const line = wire === "rtu" ? new ModbusRtu(rtuStandard) : new RtuOverTcp();
    const meters = [probe, inputs, beyond].map((map) => new MapMeter(17, map));
    const steps = await runRound(new ModbusSession(line, meters), host);
    return meters.map((meter) =>
      steps.flatMap((step) =>
        step.type === "fault" && step.meter === meter
          ? [step.fault.fault]
          : step.type === "telegram" && step.meter === meter
            ? step.telegram.readings.map(({ value }) => integerText((value as MeterNumber).integer))
            : [],
      ),
    );
  }

  const words = (address: number, count: number) =>
    Array.from({ length: count }, (_, i) => BigInt(holding(address + i))).reduce(
      (sum, word) => sum * 65536n + word,
    );
  const expected = [
    [String(holding(0)), String(words(700, 2)), String(words(996, 4))],
    [String(input(999))],
    ["unsupported"],
  ];

  it("is read over TCP", { timeout: 30_000 }, async () => {
    const port = 20_000 + (process.pid % 20_000);
    const server = await libmodbusServer("tcp", String(port));
    const host = await tcpHost(port);
    try {
      expect(await readAll("tcp", host)).toEqual(expected);
    } finally {
      await host.close();
      await server.close();
    }
  });

  it.skipIf(!has("socat"))(
    "is read over a serial line (skipped without socat)",
    { timeout: 30_000 },
    async () => {
      const pair = await terminalPair();
      const server = await libmodbusServer("rtu", pair.paths[0]);
      const host = await serialHost(pair.paths[1], 9600);
      try {
        expect(await readAll("rtu", host)).toEqual(expected);
      } finally {
        await host.close();
        await server.close();
        await pair.close();
      }
    },
  );
});

/** Three singles of input registers from address 0 on, high word first, once. */
const floats = ["-a", "1", "-0", "-r", "0", "-c", "3", "-t", "3:float", "-B", "-1", "-o", "3"];

function mbpoll(...options: string[]): Promise<string> {
  return new Promise((resolve) => {
    const program = spawn(programPath("mbpoll")!, options, { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    program.stdout.on("data", (chunk) => {
      out += String(chunk);
    });
    program.stderr.on("data", (chunk) => {
      out += String(chunk);
    });
    program.once("exit", () => resolve(out));
  });
}

function voltagesIn(out: string): string[] {
  return [...out.matchAll(/^\[\d+\]:\s+(\S+)$/gm)].map(([, value]) => Number(value).toFixed(1));
}

function voltagesOf(unit: MapUnit): string[] {
  return unit.map.rows.slice(0, 3).map((row) => {
    const { integer, exponent } = unit.steps(row);
    return Number(decimalText(integer, exponent)).toFixed(1);
  });
}
