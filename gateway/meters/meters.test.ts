import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../config/config-file.ts";
import { gatewaySchema } from "../config.ts";
import { ProblemError } from "../problem.ts";
import { DeviceRegistry } from "../registry/registry.ts";
import { readMeterKey } from "./meter-keys.ts";
import { checkMeters } from "./meters.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dreihasen-meters-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function config(...lines: readonly string[]) {
  const sinks = "sinks: [{ kind: file, name: notebook, path: ./records.ndjson }]";
  const text = ["version: 1", "deployment: paderborn", sinks, ...lines, ""].join("\n");
  return loadConfig(gatewaySchema, { file: "gateway.yaml", text });
}

/** "code line:column" of each problem. */
function problemsOf(...lines: readonly string[]): string[] {
  const found = config(...lines);
  return Array.isArray(found)
    ? found.map(({ code, where }) => {
        const at = typeof where === "object" && where !== null ? `${where.line}:${where.column}` : "";
        return `${code} ${at}`;
      })
    : [];
}

describe("meters in the config", () => {
  it("need no links beside them", () => {
    const found = config("meters: [{ name: pb-a-1, language: sml, port: /dev/ttyUSB0 }]");
    expect(found).toMatchObject({
      links: [],
      meters: [{ name: "pb-a-1", language: "sml", port: "/dev/ttyUSB0", baud: 9600 }],
    });
  });

  it("may say how SML is read", () => {
    const plain = "language: sml, port: /dev/ttyUSB0";
    expect(config(`meters: [{ name: pb-a-1, ${plain} }]`)).toMatchObject({
      meters: [{ correctSigns: true, salvage: false }],
    });
    expect(config(`meters: [{ name: pb-a-1, ${plain}, correctSigns: false, salvage: true }]`)).toMatchObject({
      meters: [{ correctSigns: false, salvage: true }],
    });
  });

  it("may be named by their URN", () => {
    const found = config("meters: [{ name: urn:dev:ops:pb-a-1, language: d0, port: /dev/ttyUSB0 }]");
    expect(found).toMatchObject({ meters: [{ name: "pb-a-1" }] });
  });

  it("or links must be there: a gateway that hears nobody is a mistake", () => {
    expect(problemsOf()).toEqual(["CFG-025 1:1"]);
  });

  it.each([
    ["a name of one part", "  - { name: meter, language: sml, port: /dev/ttyUSB0 }", "CFG-008 5:13"],
    ["an unknown language", "  - { name: pb-a-1, language: smk, port: /dev/ttyUSB0 }", "CFG-006 5:31"],
    ["no port", "  - { name: pb-a-1, language: sml }", "CFG-004 5:5"],
    ["no language", "  - { name: pb-a-1, port: /dev/ttyUSB0 }", "CFG-004 5:5"],
    [
      "a misspelt key",
      "  - { name: pb-a-1, language: sml, port: /dev/ttyUSB0, bauds: 9600 }",
      "CFG-003 5:56",
    ],
    [
      "too short an interval",
      "  - { name: pb-a-1, language: sml, port: /a, interval: 1 ms }",
      "CFG-007 5:56",
    ],
  ])("with %s are told with line and column", (_what, line, told) => {
    expect(problemsOf("meters:", line)).toEqual([told]);
  });

  it("that share a name are told, with the line of the first", () => {
    const meter = "  - { name: pb-a-1, language: sml, port: /dev/ttyUSB0 }";
    expect(problemsOf("meters:", meter, meter)).toEqual(["CFG-015 6:13"]);
  });
});

describe("a check of the meters", () => {
  const settings = { name: "pb-a-1", language: "sml", port: "/dev/ttyUSB0" };

  it("finds a name that is a device's, and none that is the meter's own", async () => {
    const registry = await DeviceRegistry.open(join(folder, "devices.d"));
    await registry.create({ name: "pb-a-1", alg: 0, personal: true });
    await registry.create({ name: "pb-a-2", alg: 0, personal: true, local: true });
    const found = await checkMeters([settings, { ...settings, name: "pb-a-2" }], registry);
    expect(found.map(({ code, exit }) => `${code} ${exit}`)).toEqual(["MTR-065 65"]);
  });

  it("finds a revoked one, also after the list was read anew", async () => {
    const registry = await DeviceRegistry.open(join(folder, "devices.d"));
    await registry.create({ name: "pb-a-1", alg: 0, personal: true, local: true });
    await registry.revoke("pb-a-1");
    const again = await DeviceRegistry.open(join(folder, "devices.d"));
    const found = await checkMeters([settings], again);
    expect(found.map(({ code, exit }) => `${code} ${exit}`)).toEqual(["MTR-077 77"]);
  });

  it("finds a key file that is not there, holds no key, or is open to others", async () => {
    const registry = await DeviceRegistry.open(join(folder, "devices.d"));
    const keyFile = join(folder, "key");
    const codes = async () =>
      (await checkMeters([{ ...settings, keyFile }], registry)).map(({ code }) => code);
    expect(await codes()).toEqual(["FIL-066"]);
    writeFileSync(keyFile, "my key\n", { mode: 0o600 });
    expect(await codes()).toEqual(["MTR-066"]);
    writeFileSync(keyFile, "00112233445566778899AABBCCDDEEFF\n# of the heat meter\n");
    expect(await codes()).toEqual([]);
    expect(await readMeterKey(keyFile)).toHaveLength(16);
    chmodSync(keyFile, 0o644);
    expect(await codes()).toEqual(["MTR-078"]);
    expect(await readMeterKey(keyFile).catch((error) => error)).toBeInstanceOf(ProblemError);
  });
});
