import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readingLine } from "../hil-tests/meters/decoded.ts";
import { answerOf, type ModbusUnit } from "../hil-tests/meters/modbus-unit.ts";
import {
  modelWith,
  type SimulatedModel,
  SunspecUnit,
  single,
  words,
} from "../hil-tests/meters/sunspec-unit.ts";
import { ModbusRtu, rtuStandard } from "./modbus-rtu.ts";
import { rtuFrame } from "./modbus-rtu-frame.ts";
import { ModbusSession, type ModbusStep } from "./modbus-session.ts";
import { SunspecMeter } from "./sunspec.ts";

/** One round over a line that answers at once, begun at `begin` ms. */
function round(session: ModbusSession, unit: ModbusUnit, begin = 0): ModbusStep[] {
  let now = begin;
  const all: ModbusStep[] = [];
  let steps: readonly ModbusStep[] = session.start(now);
  for (;;) {
    all.push(...steps);
    const asked = steps.flatMap((step) => (step.type === "send" ? [step.bytes] : []));
    if (asked.length > 0) {
      steps = asked.flatMap((bytes) =>
        session.push(rtuFrame(bytes[0]!, answerOf(unit, bytes.subarray(1, -2))), now),
      );
    } else if (session.deadline !== null) {
      now = session.deadline;
      steps = session.tick(now);
    } else {
      return all;
    }
  }
}

function read(unit: ModbusUnit): { lines: string[]; faults: string[]; meter: string | null | undefined } {
  const session = new ModbusSession(new ModbusRtu(rtuStandard), [new SunspecMeter(1)]);
  const steps = round(session, unit);
  const telegrams = steps.flatMap((step) => (step.type === "telegram" ? [step.telegram] : []));
  return {
    lines: telegrams.flatMap(({ readings }) =>
      readings.map((reading) => {
        const { obis, value, unit: text } = readingLine(reading);
        return `${obis} ${value} ${text}`;
      }),
    ),
    faults: steps.flatMap((step) => (step.type === "fault" ? [step.fault.fault] : [])),
    meter: telegrams[0]?.meter,
  };
}

const common = modelWith(1, 66, { 50: words("SN-0815", 16) });
/** 5.12 A and no L2, 230.1 V, 1177 W, 49.98 Hz, 12.345678 MWh, 1.2 kW of direct current. */
const inverter = modelWith(103, 50, {
  3: [512, 0xffff, 0xffff, -2],
  10: [2301, 0xffff, 0xffff, -1],
  14: [1177, 0],
  16: [4998, -2],
  24: [0x00bc, 0x614e, 0],
  31: [12, 2],
});

