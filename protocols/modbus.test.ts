import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAll, faultsOf, goodOnes } from "../hil-tests/meters/decoded.ts";
import { concat, fromHex } from "./bytes.ts";
import { modbus } from "./modbus.ts";
import { answerPdu, exceptionPdu, type ModbusRequest, requestPdu } from "./modbus-pdu.ts";
import { rtuFrame } from "./modbus-rtu-frame.ts";

const voltage: ModbusRequest = { unit: 1, table: "input", address: 0, count: 2 };
// The request of Eastron's protocol description, and its answer: 230.20001 V.
const ask = fromHex("01 04 00 00 00 02 71 cb")!;
const answer = fromHex("01 04 04 43 66 33 34 1b 38")!;

const request = (asked: ModbusRequest) => rtuFrame(asked.unit, requestPdu(asked));
const reply = (asked: ModbusRequest, bytes: Uint8Array) =>
  rtuFrame(asked.unit, answerPdu(asked.table, bytes));

const volts = {
  meter: "1",
  readings: [],
  registers: [
    { table: "input", address: 0, raw: "4366" },
    { table: "input", address: 1, raw: "3334" },
  ],
};

describe("a recorded Modbus line", () => {
  it("gives the registers of an answer by the request before it", () => {
    expect(decodeAll(modbus, concat([ask, answer]))).toEqual([{ offset: 8, ...volts }]);
    expect(request(voltage)).toEqual(ask);
  });

  it("gives the same however it is cut", () => {
    const line = concat(
      [fromHex("00ff")!, ask, answer, ask, fromHex("0184022c1")!, ask, answer].map(orNothing),
    );
    const whole = decodeAll(modbus, line);
    for (let chunk = 1; chunk < line.length; chunk++) {
      expect(decodeAll(modbus, line, chunk)).toEqual(whole);
    }
    expect(goodOnes(whole)).toHaveLength(2);
  });

  it("reads nothing into an answer whose request is missing or is another's", () => {
    const other = request({ ...voltage, unit: 2 });
    const longer = request({ ...voltage, count: 3 });
    for (const before of [new Uint8Array(0), other, longer, request({ ...voltage, table: "holding" })]) {
      const results = decodeAll(modbus, concat([before, answer]));
      expect(goodOnes(results)).toEqual([]);
      expect(faultsOf(results)).toContain(`${before.length} content`);
    }
  });

  it("says in words why a unit refuses", () => {
    const words = (code: number) => {
      const [result] = decodeAll(modbus, concat([ask, rtuFrame(1, exceptionPdu(4, code))]));
      return (result as { detail: string }).detail;
    };
    expect(words(2)).toBe("unit 1, input registers 0 to 1: it has no such register (exception 2)");
    const texts = Array.from({ length: 11 }, (_, i) => words(i + 1));
    expect(new Set(texts).size).toBe(11);
    expect(faultsOf(decodeAll(modbus, concat([ask, rtuFrame(1, exceptionPdu(4, 11))])))).toEqual([
      "8 silent",
    ]);
    expect(faultsOf(decodeAll(modbus, concat([ask, rtuFrame(1, exceptionPdu(4, 6))])))).toEqual(["8 bus"]);
  });

  it("names a request that nobody answers", () => {
    expect(faultsOf(decodeAll(modbus, concat([ask, request({ ...voltage, unit: 2 })])))).toEqual([
      "0 silent",
      "8 silent",
    ]);
  });

  it("passes over writes and other functions, and goes on behind them", () => {
    const write = rtuFrame(1, fromHex("10 0010 0001 02 0005")!);
    const written = rtuFrame(1, fromHex("10 0010 0001")!);
    const coils = [rtuFrame(1, fromHex("01 0000 0008")!), rtuFrame(1, fromHex("01 01 a5")!)];
    const results = decodeAll(modbus, concat([write, written, ...coils, ask, answer]));
    expect(goodOnes(results)).toEqual([{ offset: write.length + written.length + 14 + 8, ...volts }]);
  });

  it("gives nothing for any beginning of an exchange", () => {
    const exchange = concat([ask, answer]);
    for (let length = 0; length < exchange.length; length++) {
      expect(goodOnes(decodeAll(modbus, exchange.subarray(0, length)))).toEqual([]);
    }
  });

  it("gives nothing false for any flipped bit", () => {
    const long: ModbusRequest = { unit: 17, table: "holding", address: 0x5b00, count: 45 };
    const registers = Uint8Array.from({ length: 90 }, (_, i) => (i * 37) & 255);
    for (const exchange of [concat([ask, answer]), concat([request(long), reply(long, registers)])]) {
      for (let bit = 0; bit < 8 * exchange.length; bit++) {
        const damaged = Uint8Array.from(exchange);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        expect(goodOnes(decodeAll(modbus, damaged))).toEqual([]);
      }
    }
  });

  it("finds every exchange again among noise, and makes up none", () => {
    const asked = fc.record({
      unit: fc.integer({ min: 1, max: 247 }),
      table: fc.constantFrom("holding" as const, "input" as const),
      address: fc.integer({ min: 0, max: 60000 }),
      count: fc.integer({ min: 1, max: 125 }),
    });
    const noise = fc.uint8Array({ maxLength: 12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(noise, asked), { maxLength: 8 }), (rows) => {
        const parts = rows.flatMap(([stray, one]) => [
          stray,
          request(one),
          reply(one, new Uint8Array(2 * one.count).fill(one.count)),
        ]);
        const found = goodOnes(decodeAll(modbus, concat(parts)));
        expect(
          found.map(({ meter, registers }) => [meter, registers!.length, registers![0]!.address]),
        ).toEqual(rows.map(([, one]) => [String(one.unit), one.count, one.address]));
      }),
      { numRuns: 300 },
    );
  });

  it("survives whatever comes, in bounded time and with bounded results", () => {
    const start = performance.now();
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 0, maxLength: 2000 }),
        fc.integer({ min: 1, max: 700 }),
        (bytes, chunk) => {
          const results = decodeAll(modbus, bytes, chunk);
          expect(goodOnes(results)).toEqual([]);
          expect(results.length).toBeLessThanOrEqual(bytes.length);
        },
      ),
      { numRuns: 500 },
    );
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

function orNothing(bytes: Uint8Array | null): Uint8Array {
  return bytes ?? new Uint8Array([1, 0x84, 2]);
}
