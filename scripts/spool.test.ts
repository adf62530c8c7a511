import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DeviceEntry, DeviceRegistry } from "../gateway/registry/registry.ts";
import type { CityRecord } from "../gateway/sink.ts";
import type { LookReport } from "../gateway/spool/look.ts";
import type { SpoolStatus } from "../gateway/spool-status.ts";
import { freePort, until } from "../hil-tests/programs.ts";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { algCcm, deriveSession, mqttPassword, seal } from "../protocols/envelope.ts";
import { encodeUp } from "../protocols/message.ts";
import { createPackWriter } from "../protocols/pack.ts";
import { type Shape, shapeId, shapeOf, shapeValue } from "../protocols/shape.ts";

/** The commands as people run them, beside a gateway as they run it. */

const program = fileURLToPath(new URL("../dist/hasen.mjs", import.meta.url));
const deployment = "paderborn";
const patience = 30_000;
const shape = shapeOf([{ quantity: "activePower", exponent: -2 }], "interval", "rows") as Shape;

let folder: string;
let config: string;
let gateway: ChildProcess;
let meter: DeviceEntry;
let ports: { broker: number; health: number };

/** Frames of epoch 1: the shape, then packs of two rows. */
function frame(piv: number): Uint8Array {
  const { root, kid, alg } = meter;
  const session = deriveSession(nodeCrypto, { root, deployment, kid, epoch: 1, alg, direction: "up" });
  return seal(
    session,
    piv,
    piv === 0 ? encodeUp({ type: "shape", shape: shapeValue(shape) }) : pack(piv),
  ).slice();
}

function pack(piv: number): Uint8Array {
  const time = 1_763_000_000_000 + piv * 2000;
  const writer = createPackWriter({ shape, id: shapeId(nodeCrypto, shape), rowsMax: 4 });
  writer.begin({ time, timeQuality: "synced", step: 1000 });
  writer.add(time, [piv * 100]);
  writer.add(time + 1000, [piv * 100 + 50]);
  return writer.flush().slice();
}

/** Sends frames; resolves when all are on the gateway's disk (PUBACK). */
async function publish(...pivs: readonly number[]): Promise<void> {
  const client = await connectAsync(`mqtt://127.0.0.1:${ports.broker}`, {
    username: meter.name,
    password: mqttPassword(nodeCrypto, { root: meter.root, deployment, kid: meter.kid }),
    reconnectPeriod: 0,
  });
  const topic = `dreihasen/v1/${meter.name}/up`;
  await Promise.all(pivs.map((piv) => client.publishAsync(topic, Buffer.from(frame(piv)), { qos: 1 })));
  await client.endAsync();
}

function hasen(...args: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, "--lang", "en", "spool", ...args, "--config", config],
    { encoding: "utf8" },
  );
  return { code: status, stdout, stderr };
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hasen-spool-"));
  config = join(folder, "gateway.yaml");
  ports = { broker: await freePort(), health: await freePort() };
  writeFileSync(
    config,
    `version: 1
deployment: ${deployment}
spool: { folder: ./spool, bytes: 8 MiB }
devices: ./devices.d
links: [{ kind: mqtt, listen: "127.0.0.1:${ports.broker}" }]
sinks:
  - { kind: file, path: ./records.ndjson }
  - { kind: mqtt, name: city, url: "mqtt://127.0.0.1:${await freePort()}" }
health: { listen: "127.0.0.1:${ports.health}" }
`,
  );
  const registry = await DeviceRegistry.open(join(folder, "devices.d"));
  meter = await registry.create({ name: "pb-test-meter-1", alg: algCcm, personal: true });
  registry.close();
  gateway = spawn(process.execPath, [program, "gateway", "--config", config], { stdio: "ignore" });
  const url = `http://127.0.0.1:${ports.health}/healthz`;
  await until(
    "the gateway answers",
    () =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      ),
    patience,
  );
  await publish(0);
  await publish(1, 2, 3);
}, patience);

