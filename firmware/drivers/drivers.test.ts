import { describe, expect, it } from "vitest";
import { concat, fromHex, toHex } from "../../protocols/bytes.ts";
import { crc8 } from "../../protocols/crc.ts";
import { decimalText, type Integer } from "../../protocols/decimal.ts";
import { type Fault, fault, isFault } from "../../protocols/fault.ts";
import { inRange, quantities } from "../../protocols/quantity.ts";
import type {
  AnalogDriver,
  AskedDriver,
  AskedHost,
  Driver,
  DriverColumn,
  DriverExample,
  DriverValues,
  I2cDriver,
  PulseDriver,
  ReaderSink,
} from "../driver.ts";
import { advertDrivers } from "./adverts.ts";
import { drivers } from "./index.ts";
import { lorawanSensor } from "./lorawan-sensor.ts";

const all: readonly Driver[] = [...drivers, ...advertDrivers, lorawanSensor];

/** Every driver is tested by the examples it brings. */
describe("the list of drivers", () => {
  it("is in the order of the alphabet, each name once", () => {
    const names = drivers.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort());
  });
});

describe.each(all.map((driver) => ({ name: driver.name, driver })))("driver $name", ({ driver }) => {
  it.each(driver.examples)("reads $title", (example) => {
    const pieces = driver.kind === "asked" ? answersOf(example) : [bytesOf(example)];
    expect(seen(driver, pieces)).toMatchObject(expected(example));
  });

  it("gives the same however its bytes are cut", () => {
    for (const example of driver.examples) {
      const bytes = bytesOf(example);
      if (driver.kind === "asked") {
        expect(seen(driver, answersOf(example), 1)).toEqual(seen(driver, answersOf(example)));
        continue;
      }
      const single = Array.from(bytes, (byte) => new Uint8Array([byte]));
      const pieces = driver.kind === "uart" ? single : [concat(single)];
      expect(seen(driver, pieces)).toEqual(seen(driver, [bytes]));
    }
  });

  it("measures nothing from any beginning of a good example", () => {
    for (const example of driver.examples.filter(({ fault }) => fault === undefined)) {
      const bytes = bytesOf(example);
      for (let length = 0; length < bytes.length; length++) {
        const pieces =
          driver.kind === "asked" ? cutAt(answersOf(example), length) : [bytes.subarray(0, length)];
        expect(seen(driver, pieces).values).toBeUndefined();
      }
    }
  });

  it("gives only values of its quantities, whatever bytes come", () => {
    let state = 1;
    const noise = Uint8Array.from({ length: 20000 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return [0xff, 0x42, 0x4d, 0x1b, state >>> 24][(state >>> 8) % 5];
    });
    const { raw, columns } = seen(driver, [noise]);
    raw?.forEach((value, i) => {
      const { quantity, exponent } = columns[i];
      expect(value === null || inRange(quantities[quantity], value, exponent)).toBe(true);
    });
  });

  if (driver.bounds !== undefined) {
    it("stays within the bounds it names, and leaves no value out", () => {
      // Every word of an answer or frame at its ends and in between, with checksums that fit.
      for (const word of [
        0,
        1,
        0x7fff,
        0x8000,
        0xfffe,
        0xffff,
        ...Array.from({ length: 500 }, (_, i) => i * 131),
      ]) {
        const { raw } = seen(driver, [answerOfWords(driver, word & 0xffff)]);
        expect(raw).toHaveLength(driver.bounds?.length ?? 0);
        raw?.forEach((value, i) => {
          const [least, most] = driver.bounds?.[i] ?? [0, 0];
          expect(value !== null && typeof value === "number" && Math.trunc(value) === value).toBe(true);
          expect(Number(value)).toBeGreaterThanOrEqual(least);
          expect(Number(value)).toBeLessThanOrEqual(most);
        });
      }
    });
  }

  it("has examples of good values and of a fault, and options whose standard is allowed", () => {
    expect(driver.examples.some(({ values }) => values !== undefined)).toBe(true);
    expect(driver.examples.some(({ fault }) => fault !== undefined)).toBe(true);
    for (const { standard, least = -Infinity, most = Infinity, choices } of driver.options) {
      expect(typeof standard !== "number" || (standard >= least && standard <= most)).toBe(true);
      expect(choices === undefined || choices.includes(String(standard))).toBe(true);
    }
  });
});

