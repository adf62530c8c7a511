import { describe, expect, it } from "vitest";
import { readingLine } from "../hil-tests/meters/decoded.ts";
import { fromHex, toHex } from "./bytes.ts";
import { fault } from "./fault.ts";
import { MapMeter } from "./modbus-map-meter.ts";
import { modbusMap } from "./modbus-maps/index.ts";
import { sdm120 } from "./modbus-maps/sdm120.ts";
import { answerPdu, exceptionPdu } from "./modbus-pdu.ts";
import { ModbusRtu, rtuStandard } from "./modbus-rtu.ts";
import { rtuFrame } from "./modbus-rtu-frame.ts";
import { ModbusSession, type ModbusStep } from "./modbus-session.ts";

/** Answers a request frame, or keeps silent (null). */
type Unit = (request: Uint8Array) => Uint8Array | null;

/** Registers by address in hexadecimal; all others are zero. */
function unit(values: Record<number, string>): Unit {
  return (request) => {
    const address = request[2]! * 256 + request[3]!;
    const bytes = new Uint8Array(2 * request[5]!);
    for (const [at, hex] of Object.entries(values)) {
      const offset = 2 * (Number(at) - address);
      if (offset >= 0 && offset < bytes.length) {
        bytes.set(fromHex(hex)!, offset);
      }
    }
    return rtuFrame(request[0]!, answerPdu(request[1] === 3 ? "holding" : "input", bytes));
  };
}

/** One round in virtual time; an answer comes 40 ms after its request. */
function round(session: ModbusSession, units: Record<number, Unit>, from = 0): ModbusStep[] {
  const all: ModbusStep[] = [];
  const coming: { at: number; bytes: Uint8Array }[] = [];
  let now = from;
  const act = (steps: readonly ModbusStep[]): void => {
    for (const step of steps) {
      all.push(step);
      const answer = step.type === "send" ? units[step.bytes[0]!]?.(step.bytes) : null;
      if (answer) {
        coming.push({ at: now + 40, bytes: answer });
      }
    }
  };
  act(session.start(now));
  while (session.isBusy) {
    const next = coming[0];
    if (next !== undefined && next.at <= (session.deadline ?? Infinity)) {
      coming.shift();
      now = next.at;
      act(session.push(next.bytes, now));
    } else {
      now = session.deadline!;
      act(session.tick(now));
    }
  }
  return all;
}

const sent = (steps: readonly ModbusStep[]) =>
  steps.flatMap((step) => (step.type === "send" ? [toHex(step.bytes)] : []));
const faults = (steps: readonly ModbusStep[]) =>
  steps.flatMap((step) => (step.type === "fault" ? [`${step.meter.unit} ${step.fault.fault}`] : []));
const lines = (steps: readonly ModbusStep[]) =>
  steps.flatMap((step) =>
    step.type === "telegram" ? [[step.telegram.meter, ...step.telegram.readings.map(readingLine)]] : [],
  );

const house = unit({
  0: "43660000",
  6: "3f800000",
  12: "43160000",
  70: "42480000",
  72: "43a51eb8",
  64512: "00bc614e",
});

describe("reading meters on a Modbus line", () => {
  it("asks for as few blocks as there are, and for the serial number once", () => {
    const session = new ModbusSession(new ModbusRtu(rtuStandard), [new MapMeter(1, sdm120)]);
    const first = round(session, { 1: house });
    expect(sent(first).map((frame) => frame.slice(0, 12))).toEqual([
      "0103fc000002",
      "01040000000e",
      "010400460006",
    ]);
    expect(lines(first)).toEqual([
      [
        "12345678",
        { obis: "1-0:32.7.0*255", value: "230", unit: "V" },
        { obis: "1-0:31.7.0*255", value: "1", unit: "A" },
        { obis: "1-0:16.7.0*255", value: "150", unit: "W" },
        { obis: "1-0:14.7.0*255", value: "50", unit: "Hz" },
        { obis: "1-0:1.8.0*255", value: "330240", unit: "Wh" },
        { obis: "1-0:2.8.0*255", value: "0", unit: "Wh" },
      ],
    ]);
    expect(first.at(-1)).toEqual({ type: "end" });
    expect(sent(round(session, { 1: house }, 60_000))).toHaveLength(2);
  });

  it("says which unit is silent, and reads the others all the same", () => {
    const meters = [new MapMeter(7, sdm120), new MapMeter(1, sdm120)];
    const steps = round(new ModbusSession(new ModbusRtu(rtuStandard), meters), { 1: house });
    expect(faults(steps)).toEqual(["7 silent"]);
    expect(lines(steps)).toHaveLength(1);
    expect(sent(steps).filter((frame) => frame.startsWith("07"))).toHaveLength(3);
  });

  it("reads what there is when a block is refused", () => {
    const old: Unit = (request) => (request[3] === 0x46 ? rtuFrame(1, exceptionPdu(4, 2)) : house(request));
    const steps = round(new ModbusSession(new ModbusRtu(rtuStandard), [new MapMeter(1, sdm120)]), { 1: old });
    expect(faults(steps)).toEqual(["1 unsupported"]);
    expect(lines(steps)[0]).toHaveLength(4);
  });

  it("asks no more for what a meter of the kind may lack, once it was refused", () => {
    const older: Unit = (request) => (request[3] === 0x5c ? rtuFrame(1, exceptionPdu(4, 2)) : house(request));
    const session = new ModbusSession(new ModbusRtu(rtuStandard), [new MapMeter(1, modbusMap("em24")!)]);
    const asked = (steps: readonly ModbusStep[]) =>
      sent(steps).filter((frame) => frame.slice(4, 8) === "005c");
    const first = round(session, { 1: older });
    expect(asked(first)).toHaveLength(1);
    expect(faults(first)).toEqual([]);
    expect(asked(round(session, { 1: older }, 60_000))).toHaveLength(0);
  });

  it("ends its round when the port is gone, and begins another when it is back", () => {
    const session = new ModbusSession(new ModbusRtu(rtuStandard), [
      new MapMeter(1, sdm120),
      new MapMeter(2, sdm120),
    ]);
    session.start(0);
    const steps = session.closed(fault("bus", "the adapter was pulled out"));
    expect(faults(steps)).toEqual(["1 bus", "2 bus"]);
    expect(steps.at(-1)).toEqual({ type: "end" });
    expect(lines(round(session, { 1: house, 2: house }, 5000))).toHaveLength(2);
  });
});