describe("a device that speaks SunSpec", () => {
  it.each([40000, 50000, 0])("is found at %i, and says its serial number and what its models say", (base) => {
    expect(read(new SunspecUnit(base, [common, inverter]))).toEqual({
      lines: [
        "1-0:31.7.0*255 5.12 A",
        "1-0:32.7.0*255 230.1 V",
        "1-0:16.7.0*255 -1177 W",
        "1-0:14.7.0*255 49.98 Hz",
        "1-0:2.8.0*255 12345678 Wh",
        "sunspec:103.DCW 1200 W",
      ],
      faults: [],
      meter: "SN-0815",
    });
  });

  it("may have models that nobody here knows, of any length, between those that are read", () => {
    const strange = [modelWith(64001, 300, {}), modelWith(3, 0, {})];
    expect(read(new SunspecUnit(40000, [common, ...strange, inverter])).lines).toHaveLength(6);
  });

  it("is a meter whose power counts as drawn, in scaled integers or in singles", () => {
    const scaled = modelWith(203, 105, {
      18: [-250, 0x8000, 0x8000, 0x8000, 1],
      38: [0, 0],
      46: [0, 4711],
      54: 3,
    });
    expect(read(new SunspecUnit(40000, [common, scaled])).lines).toEqual([
      "1-0:16.7.0*255 -2500 W",
      "1-0:1.8.0*255 4711000 Wh",
    ]);
    const none = single(Number.NaN);
    const floats = Array.from({ length: 62 }, () => none).flat();
    const registers = Object.fromEntries([
      [2, floats],
      [28, single(-12.5)],
      [68, single(4711.5)],
    ]);
    expect(read(new SunspecUnit(40000, [common, modelWith(213, 124, registers)])).lines).toEqual([
      "1-0:16.7.0*255 -12.5 W",
      "1-0:1.8.0*255 4711.5 Wh",
    ]);
  });

  it("tells each string of an inverter, as many as there are and have room", () => {
    const strings = (said: number) =>
      modelWith(160, 48, {
        2: [-2, -1, 0, 0],
        8: said,
        19: [101, 4000, 404, 0, 1000],
        39: [202, 4100, 828, 0, 2000],
      });
    const expected = [
      "sunspec:160.1.DCA 1.01 A",
      "sunspec:160.1.DCV 400.0 V",
      "sunspec:160.1.DCW 404 W",
      "sunspec:160.1.DCWH 1000 Wh",
      "sunspec:160.2.DCA 2.02 A",
      "sunspec:160.2.DCV 410.0 V",
      "sunspec:160.2.DCW 828 W",
      "sunspec:160.2.DCWH 2000 Wh",
    ];
    expect(read(new SunspecUnit(40000, [common, strings(2)])).lines).toEqual(expected);
    expect(read(new SunspecUnit(40000, [common, strings(60000)])).lines).toEqual(expected);
  });

  it("tells a battery's charge, and of an inverter with a meter behind it both", () => {
    const battery = modelWith(802, 62, { 11: 875, 56: -1, 34: 512, 59: -1 });
    expect(read(new SunspecUnit(40000, [common, battery])).lines).toEqual([
      "sunspec:802.SoC 87.5 %",
      "sunspec:802.V 51.2 V",
    ]);
    const meter = modelWith(201, 105, { 18: [300, 0x8000, 0x8000, 0x8000, 0] });
    const { lines } = read(new SunspecUnit(40000, [common, inverter, meter]));
    expect(lines).toContain("1-0:16.7.0*255 -1177 W");
    expect(lines).toContain("sunspec:201.W 300 W");
  });

  it("has no value where it says that there is none, or scales by what cannot be", () => {
    expect(read(new SunspecUnit(40000, [common, modelWith(103, 50, { 14: [100, 11] })]))).toMatchObject({
      lines: [],
      faults: ["content"],
    });
    expect(read(new SunspecUnit(40000, [common, modelWith(103, 50, { 14: [100, 10] })])).lines).toEqual([
      "1-0:16.7.0*255 -1000000000000 W",
    ]);
  });

  it("walks its chain once, and again after a register was refused", () => {
    const meter = new SunspecMeter(1);
    const session = new ModbusSession(new ModbusRtu(rtuStandard), [meter]);
    const unit = new SunspecUnit(40000, [common, inverter]);
    round(session, unit);
    const first = unit.requests;
    round(session, unit, 60_000);
    expect(unit.requests - first).toBe(1);
    const shorter = round(session, new SunspecUnit(40000, [common]), 120_000);
    expect(shorter.some((step) => step.type === "fault")).toBe(true);
    expect(round(session, unit, 180_000).some((step) => step.type === "telegram")).toBe(true);
  });

  it("is told apart from a device without SunSpec, and from a chain that does not end", () => {
    expect(read({ read: () => 2 })).toMatchObject({ lines: [], faults: ["content"] });
    expect(read(new SunspecUnit(40000, [common, inverter], false)).faults).toEqual(["unsupported"]);
    const long: SimulatedModel = { id: 103, registers: new Array<number>(25_000).fill(0) };
    expect(read(new SunspecUnit(0, [long, long, long]))).toMatchObject({ faults: ["syntax"] });
  });

  it("costs a bounded number of requests, whatever its registers hold", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 10, maxLength: 400 }),
        (noise) => {
          let requests = 0;
          const unit: ModbusUnit = {
            read: (_, address, count) => {
              requests++;
              return Uint8Array.from({ length: 2 * count }, (_, i) => {
                const at = address - 40000 + (i >> 1);
                const word = at === 0 ? 0x5375 : at === 1 ? 0x6e53 : noise[at % noise.length]!;
                return i % 2 === 0 ? word >> 8 : word & 255;
              });
            },
          };
          read(unit);
          expect(requests).toBeLessThan(1000);
        },
      ),
    );
  });
});
