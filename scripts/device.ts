/** `hasen device new|replace|revoke`: keys of devices, made at the gateway. No key is ever shown, only written to files. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { deviceUrnOf, shortName } from "../gateway/config/forms.ts";
import { type GatewayConfig, readGatewayConfig } from "../gateway/config.ts";
import { makeFolder, writeDurably } from "../gateway/durable-file.ts";
import { problem } from "../gateway/problem.ts";
import { type DeviceEntry, DeviceRegistry } from "../gateway/registry/registry.ts";
import { type Language, say } from "../gateway/words/words.ts";
import { toHex } from "../protocols/bytes.ts";
import type { Streams } from "./streams.ts";

export interface DeviceOrder {
  readonly action: "new" | "replace" | "revoke";
  /** Short name, e.g. "pb-rathaus-meter-017". */
  readonly name: string;
  /** gateway.yaml: where the list of devices is, and what the deployment is called. */
  readonly config: string;
  readonly urn?: string;
  readonly alg?: "ccm" | "hmac";
  /** Folder for the device's file; the working folder where none is given. */
  readonly out?: string;
  readonly json?: boolean;
  readonly lang: Language;
}

/** Runs one of the three; resolves with 0, rejects with the problems. */
export async function deviceCommand(order: DeviceOrder, streams: Streams): Promise<number> {
  const config = await readGatewayConfig(order.config);
  if (Array.isArray(config)) {
    throw new AggregateError(config);
  }
  const name = order.urn ?? order.name;
  const urn = deviceUrnOf(name);
  if (urn === undefined || (order.urn !== undefined && shortName(urn) !== order.name)) {
    throw problem("DEV-064", { value: name });
  }
  const registry = await DeviceRegistry.open(config.devices);
  return order.action === "revoke"
    ? deviceRevoke(order, registry, streams)
    : deviceKey(order, config, registry, streams);
}

/** A new device, or a new key for one. */
async function deviceKey(
  order: DeviceOrder,
  config: GatewayConfig,
  registry: DeviceRegistry,
  streams: Streams,
): Promise<number> {
  const old = registry.byName(order.name);
  if (order.action === "replace" && old?.local === true) {
    return replaceLocal(order, old, registry, streams);
  }
  const alg = order.alg === undefined ? (old?.alg ?? 0) : order.alg === "ccm" ? 0 : 1;
  const file = resolve(order.out ?? ".", `${order.name}.key.yaml`);
  const key = {
    name: order.name,
    alg,
    personal: alg === 0 && (old?.personal ?? true),
    deliver: async (entry: DeviceEntry) => {
      await refuseForeignFile(file, entry);
      await makeFolder(resolve(order.out ?? "."));
      await writeDurably(file, credentialsText(entry, config), 0o600);
    },
  } as const;
  const entry = order.action === "new" ? await registry.create(key) : await registry.replace(key);
  const words = { name: entry.name, kid: entry.kid, old: old?.kid ?? "?", file };
  const done = order.action === "new" ? "device.created" : "device.replaced";
  tell(streams, order.lang, [say(order.lang, done, words), say(order.lang, "device.file", words)]);
  answer(order, streams, entry, { file });
  return 0;
}

/** A new key for a meter of the gateway's own: it is in the list, where the gateway finds it, and nowhere else. */
async function replaceLocal(
  order: DeviceOrder,
  { alg, personal }: DeviceEntry,
  registry: DeviceRegistry,
  streams: Streams,
): Promise<number> {
  const entry = await registry.replace({ name: order.name, alg, personal, local: true });
  streams.stderr.write(`${say(order.lang, "device.local", { name: entry.name })}\n`);
  answer(order, streams, entry, {});
  return 0;
}

async function deviceRevoke(order: DeviceOrder, registry: DeviceRegistry, streams: Streams): Promise<number> {
  const entry = await registry.revoke(order.name);
  tell(streams, order.lang, [say(order.lang, "device.revoked", { name: entry.name, kid: entry.kid })]);
  answer(order, streams, entry, {});
  return 0;
}

/** A file of that name may be overwritten only if it is this device's own from an earlier key. */
async function refuseForeignFile(file: string, entry: DeviceEntry): Promise<void> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    return error.code === "ENOENT" ? null : "";
  });
  if (text !== null && !text.split("\n").includes(`device: ${entry.device}`)) {
    throw problem("FIL-076", { path: file }, { where: file });
  }
}

/** The device's file, as firmware/installation.ts reads it. */
function credentialsText(entry: DeviceEntry, config: GatewayConfig): string {
  return [
    "# Who this device is, and its key. Copy this file to the device, name it in its device.yaml as `credentials`,",
    "# and delete every other copy. Keep the mode 0600.",
    "version: 1",
    `deployment: ${config.deployment}`,
    `device: ${entry.device}`,
    `kid: ${entry.kid}`,
    `alg: ${entry.alg === 0 ? "ccm" : "hmac"}`,
    `key: "${toHex(entry.root)}"`,
    "",
  ].join("\n");
}

function tell(streams: Streams, lang: Language, sentences: readonly string[]): void {
  for (const sentence of [...sentences, say(lang, "device.taken")]) {
    streams.stderr.write(`${sentence}\n`);
  }
}

/** The result for programs, on the last line of stdout. */
function answer(order: DeviceOrder, streams: Streams, entry: DeviceEntry, files: { file?: string }): void {
  if (order.json === true) {
    const { device, name, kid, state, personal } = entry;
    const alg = entry.alg === 0 ? "ccm" : "hmac";
    streams.stdout.write(`${JSON.stringify({ device, name, kid, alg, state, personal, ...files })}\n`);
  } else if (files.file !== undefined) {
    streams.stdout.write(`${files.file}\n`);
  }
}
