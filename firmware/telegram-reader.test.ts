import { expect, it } from "vitest";
import { nodeCiphers } from "../protocols/crypto-node.ts";
import type { Fault } from "../protocols/fault.ts";
import type { Telegram } from "../protocols/meter.ts";
import { wmbus } from "../protocols/wmbus.ts";
import { makerWriters } from "../protocols/wmbus-makers/maker-write.ts";
import { TelegramReader } from "./telegram-reader.ts";

it("a heat meter that counts whole kWh is not said to be locked: PINs are for electricity", () => {
  const decoder = wmbus.decoder();
  const values = {
    id: "12345678",
    now: 2941,
    before: 1200,
    due: { year: 2025, month: 12, day: 31 },
    today: { year: 2026, month: 2, day: 28 },
  };
  decoder.push(makerWriters.find(({ name }) => name === "Techem compact V")!.write(values, nodeCiphers));
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
  expect(measured[4]).toEqual(["heatEnergy", 2941]); // steps of 1 kWh
  expect(faults).toEqual([]);
});
