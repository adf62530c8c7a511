import { describe, expect, it } from "vitest";
import { concat, fromHex } from "../protocols/bytes.ts";
import { decimalText } from "../protocols/decimal.ts";
import { mbus } from "../protocols/mbus.ts";
import { longFrame } from "../protocols/mbus-frame.ts";
import { writeRecord } from "../protocols/mbus-write.ts";
import { MeterReader } from "./meter-reader.ts";

const now = { function: "instantaneous", storage: 0, tariff: 0, subunit: 0 } as const;

/** What a wired meter of this device type gives of these records: "quantity value" of each column, or the fault. */
function given(medium: number, ...records: readonly Uint8Array[]): string[] {
  const header = concat([fromHex("72" + "02016066" + "7704" + "0e")!, Uint8Array.of(medium, 0, 0, 0, 0)]);
  const found: string[] = [];
  new MeterReader(mbus).push(longFrame(0x08, 1, concat([header, ...records]))!, 0, {
    measured: (columns, values) => {
      columns.forEach(({ quantity, exponent }, i) => {
        const value = values[i];
        found.push(
          `${quantity} ${value === null || value === undefined ? "-" : decimalText(value, exponent)}`,
        );
      });
    },
    fault: ({ fault }) => found.push(fault),
  });
  return found;
}

const kilowattHours = writeRecord({ ...now, vib: [0x06], data: { coding: "bcd", bytes: 4, value: 2941 } });
const litres = writeRecord({ ...now, vib: [0x13], data: { coding: "bcd", bytes: 4, value: 154201 } });
const joules = writeRecord({ ...now, vib: [0x0e], data: { coding: "bcd", bytes: 4, value: 17 } });

describe("the records of an M-Bus meter", () => {
  it("become the quantities of what the meter measures", () => {
    expect(given(0x04, kilowattHours, litres)).toEqual(["heatEnergy 2941000", "heatVolume 154.201"]);
    expect(given(0x0c, joules)).toEqual(["heatEnergyJoules 17000000"]);
    expect(given(0x02, kilowattHours)).toEqual(["activeEnergyImported 2941000"]);
    expect(given(0x07, litres)).toEqual(["waterVolume 154.201"]);
    expect(given(0x03, litres)).toEqual(["gasVolume 154.201"]);
  });

  it("count only where they are of now, of the whole, and in the table's unit", () => {
    const past = writeRecord({
      ...now,
      storage: 1,
      vib: [0x13],
      data: { coding: "bcd", bytes: 4, value: 9 },
    });
    const most = writeRecord({
      ...now,
      function: "maximum",
      vib: [0x13],
      data: { coding: "bcd", bytes: 4, value: 9 },
    });
    expect(given(0x07, past, most)).toEqual(["content"]);
    expect(given(0x06, joules)).toEqual(["content"]);
    expect(given(0x08, litres)).toEqual(["content"]);
  });

  it("of tariffs of an electricity meter stay apart", () => {
    const second = writeRecord({
      ...now,
      tariff: 2,
      vib: [0x03],
      data: { coding: "integer", bytes: 4, value: 7 },
    });
    expect(given(0x02, kilowattHours, second)).toEqual([
      "activeEnergyImported 2941000",
      "activeEnergyImportedTariff2 7",
    ]);
  });
});
