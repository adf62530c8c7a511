import { describe, expect, it } from "vitest";
import { fromHex } from "../../protocols/bytes.ts";
import { nodeCiphers } from "../../protocols/crypto-node.ts";
import { decimalText } from "../../protocols/decimal.ts";
import { isFault } from "../../protocols/fault.ts";
import { meterLanguage } from "../../protocols/index.ts";
import type { BadTelegram, MeterKeys, Telegram } from "../../protocols/meter.ts";
import { wmbusBehind } from "../../protocols/wmbus-receiver.ts";
import { DlmsMeter, dlmsAuth, dlmsKey } from "./dlms-meter.ts";
import { Household } from "./household.ts";
import { busIds } from "./mbus-meter.ts";
import { simulators } from "./simulators.ts";
import { WirelessMeter, wirelessKey } from "./wmbus-meter.ts";

const keys: MeterKeys = {
  ciphers: nodeCiphers,
  key: fromHex(dlmsKey)!,
  auth: fromHex(dlmsAuth)!,
};

/** `profile`: what may stand between a meter on the air and the line. */
function decoded(
  language: string,
  bytes: Uint8Array,
  given: MeterKeys = keys,
  profile = "",
): (Telegram | BadTelegram)[] {
  const spoken = language === "wmbus" ? wmbusBehind(profile) : meterLanguage(language)!;
  const decoder = spoken.decoder(given);
  return [...decoder.push(bytes), ...decoder.end()];
}

const speaking = simulators.flatMap((simulator) =>
  simulator.profiles.map((profile) => ({ simulator, profile, name: `${simulator.language} ${profile}` })),
);

describe("a simulated meter", () => {
  it.each(speaking)(
    "$name speaks its language: every telegram is good, in any minute of an hour",
    ({ simulator, profile }) => {
      const meter = simulator.create({ profile, seed: 3 });
      for (let minute = 0; minute < 60; minute++) {
        const telegram = meter.telegram();
        const results = telegram === null ? [] : decoded(simulator.language, telegram, keys, profile);
        expect(results.filter((result) => isFault(result))).toEqual([]);
        expect(telegram === null || results.length > 0).toBe(true);
        meter.step(60_000);
      }
    },
  );

  it("says the same for the same seed, and another load for another", () => {
    for (const { create, profiles } of simulators) {
      const said = (seed: number) => {
        const meter = create({ profile: profiles[0]!, seed });
        meter.step(600_000);
        return Buffer.from(meter.telegram() ?? new Uint8Array(0)).toString("hex");
      };
      expect(said(5)).toBe(said(5));
      expect(said(5) === "" || said(5) !== said(6)).toBe(true);
    }
  });
});

describe("a simulated DLMS meter", () => {
  it("tells its register and its power to the last digit, sealed too", () => {
    const meter = new DlmsMeter({ number: 1, seed: 1, solar: 9000, framing: "hdlc", sealed: true });
    meter.step(3_600_000);
    const { imported, power } = meter.state;
    const [telegram] = decoded("dlms", meter.telegram()) as Telegram[];
    const values = Object.fromEntries(
      telegram!.readings.map(({ obis, value }) => [
        obis,
        typeof value === "string" ? value : decimalText(value.integer, value.exponent),
      ]),
    );
    expect(values["1-0:1.8.0*255"]).toBe(String(Math.floor(imported / 100_000)));
    expect(values["1-0:16.7.0*255"]).toBe(String(Math.trunc(power / 100)));
  });
});

describe("a simulated wireless meter", () => {
  const { state } = new Household({ number: 1, seed: 1 });

  it.each(["mode5", "mode7", "ell"] as const)(
    "with security %s opens under its key, and names what another key is",
    (security) => {
      const meter = new WirelessMeter({ kind: "water", id: busIds.water, security });
      const [open] = decoded("wmbus", meter.telegram(state), {
        ciphers: nodeCiphers,
        key: fromHex(wirelessKey)!,
      });
      expect(open).toMatchObject({ meter: busIds.water });
      const other = { ciphers: nodeCiphers, key: new Uint8Array(16) };
      expect(decoded("wmbus", meter.telegram(state), other)[0]).toMatchObject({ fault: "wrong-key" });
      expect(decoded("wmbus", meter.telegram(state), { ...other, key: null })[0]).toMatchObject({
        fault: "no-key",
      });
    },
  );
});
