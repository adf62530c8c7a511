import { expect, it } from "vitest";
import { computerDrivers } from "../../firmware/drivers/computer.ts";
import { installationSchema } from "../../firmware/installation.ts";
import { loadConfig } from "../../gateway/config/config-file.ts";
import { gatewaySchema } from "../../gateway/config.ts";
import { meterLines, sensorLines } from "./config-lines.ts";
import type { Found } from "./outcome.ts";
import { even, plain, seven } from "./setting.ts";

function found(language: string, more: Partial<Found>): Found {
  return {
    language,
    setting: plain(9600),
    asked: false,
    proof: "checksum",
    telegrams: 1,
    faults: 0,
    telegram: { offset: 0, meter: "12345678", readings: [] },
    locked: null,
    dataBaud: 9600,
    unit: null,
    kind: null,
    receiver: "plain",
    ...more,
  };
}

it.each([
  found("sml", {}),
  found("sml", { setting: plain(115_200) }),
  found("d0", { setting: seven(2400) }),
  found("d0", { setting: seven(300), asked: true }),
  found("dsmr", { setting: plain(115_200) }),
  found("dlms", { setting: even(2400), locked: "no-key", telegram: null }),
  found("mbus", { setting: even(300), asked: true }),
  found("mbus", { setting: even(2400), asked: true, telegram: null }),
  found("wmbus", { setting: plain(57_600), locked: "no-key", telegram: null }),
  found("wmbus", { setting: plain(9600), receiver: "amber" }),
  found("modbus", { setting: even(19_200), asked: true, unit: 3, telegram: null }),
  found("modbus", {
    setting: plain(9600),
    asked: true,
    unit: 1,
    kind: { map: "sunspec", sure: true, models: [1, 103] },
  }),
])(
  "the lines for a gateway's and a device's config are ones that it takes: $language at $setting.baud",
  (one) => {
    const lines = meterLines(one, "/dev/ttyUSB0", false);
    const sinks = "sinks: [{ kind: file, name: notebook, path: ./records.ndjson }]";
    const text = ["version: 1", "deployment: paderborn", sinks, ...lines, ""].join("\n");
    const config = loadConfig(gatewaySchema, { file: "gateway.yaml", text });
    expect(Array.isArray(config) ? config.map(({ code, where }) => [code, where]) : []).toEqual([]);
    const head = ["version: 1", "credentials: ./x.key.yaml", "link: { kind: serial, port: /dev/x }"];
    const device = [...head, ...sensorLines(one, "/dev/ttyUSB0", false), ""].join("\n");
    const settings = loadConfig(installationSchema(computerDrivers), { file: "device.yaml", text: device });
    expect(Array.isArray(settings) ? settings.map(({ code, where }) => [code, where]) : []).toEqual([]);
  },
);
