import type { Driver, DriverValues } from "../../firmware/driver.ts";
import { fromHex } from "../../protocols/bytes.ts";
import { integerText } from "../../protocols/decimal.ts";
import { isFault } from "../../protocols/fault.ts";

/** What a driver makes of its own examples, a line each: the same on every engine. In the board dialect. */
export function printExamples(driver: Driver, print: (line: string) => void): void {
  driver.examples.forEach((example) => {
    print(
      driver.name + " " + example.title + ": " + read(driver, fromHex(example.hex) as Uint8Array).join(" "),
    );
  });
}

function read(driver: Driver, bytes: Uint8Array): string[] {
  if (driver.kind === "asked") {
    return [String(driver.columns({}))]; // its examples are answers, which want questions: drivers.test.ts
  }
  if (driver.kind !== "uart") {
    const values = driver.kind === "i2c" ? driver.decode(bytes) : driver.values(countOf(bytes), {});
    return isFault(values) ? ["fault " + values.fault] : texts(values);
  }
  const found: string[] = [];
  driver.reader({}).push(bytes, 0, {
    measured: (columns, values) => {
      columns.forEach((column, i) => {
        found.push(column.quantity + " e" + column.exponent);
        found.push(texts([values[i]])[0]);
      });
    },
    fault: (bad) => {
      found.push("fault " + bad.fault);
    },
  });
  return found;
}

/** High byte first. */
function countOf(bytes: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) {
    count = count * 256 + bytes[i];
  }
  return count;
}

function texts(values: DriverValues): string[] {
  return values.map((value) => (value === null ? "missing" : integerText(value)));
}
