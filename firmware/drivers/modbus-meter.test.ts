import { describe, expect, it } from "vitest";
import { ModbusBus } from "../../hil-tests/meters/modbus-bus.ts";
import { modelWith, SunspecUnit, words } from "../../hil-tests/meters/sunspec-unit.ts";
import { decimalText } from "../../protocols/decimal.ts";
import type { AskedHost } from "../driver.ts";
import { modbusMeter } from "./modbus-meter.ts";

/** One measurement from a bus, in virtual time: its values as texts by quantity. */
function measure(bus: ModbusBus, options: Record<string, string | number>, rounds = 1) {
  const session = modbusMeter.session(options);
  const coming: { at: number; bytes: Uint8Array }[] = [];
  const seen: Record<string, string | null>[] = [];
  let now = 0;
  let busy = false;
  const host: AskedHost = {
    send: (bytes) =>
      void coming.push(...bus.receive(bytes).map((piece) => ({ at: now + piece.after, bytes: piece.bytes }))),
    line: () => {},
    measured: (columns, values) =>
      void seen.push(
        Object.fromEntries(
          values.map((value, i) => [
            columns[i]!.quantity,
            value === null ? null : decimalText(value, columns[i]!.exponent),
          ]),
        ),
      ),
    fault: () => {},
    done: () => {
      busy = false;
    },
  };
  for (let round = 0; round < rounds; round++) {
    busy = true;
    session.start(now, host);
    while (busy) {
      const next = coming.shift();
      now = Math.max(now, next?.at ?? session.deadline ?? now);
      if (next === undefined) {
        session.tick(now, host);
      } else {
        session.push(next.bytes, now, host);
      }
    }
    now += 60_000;
  }
  return seen;
}

describe("the driver of Modbus meters", () => {
  const common = modelWith(1, 66, { 50: words("SN-1", 16) });
  const inverter = (watts: number) =>
    modelWith(103, 50, { 14: [watts, 0], 16: [4998, -2], 24: [0, 5000, 0] });

  it("takes a device for what its SunSpec models say, in steps that stay", () => {
    const bus = new ModbusBus({ 3: new SunspecUnit(40000, [common, inverter(1500)]) });
    expect(modbusMeter.columns({ map: "sunspec" })).toBeNull();
    const values = { activePower: "-1500.00", frequency: "49.980", activeEnergyExported: "5000.000" };
    expect(measure(bus, { map: "sunspec", unit: 3 }, 2)).toEqual([values, values]);
  });

  it("takes up what a device says later, and misses what it says no more", () => {
    const bus = new ModbusBus({
      3: new SunspecUnit(40000, [common, modelWith(103, 50, { 16: [5000, -2], 24: [0, 0, 0] })]),
    });
    const dawn = new ModbusBus({ 3: new SunspecUnit(40000, [common, inverter(9)]) });
    let asked = 0;
    const both = { receive: (bytes: Uint8Array) => (asked++ < 6 ? bus : dawn).receive(bytes) } as ModbusBus;
    const [night, day] = measure(both, { map: "sunspec", unit: 3 }, 2);
    expect(night).toEqual({ frequency: "50.000" });
    expect(day).toEqual({ frequency: "49.980", activePower: "-9.00", activeEnergyExported: "5000.000" });
  });

  it("opens the line as the meter leaves the factory, or as it is told", () => {
    expect(modbusMeter.settings({ map: "pac2200" })).toEqual({
      baud: 19200,
      dataBits: 8,
      parity: "none",
      stopBits: 2,
    });
    expect(modbusMeter.settings({ map: "sdm120", baud: 9600, parity: "even" })).toMatchObject({
      baud: 9600,
      parity: "even",
    });
  });
});
