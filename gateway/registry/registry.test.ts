import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, expect, it } from "vitest";
import { until } from "../../hil-tests/programs.ts";
import { toHex } from "../../protocols/bytes.ts";
import { ProblemError, problemText } from "../problem.ts";
import { DeviceRegistry, type RegistryEvent } from "./registry.ts";

const folders: string[] = [];
const open: DeviceRegistry[] = [];

afterEach(() => {
  for (const registry of open.splice(0)) {
    registry.close();
  }
  for (const folder of folders.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-registry-"));
  folders.push(folder);
  return folder;
}

async function registryIn(folder: string): Promise<DeviceRegistry> {
  const registry = await DeviceRegistry.open(folder);
  open.push(registry);
  return registry;
}

const meter = { name: "pb-rathaus-meter-017", alg: 0, personal: true } as const;
const parking = { name: "pb-domplatz-parking-001", alg: 1, personal: false } as const;

async function problemOf(action: Promise<unknown>): Promise<ProblemError> {
  const result = await action.then(
    () => null,
    (error: unknown) => error,
  );
  if (result instanceof ProblemError) {
    return result;
  }
  throw new Error(`no problem but ${String(result)}`);
}

it("a new device has a random key of its own, a number of its own, and a file only its owner can read", async () => {
  const folder = join(newFolder(), "devices.d");
  const registry = await registryIn(folder);
  const first = await registry.create(meter);
  const second = await registry.create(parking);
  expect(first).toMatchObject({
    device: "urn:dev:ops:pb-rathaus-meter-017",
    kid: 1,
    alg: 0,
    state: "active",
    personal: true,
  });
  expect(second).toMatchObject({ name: "pb-domplatz-parking-001", kid: 2, alg: 1, personal: false });
  expect(first.root.length).toBe(16);
  expect(toHex(first.root)).not.toBe(toHex(second.root));
  expect(statSync(join(folder, "pb-rathaus-meter-017.yaml")).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const again = await registryIn(folder);
  expect(again.byKid(1)).toEqual(first);
  expect(again.byName("pb-domplatz-parking-001")).toEqual(second);
  expect(again.byKid(3)).toBeNull();
});

it("a name is given once, and must be a name", async () => {
  const registry = await registryIn(newFolder());
  await registry.create(meter);
  expect((await problemOf(registry.create(meter))).code).toBe("DEV-075");
  for (const name of [
    "",
    "meter",
    "PB-x",
    "a--b",
    "../a-b",
    "a-b/c",
    "urn:dev:mac:0024befffe804ff1",
    `a-${"b".repeat(70)}`,
  ]) {
    expect((await problemOf(registry.create({ ...meter, name }))).code, name).toBe("DEV-064");
  }
  expect((await problemOf(registry.revoke("pb-nobody-1"))).code).toBe("DEV-066");
});

it("a device without encryption cannot be made for personal quantities", async () => {
  const registry = await registryIn(newFolder());
  expect((await problemOf(registry.create({ ...meter, alg: 1 }))).code).toBe("DEV-078");
});

it("a replaced device has a new key and number, and its old number stays known as revoked", async () => {
  const registry = await registryIn(newFolder());
  const old = await registry.create(meter);
  const now = await registry.replace(meter);
  expect(now.kid).toBe(2);
  expect(toHex(now.root)).not.toBe(toHex(old.root));
  expect(registry.byName(meter.name)).toEqual(now);
  expect(registry.byKid(1)).toMatchObject({ kid: 1, device: now.device, state: "revoked" });
  expect(toHex(registry.byKid(1)!.root)).not.toBe(toHex(old.root));
});

it("all keys of a device name its first one, also when the list of earlier ones no longer does", async () => {
  const folder = newFolder();
  const registry = await registryIn(folder);
  await registry.create(parking);
  const first = await registry.create(meter);
  await registry.replace(meter);
  const third = await registry.replace(meter);
  expect([first, third, registry.byKid(2)!, registry.byKid(3)!].map(({ firstKid }) => firstKid)).toEqual([
    2, 2, 2, 2,
  ]);
  const file = join(folder, `${meter.name}.yaml`);
  writeFileSync(file, readFileSync(file, "utf8").replace("[2, 3]", "[3]"));
  const again = await registryIn(folder);
  expect(again.byName(meter.name)?.firstKid).toBe(2);
});

it("a damaged entry that is replaced has no first key any more", async () => {
  const folder = newFolder();
  const registry = await registryIn(folder);
  await registry.create(meter);
  writeFileSync(join(folder, `${meter.name}.yaml`), "version: 1\n");
  await registry.refresh();
  expect((await registry.replace(meter)).firstKid).toBe(0);
});

it("a revoked device's key is forgotten, and its number is never given again", async () => {
  const folder = newFolder();
  const registry = await registryIn(folder);
  const entry = await registry.create(meter);
  await registry.revoke(meter.name);
  expect(registry.byKid(entry.kid)?.state).toBe("revoked");
  expect(readFileSync(join(folder, `${meter.name}.yaml`), "utf8")).not.toContain(toHex(entry.root));
  expect((await registry.create(parking)).kid).toBe(2);
  unlinkSync(join(folder, `${parking.name}.yaml`));
  expect((await registry.replace(meter)).kid).toBe(3);
  expect(registry.byKid(1)?.state).toBe("revoked");
});

it("a damaged counter of numbers is refused rather than guessed", async () => {
  const folder = newFolder();
  const registry = await registryIn(folder);
  await registry.create(meter);
  writeFileSync(join(folder, "last-kid"), "x1\n");
  const error = await problemOf(registry.create(parking));
  expect(error.code).toBe("DEV-068");
  expect(error.parameters["kid"]).toBe(1);
  writeFileSync(join(folder, "last-kid"), "65535\n");
  expect((await problemOf(registry.create(parking))).code).toBe("DEV-069");
});

it("a list that is empty or missing means nobody", async () => {
  const folder = newFolder();
  expect((await registryIn(folder)).entries()).toEqual([]);
  expect((await registryIn(join(folder, "missing"))).byKid(1)).toBeNull();
});

it("a damaged entry shuts out its device alone, by name, and shows no key", async () => {
  const folder = newFolder();
  const registry = await registryIn(folder);
  const entry = await registry.create(meter);
  await registry.create(parking);
  const file = join(folder, `${meter.name}.yaml`);
  const good = readFileSync(file, "utf8");
  for (const bad of [
    good.slice(0, 60),
    "",
    good.replace(/key: .*\n/, ""),
    good.replace("kid: 1", "kid: 0"),
    good.replace("state: active", "state: maybe"),
    good.replace("rathaus", "dom"),
    good.replace(/key: "(.*)"/, 'key: "$1ff"'),
    `${good}\u0000\ufffd: [`,
  ]) {
    writeFileSync(file, bad);
    await registry.refresh();
    expect(registry.byName(meter.name), bad).toBeNull();
    expect(registry.byKid(1)?.state).toBe("revoked");
    expect(registry.byName(parking.name)).not.toBeNull();
    const [error] = registry.problems();
    for (const lang of ["de", "en"] as const) {
      const text = JSON.stringify(problemText(error!, lang));
      expect(text).toContain(meter.name);
      expect(text).not.toContain(toHex(entry.root));
    }
  }
  expect((await registry.replace(meter)).kid).toBe(3);
  expect(registry.problems()).toEqual([]);
});

it("a file that others can read is refused, and the problem names the command that helps", async () => {
  const folder = newFolder();
  const registry = await registryIn(folder);
  await registry.create(meter);
  const file = join(folder, `${meter.name}.yaml`);
  const key = registry.byKid(1)?.root;
  chmodSync(file, 0o640);
  await registry.refresh();
  for (const reader of [registry, await DeviceRegistry.open(folder)]) {
    expect(reader.byName(meter.name)).toBeNull();
    // Known by name, because what it sent before is still on its way; but nothing new can be authentic.
    expect(reader.byKid(1)).toMatchObject({ state: "revoked", name: meter.name });
    expect(reader.byKid(1)?.root).not.toEqual(key);
  }
  expect(problemText(registry.problems()[0]!, "en").next).toContain(`chmod 600 ${file}`);
  chmodSync(file, 0o600);
  await registry.refresh();
  expect(registry.byKid(1)?.state).toBe("active");
});

it("two files with one key number shut out both devices", async () => {
  const folder = newFolder();
  const registry = await registryIn(folder);
  await registry.create(meter);
  const copy = join(folder, "pb-copy-1.yaml");
  copyFileSync(join(folder, `${meter.name}.yaml`), copy);
  writeFileSync(copy, readFileSync(copy, "utf8").replace(meter.name, "pb-copy-1"));
  await registry.refresh();
  expect(registry.entries()).toEqual([]);
  expect(registry.problems().map((error) => error.code)).toEqual(["DEV-067", "DEV-067"]);
});

it("a running gateway takes up what another process changes within two seconds", async () => {
  const folder = newFolder();
  const gateway = await registryIn(folder);
  const events: RegistryEvent[] = [];
  gateway.onChange((event) => events.push(event));
  gateway.follow();
  const tool = await registryIn(folder);
  const seen = (type: string, name: string) => () =>
    events.some((event) => event.type === type && event.name === name);
  await tool.create(meter);
  await until("the new device is known", seen("added", meter.name), 2000);
  await tool.replace(meter);
  await until("the replaced key is known", () => gateway.byKid(2)?.state === "active", 2000);
  expect(gateway.byKid(1)?.state).toBe("revoked");
  await tool.revoke(meter.name);
  await until("the device is revoked", seen("revoked", meter.name), 2000);
  await tool.create(parking);
  await until("the second device is known", seen("added", parking.name), 2000);
  writeFileSync(join(folder, `${parking.name}.yaml`), "broken");
  await until("the damage is told", seen("damaged", parking.name), 2000);
  unlinkSync(join(folder, `${meter.name}.yaml`));
  await until("the missing file is told", seen("removed", meter.name), 2000);
});

it("a folder that appears later is followed, too", async () => {
  const folder = join(newFolder(), "later");
  const gateway = await registryIn(folder);
  gateway.follow();
  const tool = await registryIn(folder);
  await tool.create(meter);
  await until("the new device is known", () => gateway.byKid(1) !== null, 2000);
});

it("a folder that is put in the place of another is followed, too", async () => {
  const folder = join(newFolder(), "devices");
  await (await registryIn(folder)).create(meter);
  const gateway = await registryIn(folder);
  gateway.follow();
  renameSync(folder, `${folder}.old`);
  await until("nobody is known", () => gateway.byKid(1) === null, 3000);
  await (await registryIn(folder)).create(parking);
  await until("the new folder's device is known", () => gateway.byName(parking.name) !== null, 3000);
  chmodSync(join(folder, `${parking.name}.yaml`), 0o644);
  await until("the file that others can read is told", () => gateway.problems().length === 1, 3000);
});

it("devices made at the same time by several registries all get numbers of their own", async () => {
  const folder = newFolder();
  const registries = await Promise.all([registryIn(folder), registryIn(folder), registryIn(folder)]);
  const made = await Promise.all(
    Array.from({ length: 24 }, (_, i) => registries[i % 3]!.create({ ...meter, name: `pb-many-${i}` })),
  );
  expect(new Set(made.map((entry) => entry.kid)).size).toBe(24);
  const all = await registryIn(folder);
  expect(all.entries().length).toBe(24);
  expect(all.problems()).toEqual([]);
});

it("of two that want the same name at the same time one gets it", async () => {
  const folder = newFolder();
  const registries = await Promise.all([registryIn(folder), registryIn(folder)]);
  const results = await Promise.allSettled(registries.map((registry) => registry.create(meter)));
  expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
});

it("when the device's file cannot be delivered, nothing is registered", async () => {
  const folder = newFolder();
  const registry = await registryIn(folder);
  const deliver = () => Promise.reject(new ProblemError("FIL-073", { path: "/full" }));
  expect((await problemOf(registry.create({ ...meter, deliver }))).code).toBe("FIL-073");
  expect(registry.entries()).toEqual([]);
  expect((await registry.create(meter)).kid).toBe(2);
});

it("a process killed at any moment leaves each device old or new, and no number is given twice", async () => {
  const folder = newFolder();
  const script = join(folder, "worker.mjs");
  const list = join(folder, "devices.d");
  mkdirSync(list);
  await build({
    stdin: {
      contents: `import { DeviceRegistry } from "./gateway/registry/registry.ts";
        const registry = await DeviceRegistry.open(process.argv[2]);
        const order = { name: "pb-kill-1", alg: 0, personal: true };
        if (registry.byName(order.name) === null) await registry.create(order);
        process.stdout.write("ready\\n");
        for (;;) { const entry = await registry.replace(order); process.stdout.write(entry.kid + "\\n"); }`,
      resolveDir: join(import.meta.dirname, "../.."),
      loader: "ts",
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: script,
    logLevel: "silent",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  const given = new Set<number>();
  for (let round = 0; round < 12; round++) {
    const child = spawn(process.execPath, [script, list], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (data: Buffer) => {
      output += data.toString();
    });
    await until("the worker replaces keys", () => output.split("\n").length > 3 + (round % 4), 8000);
    child.kill("SIGKILL");
    await once(child, "exit");
    const numbers = output.split("\n").slice(1, -1).map(Number);
    for (const kid of numbers) {
      expect(given.has(kid), `number ${kid} twice`).toBe(false);
      given.add(kid);
    }
    const registry = await registryIn(list);
    expect(registry.problems()).toEqual([]);
    const kid = registry.byName("pb-kill-1")?.kid ?? 0;
    expect(kid).toBeGreaterThanOrEqual(numbers.at(-1) ?? 1);
    given.add(kid);
  }
  await (await registryIn(list)).create(meter);
  expect(readdirSync(list).filter((name) => name.includes("unfinished"))).toEqual([]);
}, 30_000);