afterAll(() => {
  gateway.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

describe("hasen spool beside a running gateway", () => {
  it("says how full it is, how far each sink is behind, and what it cost the card", async () => {
    const asked = (): SpoolStatus => JSON.parse(hasen("status", "--json").stdout);
    await until(
      "the file has all",
      () => !asked().sinks.some((one) => one.sink === "file" && one.entries > 0),
    );
    const status = asked();
    expect(status).toMatchObject({ running: true, folder: join(folder, "spool"), drops: [] });
    const city = status.sinks.filter(({ sink }) => sink === "city");
    expect(city.reduce((sum, { records }) => sum + records, 0)).toBe(6);
    expect(city.reduce((sum, { entries }) => sum + entries, 0)).toBe(3);
    expect(status.rings[0].wear?.perByte).toBeGreaterThan(1);
    const said = hasen("status").stdout;
    expect(said).toContain("file has everything.");
    expect(said).toMatch(/city still lacks 3 messages with 6 records/);
    expect(said).toMatch(/bytes for each byte/);
  });

  it("shows the newest messages with their values", () => {
    const said = linesOf(hasen("tail", "--lines", "2").stdout);
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/pb-test-meter-1 {2}1\/3 {2}2 rows, the last: activePower 3\.50 W$/);
    const [last] = linesOf(hasen("tail", "--lines", "1", "--json").stdout).map((line) => JSON.parse(line));
    expect(last).toMatchObject({ device: meter.device, epoch: 1, piv: 3, type: "pack", fault: null });
    expect(last.records.map(({ v }: CityRecord) => v)).toEqual(["3.00", "3.50"]);
  });

  it("follows what comes", async () => {
    const args = [program, "spool", "tail", "--config", config, "--follow", "--json", "--lines", "1"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    await until("it shows the last", () => linesOf(said).length === 1, patience);
    await publish(4, 5);
    await until("it shows what came", () => linesOf(said).length >= 3, patience);
    expect(linesOf(said).map((line) => JSON.parse(line).piv)).toEqual([3, 4, 5]);
    child.kill("SIGKILL");
  });

  it("exports the lines that the file sink writes, of one device and a time if asked", async () => {
    const written = () => linesOf(readFileSync(join(folder, "records.ndjson"), "utf8"));
    await until("the file has all", () => written().length === 10, patience);
    expect(linesOf(hasen("export").stdout)).toEqual(written());
    expect(linesOf(hasen("export", "--device", meter.name, "--from", "1 h").stdout)).toHaveLength(10);
    expect(hasen("export", "--device", "pb-test-meter-2").stdout).toBe("");
    expect(hasen("export", "--to", "2020-01-01").stdout).toBe("");
    expect(hasen("export", "--from", "yesterday")).toMatchObject({ code: 64, stdout: "" });
  });

  it("verifies without touching the gateway's lock", () => {
    const { code, stdout } = hasen("verify", "--json");
    expect(code).toBe(0);
    const { rings } = JSON.parse(stdout);
    expect(rings[0]).toMatchObject({ ring: "telemetry", writer: gateway.pid, damaged: [], quarantined: 0 });
    // The messages, and the shape once more, as it lies in both rings.
    expect(rings.reduce((sum: number, { entries }: LookReport) => sum + entries, 0)).toBe(6 + 1);
  });
});

describe("hasen spool after the gateway was killed", () => {
  beforeAll(async () => {
    const ended = new Promise((resolve) => gateway.once("exit", resolve));
    gateway.kill("SIGKILL");
    await ended;
  }, patience);

  it("reads the same from the files", () => {
    const status = JSON.parse(hasen("status", "--json").stdout);
    expect(status).toMatchObject({ running: false, writer: null, drops: null });
    expect(hasen("status").stdout).toContain("no gateway is running");
    expect(linesOf(hasen("export").stdout)).toHaveLength(10);
    expect(hasen("verify").code).toBe(0);
  });

  it("names the damaged file and ends with 1", () => {
    const spool = join(folder, "spool");
    const [name] = readdirSync(spool).filter((file) => file.endsWith(".log"));
    const bytes = readFileSync(join(spool, name));
    bytes[bytes.findLastIndex((byte) => byte !== 0)] ^= 1;
    const cut = bytes.lastIndexOf("DHb1");
    // The last block but one: at the end it could not be told from a commit cut short.
    bytes[bytes.lastIndexOf("DHb1", cut - 1) + 40] ^= 1;
    writeFileSync(join(spool, name), bytes);
    const { code, stdout } = hasen("verify");
    expect(code).toBe(1);
    expect(stdout).toContain(`${name}: messages`);
    expect(stdout).toContain("damaged");
  });

  it("says which folder is missing", () => {
    rmSync(join(folder, "spool"), { recursive: true });
    const { code, stderr } = hasen("tail");
    expect(code).toBe(66);
    expect(stderr).toContain(join(folder, "spool"));
  });
});