/** What a driver with bounds is sent, all of whose words are the same. */
function answerOfWords(driver: Driver, word: number): Uint8Array {
  const [high, low] = [word >> 8, word & 255];
  if (driver.kind === "i2c") {
    const crc = crc8(new Uint8Array([high, low]), 0, 2);
    return new Uint8Array([high, low, crc, high, low, crc]);
  }
  const frame = new Uint8Array(32).fill(0);
  frame.set([0x42, 0x4d, 0x00, 0x1c]);
  for (let at = 4; at < 30; at += 2) {
    frame.set([high, low], at);
  }
  const sum = frame.reduce((total, byte) => total + byte, 0);
  frame.set([(sum >> 8) & 255, sum & 255], 30);
  return frame;
}

interface Seen {
  values?: (string | null)[];
  fault?: Fault["fault"];
  raw?: readonly (Integer | null)[];
  columns: readonly DriverColumn[];
}

/** The answers of an example of a driver that asks: a blank between two. */
function answersOf({ hex }: DriverExample): Uint8Array[] {
  return hex.split(" ").map((answer) => fromHex(answer) as Uint8Array);
}

/** The first `length` bytes of all answers. */
function cutAt(answers: readonly Uint8Array[], length: number): Uint8Array[] {
  let left = length;
  return answers.map((answer) => {
    const kept = answer.subarray(0, Math.min(left, answer.length));
    left -= kept.length;
    return kept;
  });
}

/** Runs one measurement in virtual time: each request gets the next answer, or the last again, in pieces of `chunk` bytes. */
function ask(driver: AskedDriver, answers: readonly Uint8Array[], chunk: number, sink: ReaderSink): void {
  const session = driver.session({});
  let now = 0;
  let answered = 0;
  let done = false;
  let due: Uint8Array | null = null;
  const host: AskedHost = {
    ...sink,
    line: () => {},
    send: () => {
      due = answers[Math.min(answered++, answers.length - 1)];
    },
    done: () => {
      done = true;
    },
  };
  session.start(now, host);
  while (!done) {
    const bytes: Uint8Array = due ?? new Uint8Array(0);
    due = null;
    now += 20;
    for (let at = 0; at < bytes.length; at += chunk) {
      session.push(bytes.subarray(at, at + chunk), now, host);
    }
    if (due === null && session.deadline !== null) {
      now = Math.max(now, session.deadline);
      session.tick(now, host);
    }
  }
}

/** What a driver makes of bytes: its last values as texts, and the first fault. */
function seen(driver: Driver, pieces: readonly Uint8Array[], chunk = Number.MAX_SAFE_INTEGER): Seen {
  const result: Seen = { columns: driver.columns({}) ?? [] };
  const measured = (columns: readonly DriverColumn[], values: DriverValues) => {
    result.columns = columns;
    result.raw = values;
    result.values = values.map((value, i) =>
      value === null ? null : decimalText(value, columns[i].exponent),
    );
  };
  const failed = (bad: Fault) => {
    result.fault ??= bad.fault;
  };
  if (driver.kind === "asked") {
    ask(driver, pieces, chunk, { measured, fault: failed });
    return result;
  }
  if (driver.kind !== "uart") {
    const bytes = concat(pieces);
    const values = valuesOf(driver, bytes);
    if (isFault(values)) {
      failed(values);
    } else {
      measured(result.columns, values);
    }
    return result;
  }
  const reader = driver.reader({});
  for (const piece of pieces) {
    reader.push(piece, 0, { measured, fault: failed });
  }
  return result;
}

function valuesOf(driver: AnalogDriver | I2cDriver | PulseDriver, bytes: Uint8Array): DriverValues | Fault {
  switch (driver.kind) {
    case "analog":
      return bytes.length < 2
        ? fault("truncated", "a level has two bytes")
        : driver.values(bytes[0] * 256 + bytes[1], {});
    case "i2c":
      return driver.decode(bytes);
    case "pulse":
      return counted(driver, bytes);
  }
}

/** The count of an example's six bytes. */
function counted(driver: PulseDriver, bytes: Uint8Array): DriverValues | Fault {
  return bytes.length < 6
    ? fault("truncated", "a count has six bytes")
    : driver.values(Number(`0x${toHex(bytes.subarray(0, 6))}`), {});
}

function expected({ values, fault }: DriverExample) {
  return { ...(values && { values }), ...(fault && { fault }) };
}

function bytesOf(example: DriverExample): Uint8Array {
  const bytes = fromHex(example.hex);
  expect(bytes).not.toBeNull();
  return bytes as Uint8Array;
}
