import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, expect, it } from "vitest";
import { drivers } from "../firmware/drivers/index.ts";
import { credentialsSchema, installationOf, installationSchema } from "../firmware/installation.ts";
import { loadConfig, readConfig } from "../gateway/config/config-file.ts";
import { ProblemError } from "../gateway/problem.ts";
import { DeviceRegistry } from "../gateway/registry/registry.ts";
import { toHex } from "../protocols/bytes.ts";
import { type DeviceOrder, deviceCommand } from "./device.ts";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
});

function gatewayFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-device-"));
  folders.push(folder);
  const example = readFileSync(join(import.meta.dirname, "../gateway/gateway.example.yaml"));
  writeFileSync(join(folder, "gateway.yaml"), example);
  return folder;
}

async function run(folder: string, order: Partial<DeviceOrder>) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const full = { action: "new", name: "pb-rathaus-meter-017", lang: "en", ...order } as const;
  const exit = await deviceCommand({ config: join(folder, "gateway.yaml"), out: folder, ...full }, streams);
  const text = (stream: PassThrough) => stream.read()?.toString() ?? "";
  return { exit, stdout: text(streams.stdout), stderr: text(streams.stderr) };
}

async function codeOf(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof ProblemError ? error.code : String(error);
}

it("the example of a device is valid and becomes what the core needs", () => {
  const file = join(import.meta.dirname, "../firmware/device.example.yaml");
  const settings = loadConfig(installationSchema(drivers), { file, text: readFileSync(file) });
  if (Array.isArray(settings)) {
    throw settings[0];
  }
  const key = new Uint8Array(16);
  const credentials = {
    version: 1,
    deployment: "paderborn",
    device: "urn:dev:ops:a-b",
    kid: 1,
    alg: "ccm",
    key,
  } as const;
  const installation = installationOf(settings, credentials, "1.0", drivers);
  expect(installation.sensors).toMatchObject([
    { driver: "sml-meter", interval: 900000, heartbeat: 900000, options: { baud: 0 } },
    { driver: "pmsx003", port: "/dev/serial0", interval: 60000 },
  ]);
  expect(installation.sensors[1]?.deadBands).toEqual([
    { quantity: "pm25", band: { integer: 2, exponent: 0 } },
  ]);
  expect(installation).toMatchObject({
    alg: 0,
    statusInterval: 3600000,
    outbox: { bytesMax: 1048576, persistent: true },
  });
});

it("a new device's file and the gateway's entry hold the same key, and nobody else sees it", async () => {
  const folder = gatewayFolder();
  const { exit, stdout, stderr } = await run(folder, { json: true });
  expect(exit).toBe(0);
  const answer = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  const file = join(folder, "pb-rathaus-meter-017.key.yaml");
  expect(answer).toEqual({
    device: "urn:dev:ops:pb-rathaus-meter-017",
    name: "pb-rathaus-meter-017",
    kid: 1,
    alg: "ccm",
    state: "active",
    personal: true,
    file,
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const credentials = await readConfig(credentialsSchema, file, true);
  const entry = (await DeviceRegistry.open(join(folder, "devices.d"))).byKid(1);
  if (Array.isArray(credentials) || entry === null) {
    throw new Error("not readable");
  }
  expect(toHex(credentials.key)).toBe(toHex(entry.root));
  expect(credentials).toMatchObject({ deployment: "paderborn", kid: 1, alg: "ccm", device: entry.device });
  expect(stdout + stderr).not.toContain(toHex(entry.root));
});

it("a replaced device gets a new file over its own old one; a revoked one is refused", async () => {
  const folder = gatewayFolder();
  await run(folder, {});
  const replaced = await run(folder, { action: "replace", lang: "de" });
  expect(replaced.stderr).toContain("der alte mit der Nummer 1 ist gesperrt");
  expect(replaced.stdout.trim()).toBe(join(folder, "pb-rathaus-meter-017.key.yaml"));
  const revoked = await run(folder, { action: "revoke", json: true });
  expect(JSON.parse(revoked.stdout)).toMatchObject({ kid: 2, state: "revoked" });
  const registry = await DeviceRegistry.open(join(folder, "devices.d"));
  expect([registry.byKid(1)?.state, registry.byKid(2)?.state]).toEqual(["revoked", "revoked"]);
});

it("somebody else's file is never overwritten, and then nothing is registered", async () => {
  const folder = gatewayFolder();
  writeFileSync(join(folder, "pb-rathaus-meter-017.key.yaml"), "my notes\n");
  expect(await codeOf(run(folder, {}))).toBe("FIL-076");
  expect((await DeviceRegistry.open(join(folder, "devices.d"))).entries()).toEqual([]);
  expect(readFileSync(join(folder, "pb-rathaus-meter-017.key.yaml"), "utf8")).toBe("my notes\n");
});

it("names and configs that are wrong are told before anything is made", async () => {
  const folder = gatewayFolder();
  expect(await codeOf(run(folder, { name: "Meter 17" }))).toBe("DEV-064");
  expect(await codeOf(run(folder, { urn: "urn:dev:ops:pb-other-1" }))).toBe("DEV-064");
  const missing = await run(folder, { config: join(folder, "none.yaml") }).catch(
    (error: AggregateError) => error,
  );
  expect((missing as AggregateError).errors[0].code).toBe("FIL-066");
});

it("a key file with a mistake is told without showing the key", async () => {
  const folder = gatewayFolder();
  await run(folder, {});
  const file = join(folder, "pb-rathaus-meter-017.key.yaml");
  const good = readFileSync(file, "utf8");
  const key = /key: "(.*)"/.exec(good)?.[1] ?? "";
  for (const bad of [
    good.replace(key, `${key}0`),
    good.replace('key: "', 'kei: "'),
    good.replace(`"${key}"`, `["${key}"`),
  ]) {
    writeFileSync(file, bad);
    const problems = await readConfig(credentialsSchema, file, true);
    expect(Array.isArray(problems)).toBe(true);
    expect(JSON.stringify(problems)).not.toContain(key);
  }
});
