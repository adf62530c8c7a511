import { describe, expect, it } from "vitest";
import { dsmr } from "../../protocols/dsmr.ts";
import { has, until } from "../programs.ts";
import { decodeAll, goodOnes, readingLine } from "./decoded.ts";
import { DsmrMeter } from "./dsmr-meter.ts";
import { openLine } from "./line.ts";
import { reader } from "./reader.ts";

describe.each([2, 4, 5] as const)("a simulated P1 port of version %i", (version) => {
  it("pushes telegrams that say exactly what the meter knows", () => {
    const meter = new DsmrMeter({ version, number: 3, seed: 2, solar: 6000 });
    for (let second = 0; second < 400; second++) {
      meter.step(1000);
      const results = decodeAll(dsmr, meter.telegram());
      expect(results).toHaveLength(1);
      const readings = goodOnes(results)[0]!.readings.map(readingLine);
      const { imported, power, seconds } = meter.state;
      const text = (obis: string) => readings.find((reading) => reading.obis === obis)?.value;
      expect(text("1-0:1.8.1")).toBe((Math.floor(imported / 1e5) / 1000).toFixed(3));
      expect(text("1-0:1.7.0")).toBe((Math.floor(Math.max(power, 0) / 100) / 1000).toFixed(3));
      const gas = readings.find((reading) => reading.obis === "0-1:24.2.1");
      expect(gas).toMatchObject({
        unit: "m3",
        value: ((1_234_567 + Math.floor(seconds / 300)) / 1000).toFixed(3),
      });
      expect(gas!.time).toMatch(version === 2 ? /^260101\d{6}$/ : /^260101\d{6}W$/);
    }
  });

  it.skipIf(!has("socat") && !has("python3"))(
    "is read byte for byte over a serial port (needs socat or python3)",
    async () => {
      const line = await openLine({ paced: false, baud: 115200 });
      const end = await reader(line);
      try {
        const meter = new DsmrMeter({ version, number: 1, seed: 1 });
        const sent = meter.telegram();
        line.write(sent);
        await until("the telegram has arrived", () => end.received().length === sent.length, 30_000);
        expect(end.received()).toEqual(sent);
      } finally {
        await end.close();
        await line.close();
      }
    },
  );
});
