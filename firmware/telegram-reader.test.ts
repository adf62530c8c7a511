import { expect, it } from "vitest";
import { fromHex } from "../protocols/bytes.ts";
import type { Fault } from "../protocols/fault.ts";
import type { Telegram } from "../protocols/meter.ts";
import { wmbus } from "../protocols/wmbus.ts";
import { TelegramReader } from "./telegram-reader.ts";

it("a heat meter that counts whole kWh is not said to be locked: PINs are for electricity", () => {
  const decoder = wmbus.decoder();
  decoder.push(fromHex("16446850785634124543a1009f2777010060780000000a")!); // a Techem compact V
  const [telegram] = decoder.end();
  const reader = new TelegramReader();
  const faults: Fault[] = [];
  const measured: (readonly unknown[])[] = [];
  for (let i = 0; i < 5; i++) {
    reader.measure(telegram as Telegram, {
      measured: (columns, row) => measured.push([columns[0]!.quantity, row[0]]),
      fault: (fault) => faults.push(fault),
    });
  }
  expect(measured[4]).toEqual(["heatEnergy", 495]); // steps of 1 kWh
  expect(faults).toEqual([]);
});
