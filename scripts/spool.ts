/** `hasen spool`: what waits, what came, whether it holds, and all of it as lines. Looks only: takes no lock, repairs nothing. */
import { existsSync, readdirSync } from "node:fs";
import { deviceUrnOf, durationOf } from "../gateway/config/forms.ts";
import { type GatewayConfig, readGatewayConfig } from "../gateway/config.ts";
import { problem } from "../gateway/problem.ts";
import { DeviceRegistry } from "../gateway/registry/registry.ts";
import { ringFolder, ringNames, ringSizes } from "../gateway/rings.ts";
import { recordLines } from "../gateway/sinks/file.ts";
import { lockHolder } from "../gateway/spool/lock.ts";
import { SpoolLook } from "../gateway/spool/look.ts";
import { readOnlyFiles } from "../gateway/spool/node-files.ts";
import { type RingLook, SpoolMessages } from "../gateway/spool-messages.ts";
import { type SpoolStatus, sinkLags } from "../gateway/spool-status.ts";
import { problemOfSystemError } from "../gateway/system-error.ts";
import type { Language } from "../gateway/words/words.ts";
import { isFault } from "../protocols/fault.ts";
import { askGateway, healthAddress } from "./ask-gateway.ts";
import { damageLines, messageLine, statusLines } from "./spool-text.ts";
import type { Streams } from "./streams.ts";

export interface SpoolOrder {
  readonly action: "status" | "tail" | "verify" | "export";
  readonly config: string;
  readonly json?: boolean;
  readonly lang: Language;
  /** tail: how many messages. */
  readonly lines?: string;
  readonly follow?: boolean;
  /** export: a point in time, or how long ago. */
  readonly from?: string;
  readonly to?: string;
  /** export: short name or URN. */
  readonly device?: string;
  /** Ends `--follow`; without it only a signal does. */
  readonly stop?: AbortSignal;
}

/** How often `--follow` looks for more, ms. */
const followEvery = 500;
/** Lines are handed on in pieces of so many characters. */
const pieceMax = 64 * 1024;

/** Resolves with the exit code: 1 when verify found something. Rejects with the problems. */
export async function spoolCommand(order: SpoolOrder, streams: Streams): Promise<number> {
  const config = await readGatewayConfig(order.config);
  if (Array.isArray(config)) {
    throw new AggregateError(config);
  }
  switch (order.action) {
    case "status":
      return await status(order, config, streams);
    case "tail":
      return await tail(order, config, streams);
    case "verify":
      return verify(order, config, streams);
    case "export":
      return await exportLines(order, config, streams);
  }
}

async function status(order: SpoolOrder, config: GatewayConfig, { stdout }: Streams): Promise<number> {
  const { folder } = config.spool;
  const told = await askGateway<SpoolStatus>(config, "/spool");
  const running = told?.folder === folder;
  const shown = running ? told : await statusOfFiles(config);
  const writer = running ? null : (lockHolder(`${folder}/lock`)?.pid ?? null);
  stdout.write(
    order.json === true
      ? `${JSON.stringify({ running, writer, ...shown })}\n`
      : `${statusLines(shown, { running, writer, where: healthAddress(config) }, order.lang).join("\n")}\n`,
  );
  return 0;
}

/** The same as a running gateway tells, as far as its files do. */
async function statusOfFiles(config: GatewayConfig): Promise<SpoolStatus> {
  const { folder } = config.spool;
  const rings = openRings(folder);
  const messages = await messagesOf(config, rings);
  const shown = {
    folder,
    rings: rings.map(({ ring, look }) => ({
      ring,
      bytes: look.bytes,
      bytesMax: ringSizes(config.spool.bytes)[ring].bytesMax,
      segments: look.segments,
      quarantined: look.quarantined,
      entries: look.head - look.tail,
      oldest: look.read(look.tail, { entries: 1, bytes: 1 }).at(0)?.time ?? null,
      wear: null,
    })),
    sinks: rings.flatMap(({ ring, look }) =>
      sinkLags(ring, look, {
        now: Date.now(),
        records: (entry) => messages.message(ring, entry)?.records.length ?? 0,
      }),
    ),
    drops: null,
  };
  close(rings);
  return shown;
}

