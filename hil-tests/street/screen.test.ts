import { describe, expect, it } from "vitest";
import { type StreetView, screen, streetWords } from "./screen.ts";

const worst: StreetView = {
  seconds: 5999,
  city: "mosquitto 2.0.11",
  lines: "memory",
  uplink: false,
  gatewayUp: false,
  sinkConnected: false,
  spoolBytes: 64 * 1024 * 1024,
  spoolCapacity: 64 * 1024 * 1024,
  devices: [
    { name: "pb-house-03-meter", reading: "-10111.72 W   12941646.31751 Wh", age: 3599, waiting: 4096 },
    { name: "pb-bay-01", reading: "2462 mm", occupied: true, age: null, waiting: 0 },
  ],
  ledger: {
    produced: 9_999_999,
    delivered: 999_999,
    buffered: 999_999,
    onDevice: 9999,
    dropped: 999_999,
    lost: 999_999,
  },
  refused: { "bad-tag": 99, replayed: 999 },
  duplicates: 9999,
  falseRecords: 99,
  note: "",
};

describe("the street's screen", () => {
  for (const lang of ["en", "de"] as const) {
    it(`fits 80 columns in every state (${lang})`, () => {
      for (const lines of Object.keys(streetWords[lang].lineKinds)) {
        for (const note of Object.values(streetWords[lang].notes)) {
          for (const line of screen({ ...worst, lines, note }, lang, false)) {
            expect(line.length, line).toBeLessThanOrEqual(80);
          }
        }
      }
      for (const line of screen(
        { ...worst, uplink: true, gatewayUp: true, sinkConnected: true },
        lang,
        false,
      )) {
        expect(line.length, line).toBeLessThanOrEqual(80);
      }
    });
  }

  it("writes decimals as the language does", () => {
    expect(screen(worst, "en", false).join("\n")).toContain("-10111.72 W   12941646.31751 Wh");
    expect(screen(worst, "de", false).join("\n")).toContain("-10111,72 W   12941646,31751 Wh");
  });

  it("says in words, not in colour alone, that the sum does not come out", () => {
    expect(screen(worst, "en", false).join("\n")).toContain("DOES NOT BALANCE");
    expect(screen(worst, "de", false).join("\n")).toContain("GEHT NICHT AUF");
  });
});
