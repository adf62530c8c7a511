import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFault } from "../../protocols/fault.ts";
import {
  decodeSenmlCbor,
  decodeSenmlJson,
  encodeSenmlJson,
  type SenmlRecord,
} from "../../protocols/senml.ts";
import { resolve } from "../../protocols/senml-resolve.ts";
import type { CityRecord } from "../sink.ts";
import { encodePack, senmlRecords } from "./senml-pack.ts";
import { isTemplate, topicOf } from "./topic.ts";

const device = "urn:dev:ops:pb-rathaus-meter-017";

function record(changes: Partial<CityRecord> = {}): CityRecord {
  return {
    device,
    n: `${device}:activeEnergyImported`,
    u: "Wh",
    v: "2941646.1614",
    time: 1_760_000_001_250,
    dh: "3/17/0",
    timeQuality: null,
    backlog: false,
    ...changes,
  };
}

function resolved(records: SenmlRecord[] | { fault: string }): readonly SenmlRecord[] {
  expect(isFault(records)).toBe(false);
  const list = resolve(records as SenmlRecord[], "1760000100");
  expect(isFault(list)).toBe(false);
  return list as SenmlRecord[];
}

describe("a SenML pack for the city", () => {
  it("holds one record as it stands", () => {
    expect(encodePack([record()], "json").toString()).toBe(
      '[{"n":"urn:dev:ops:pb-rathaus-meter-017:activeEnergyImported","u":"Wh","v":2941646.1614,"t":1760000001.25,"dh":"3/17/0"}]',
    );
  });

  it("names the device and the second once where several records share them", () => {
    const second = record({
      n: `${device}:activePower`,
      u: "W",
      v: "-12",
      time: 1_760_000_002_000,
      dh: "3/17/1",
    });
    expect(encodePack([record(), second], "json").toString()).toBe(
      '[{"bn":"urn:dev:ops:pb-rathaus-meter-017:","bt":1760000001,"n":"activeEnergyImported","u":"Wh","v":2941646.1614,"t":0.25,"dh":"3/17/0"},' +
        '{"n":"activePower","u":"W","v":-12,"t":1,"dh":"3/17/1"}]',
    );
  });

  it("names a single channel and its unit once for all", () => {
    const second = record({ v: "2941646.1615", time: 1_760_000_061_250, dh: "3/17/1" });
    expect(encodePack([record(), second], "json").toString()).toBe(
      '[{"bn":"urn:dev:ops:pb-rathaus-meter-017:activeEnergyImported","bt":1760000001,"bu":"Wh","v":2941646.1614,"t":0.25,"dh":"3/17/0"},' +
        '{"v":2941646.1615,"t":60.25,"dh":"3/17/1"}]',
    );
  });

  it("marks backlog and an uncertain time", () => {
    const text = encodePack([record({ backlog: true, timeQuality: "relative" })], "json").toString();
    expect(text).toContain('"dh":"3/17/0","dq":"relative","db":true');
  });

  const unitOf = (channel: string): string => (channel === "temperature" ? "Cel" : "W");
  const records = fc.array(
    fc.record({
      channel: fc.constantFrom("activePower", "heatPower", "temperature"),
      v: fc.constantFrom("0", "-0.5", "12", "18446744073709551615", "2941646.1614", "0.000000000000000001"),
      time: fc.oneof(
        fc.integer({ min: 1_500_000_000_000, max: 1_900_000_000_000 }),
        fc.integer({ min: 1_500_000_000, max: 1_500_000_060 }).map((second) => second * 1000),
      ),
      timeQuality: fc.constantFrom(null, "relative", "unknown"),
      backlog: fc.boolean(),
    }),
    { minLength: 1, maxLength: 20 },
  );

  it("resolves to exactly the records that went in, in JSON and in CBOR", () => {
    fc.assert(
      fc.property(records, (drawn) => {
        const city = drawn.map(({ channel, ...rest }, row) =>
          record({
            ...rest,
            n: `${device}:${channel}`,
            u: unitOf(channel),
            dh: `3/17/${row}`,
          } as never),
        );
        const fromJson = resolved(decodeSenmlJson(encodePack(city, "json").toString()));
        const fromCbor = resolved(decodeSenmlCbor(encodePack(city, "cbor")));
        for (const list of [fromJson, fromCbor]) {
          // Resolving orders by time (RFC 8428 §4.6), so identity says which is which.
          const byIdentity = new Map(list.map((each) => [each.labels?.["dh"], each]));
          expect(byIdentity.size).toBe(city.length);
          for (const wanted of city) {
            const got = byIdentity.get(wanted.dh)!;
            expect([got.n, got.u, got.v]).toEqual([wanted.n, wanted.u, wanted.v]);
            expect(Math.round(Number(got.t) * 1000)).toBe(wanted.time);
            expect(got.labels?.["dq"] ?? null).toBe(wanted.timeQuality);
            expect(got.labels?.["db"] ?? false).toBe(wanted.backlog);
          }
        }
      }),
    );
  });

  it("is the very text that the records make as SenML", () => {
    fc.assert(
      fc.property(records, (drawn) => {
        const city = drawn.map(({ channel, ...rest }, row) =>
          record({ ...rest, n: `${device}:${channel}`, u: unitOf(channel), dh: `3/17/${row}` } as never),
        );
        expect(encodePack(city, "json").toString()).toBe(encodeSenmlJson(senmlRecords(city)));
      }),
    );
  });

  it("is much smaller than its records one by one", () => {
    const many = Array.from({ length: 24 }, (_, row) =>
      record({ time: 1000 * (1760000000 + 60 * row), dh: `3/17/${row}` }),
    );
    const alone = many.reduce((sum, each) => sum + encodePack([each], "json").length, 0);
    expect(encodePack(many, "json").length).toBeLessThan(0.4 * alone);
    expect(encodePack(many, "cbor").length).toBeLessThan(0.35 * alone);
  });
});

describe("a topic template", () => {
  it("is filled in from the record", () => {
    const parts = { prefix: "city/pb", gateway: "rathaus" };
    const topic = topicOf("{prefix}/{gateway}/{device}/{channel}", parts, record());
    expect(topic).toBe("city/pb/rathaus/pb-rathaus-meter-017/activeEnergyImported");
  });

  it("lets no name make a wildcard or a level of its own", () => {
    const odd = record({ device: "urn:dev:ops:a/#", n: "urn:dev:ops:a/#:+" });
    expect(topicOf("{device}/{channel}", { prefix: "p", gateway: "g" }, odd)).toBe("a__/_");
  });

  it.each(["", "a/#", "+/a", "{prefix}/{serial}", "/a", "a//b", "a/", "$SYS/a", "a\u0000b", "{prefix"])(
    "is refused as %j",
    (template) => {
      expect(isTemplate(template)).toBe(false);
    },
  );
});