async function tail(order: SpoolOrder, config: GatewayConfig, streams: Streams): Promise<number> {
  const { stdout } = streams;
  const wanted = countOf(order.lines ?? "10");
  let rings = openRings(config.spool.folder);
  const messages = await messagesOf(config, rings);
  const show = (message: Parameters<typeof messageLine>[0]): void => {
    stdout.write(`${order.json === true ? JSON.stringify(message) : messageLine(message, order.lang)}\n`);
  };
  const places = rings.map(({ ring, look }) => ({
    ring,
    look,
    // The state that the gateway keeps between them, and a parked pack's second copy, are no messages.
    offset: Math.max(look.tail, look.head - 2 * wanted),
  }));
  [...messages.from(places)].slice(-wanted).forEach(show);
  let seen = new Map(rings.map(({ ring, look }) => [ring, look.head]));
  while (order.follow === true && (await pause(order.stop))) {
    close(rings);
    rings = openRings(config.spool.folder);
    const more = rings.map(({ ring, look }) => ({ ring, look, offset: seen.get(ring) ?? look.tail }));
    for (const message of messages.from(more)) {
      show(message);
    }
    seen = new Map(rings.map(({ ring, look }) => [ring, Math.max(look.head, seen.get(ring) ?? 0)]));
  }
  close(rings);
  return 0;
}

function verify(order: SpoolOrder, config: GatewayConfig, { stdout }: Streams): number {
  const { folder } = config.spool;
  const rings = openRings(folder);
  const reports = rings.map(({ ring, look }) => ({
    ring,
    folder: ringFolder(folder, ring),
    writer: look.writer?.pid ?? null,
    ...look.verify(),
  }));
  close(rings);
  stdout.write(
    order.json === true
      ? `${JSON.stringify({ rings: reports })}\n`
      : `${reports.flatMap((report) => damageLines(report, order.lang)).join("\n")}\n`,
  );
  return reports.some(({ damaged }) => damaged.length > 0) ? 1 : 0;
}

/** Records and gaps, one a line, as the file sink writes them. */
async function exportLines(order: SpoolOrder, config: GatewayConfig, { stdout }: Streams): Promise<number> {
  const from = timeOf("--from", order.from) ?? Number.NEGATIVE_INFINITY;
  const to = timeOf("--to", order.to) ?? Number.POSITIVE_INFINITY;
  const device = order.device === undefined ? null : deviceUrnOf(order.device);
  if (device === undefined) {
    throw problem("DEV-064", { value: order.device ?? "" });
  }
  const rings = openRings(config.spool.folder);
  const messages = await messagesOf(config, rings);
  let piece = "";
  const places = rings.map(({ ring, look }) => ({ ring, look, offset: look.tail }));
  for (const message of messages.from(places)) {
    if (message.received >= from && message.received < to && (device === null || message.device === device)) {
      piece += recordLines(message);
    }
    if (piece.length >= pieceMax) {
      if (!stdout.write(piece)) {
        await new Promise((resolve) => stdout.once("drain", resolve));
      }
      piece = "";
    }
  }
  stdout.write(piece);
  close(rings);
  return 0;
}

function openRings(folder: string): RingLook[] {
  try {
    readdirSync(folder);
  } catch (error) {
    throw problemOfSystemError(error, folder);
  }
  return ringNames
    .filter((ring) => existsSync(ringFolder(folder, ring)))
    .map((ring) => {
      const path = ringFolder(folder, ring);
      const look = SpoolLook.open(path, readOnlyFiles, lockHolder);
      if (look === "newer") {
        throw problem("SPL-065", { path });
      }
      if (isFault(look)) {
        throw problem("FIL-074", { path });
      }
      return { ring, look };
    });
}

function close(rings: readonly RingLook[]): void {
  for (const { look } of rings) {
    look.close();
  }
}

async function messagesOf(config: GatewayConfig, rings: readonly RingLook[]): Promise<SpoolMessages> {
  const registry = await DeviceRegistry.open(config.devices);
  const messages = new SpoolMessages((kid) => registry.byKid(kid));
  messages.learn(rings);
  return messages;
}

/** False when following is over. */
function pause(stop: AbortSignal | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(stop?.aborted !== true), followEvery);
    stop?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

function countOf(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count === 0) {
    throw problem("USE-002", { option: "--lines", value: text, allowed: "1, 10, ... 999999" });
  }
  return count;
}

/** Unix ms of "2026-11-23T14:00:00Z", "2026-11-23", or "2 h" (ago). */
function timeOf(option: string, text: string | undefined): number | null {
  if (text === undefined) {
    return null;
  }
  const ago = durationOf(text);
  const time =
    ago === undefined ? (/^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN) : Date.now() - ago;
  if (Number.isNaN(time)) {
    throw problem("USE-002", {
      option,
      value: text,
      allowed: "2026-11-23, 2026-11-23T14:00:00Z, 2 h, 30 min",
    });
  }
  return time;
}
