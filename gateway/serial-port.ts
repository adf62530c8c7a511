import { constants } from "node:fs";
import { access, readdir, readFile, readlink, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { nearest } from "./config/nearest.ts";
import { type ProblemError, problem } from "./problem.ts";
import { problemOfSystemError, userName } from "./system-error.ts";
import type { Word } from "./words/words.ts";

/** Where to look; another root than the system's is for a test's own folders. */
export interface SystemFolders {
  readonly dev: string;
  readonly proc: string;
  /** File of groups (group(5)). */
  readonly groups: string;
}

const system: SystemFolders = { dev: "/dev", proc: "/proc", groups: "/etc/group" };

/** Ports that are listed in a sentence, and processes that are named. */
const portsMax = 12;
const holdersMax = 4;

/**
 * Why a serial port cannot be used, told apart: nothing plugged in, not there, not a port, no permission, in use, failed. `error` is what
 * opening it threw, if that was tried. Looks, but never opens the port.
 */
export async function diagnosePort(
  port: string,
  error?: unknown,
  folders: SystemFolders = system,
): Promise<ProblemError> {
  const where = port;
  let facts: Awaited<ReturnType<typeof stat>>;
  try {
    facts = await stat(port);
  } catch (reason) {
    return isErrno(reason, "ENOENT", "ENOTDIR") ? missing(port, folders) : problemOfSystemError(reason, port);
  }
  if (!facts.isCharacterDevice()) {
    const kind = facts.isDirectory() ? "serial.aFolder" : facts.isFile() ? "serial.aFile" : "serial.aDisk";
    const ports = await portList(folders);
    return problem("SER-068", { port, kind: { word: kind }, ports }, { where });
  }
  try {
    await access(port, constants.R_OK | constants.W_OK);
  } catch {
    return forbidden(port, facts, folders);
  }
  const busy = isErrno(error, "EBUSY") || /lock|busy|temporarily/i.test(messageOf(error));
  // Another program may listen along without being in the way: it is named only where the port is in use.
  const holders = busy || error === undefined ? await holdersOf(port, folders) : [];
  if (holders.length > 0 || busy) {
    const unknown: Word = { word: "serial.holderUnknown", parameters: { port } };
    return problem("SER-075", { port, holders: holders.length > 0 ? holders : unknown }, { where });
  }
  return problem("SER-074", { port }, { where });
}

/** Serial ports that are there: lasting names first, then those that have none. */
export async function listPorts(folders: SystemFolders = system): Promise<string[]> {
  const byId = await listed(join(folders.dev, "serial/by-id"));
  const byPath = await listed(join(folders.dev, "serial/by-path"));
  const plain = (await listed(folders.dev)).filter((path) => /^tty(USB|ACM|AMA)\d+$/.test(basename(path)));
  const named = new Set<string>();
  const ports: string[] = [];
  for (const path of [...byId, ...byPath, ...plain]) {
    const target = await realpath(path).catch(() => null);
    if (target !== null && !named.has(target)) {
      named.add(target);
      ports.push(path);
    }
  }
  return ports;
}

/**
 * The name by which a port will be found again after a restart: that of the adapter, or, where its chip has no serial number, that of
 * the socket it is plugged into; null where the system gives it none.
 */
export async function lastingName(port: string, folders: SystemFolders = system): Promise<string | null> {
  const target = await realpath(port).catch(() => port);
  const [byId, byPath] = [
    await namesOf(target, join(folders.dev, "serial/by-id")),
    await namesOf(target, join(folders.dev, "serial/by-path")),
  ];
  const numbered = byId.filter((path) => !withoutNumber.test(basename(path)));
  return numbered[0] ?? byPath[0] ?? byId[0] ?? null;
}

/** Adapters with the CH340, whose names are all the same. */
const withoutNumber = /^usb-1a86_/;

async function namesOf(target: string, folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const path of await listed(folder)) {
    if ((await realpath(path).catch(() => null)) === target) {
      names.push(path);
    }
  }
  return names;
}

async function listed(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort().map((name) => join(folder, name));
}

async function portList(folders: SystemFolders): Promise<readonly string[] | Word> {
  const ports = await listPorts(folders);
  return ports.length === 0 ? { word: "serial.nothing" } : ports.slice(0, portsMax);
}

async function missing(port: string, folders: SystemFolders): Promise<ProblemError> {
  const ports = await listPorts(folders);
  if (ports.length === 0) {
    return problem("SER-067", { port }, { where: port });
  }
  const name = nearest(
    basename(port),
    ports.map((path) => basename(path)),
  );
  const suggestion =
    ports.find((path) => basename(path) === name) ?? (ports.length === 1 ? ports[0] : undefined);
  const hints: Word[] =
    suggestion === undefined ? [] : [{ word: "hint.didYouMean", parameters: { suggestion } }];
  return problem("SER-066", { port, ports: ports.slice(0, portsMax) }, { where: port, hints });
}

async function forbidden(
  port: string,
  facts: { readonly gid: number; readonly uid: number; readonly mode: number },
  folders: SystemFolders,
): Promise<ProblemError> {
  const user = userName();
  const group = await groupOf(facts.gid, folders);
  // 0o060: the group may read and write. Where it may not, joining it would not help.
  if ((facts.mode & 0o060) !== 0o060 || group.name === "root") {
    const owner = facts.uid === 0 ? "root" : String(facts.uid);
    return problem("SER-079", { port, owner }, { where: port });
  }
  if (group.members.includes(user)) {
    return problem("SER-078", { port, user, group: group.name }, { where: port });
  }
  return problem("SER-077", { port, user, group: group.name }, { where: port });
}

async function groupOf(gid: number, folders: SystemFolders): Promise<{ name: string; members: string[] }> {
  const text = await readFile(folders.groups, "utf8").catch(() => "");
  for (const line of text.split("\n")) {
    const [name, , id, members] = line.split(":");
    if (name !== undefined && id === String(gid)) {
      return { name, members: (members ?? "").split(",") };
    }
  }
  return { name: String(gid), members: [] };
}

/** Programs that have the port open, as far as this user may see. */
async function holdersOf(port: string, folders: SystemFolders): Promise<Word[]> {
  const target = await realpath(port).catch(() => port);
  const holders: Word[] = [];
  for (const pid of await readdir(folders.proc).catch(() => [])) {
    if (
      /^\d+$/.test(pid) &&
      holders.length < holdersMax &&
      (await hasOpen(join(folders.proc, pid, "fd"), target))
    ) {
      const program = (await readFile(join(folders.proc, pid, "comm"), "utf8").catch(() => "?")).trim();
      holders.push({ word: "serial.holder", parameters: { program, pid } });
    }
  }
  return holders;
}

async function hasOpen(folder: string, target: string): Promise<boolean> {
  for (const fd of await readdir(folder).catch(() => [])) {
    if ((await readlink(join(folder, fd)).catch(() => "")) === target) {
      return true;
    }
  }
  return false;
}

function isErrno(error: unknown, ...codes: string[]): boolean {
  return typeof error === "object" && error !== null && codes.includes(String(Reflect.get(error, "code")));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}
