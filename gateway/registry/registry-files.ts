import { randomBytes } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { shortName } from "../config/forms.ts";
import { ProblemError, problem } from "../problem.ts";
import { problemOfSystemError } from "../system-error.ts";
import { type DeviceEntry, type EntryFile, readEntry } from "./registry-entry.ts";

/** A file of the folder as it was last read. */
export interface KnownFile {
  /** Changes with every change of the file. */
  readonly fingerprint: string;
  readonly content: EntryFile | ProblemError;
  /** Null where the file cannot be read; without a usable key where it may not be used. */
  readonly entry: DeviceEntry | null;
}

function knownFile(fingerprint: string, content: EntryFile | ProblemError): KnownFile {
  return { fingerprint, content, entry: content instanceof ProblemError ? null : entryOf(content) };
}

/** The device a file describes. */
export function entryOf(file: EntryFile): DeviceEntry {
  return {
    device: file.device,
    name: shortName(file.device),
    kid: file.kid,
    firstKid: firstKidOf(file),
    alg: file.alg === "ccm" ? 0 : 1,
    root: file.state === "active" && file.key !== undefined ? file.key : unusable(),
    state: file.state,
    personal: file.personal,
    ...(file.local && { local: true }),
  };
}

/** The number of a device's first key. An entry that does not say so has forgotten none of its keys. */
export function firstKidOf({ firstKid, revokedKids, kid }: EntryFile): number {
  return firstKid ?? revokedKids[0] ?? kid;
}

/** A device that is not heard, but known by name: what it sent before is still on its way to the city. */
export function shutOut(entry: DeviceEntry): DeviceEntry {
  return { ...entry, state: "revoked", root: unusable() };
}

/** A root key under which nothing can verify. */
export function unusable(): Uint8Array {
  return new Uint8Array(randomBytes(16));
}

/** Names of the devices that have a file in the folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    const files = await readdir(folder);
    return files
      .filter((file) => /^[a-z0-9][a-z0-9-]*\.yaml$/.test(file))
      .map((file) => file.slice(0, -5))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return [];
    }
    throw problemOfSystemError(error, folder);
  }
}

/** A file's content, the known one where nothing changed; null where it has just gone. */
export async function readKnown(
  path: string,
  name: string,
  known: KnownFile | undefined,
): Promise<KnownFile | null> {
  try {
    const facts = await stat(path, { bigint: true });
    const fingerprint = [facts.ino, facts.size, facts.mtimeNs, facts.ctimeNs, facts.mode].join(":");
    if (known?.fingerprint === fingerprint) {
      return known;
    }
    const mode = Number(facts.mode & 0o777n);
    if ((mode & 0o077) !== 0) {
      const shown = mode.toString(8).padStart(4, "0");
      const content = problem("FIL-078", { path, mode: shown }, { where: path });
      const said = readEntry(path, await readFile(path), name);
      return { fingerprint, content, entry: said instanceof ProblemError ? null : shutOut(entryOf(said)) };
    }
    return knownFile(fingerprint, readEntry(path, await readFile(path), name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return null;
    }
    return knownFile("", problemOfSystemError(error, path));
  }
}

/** The key numbers a file claims, earlier ones included. */
export function kidsOf(content: EntryFile | ProblemError): number[] {
  return content instanceof ProblemError ? [] : [content.kid, ...content.revokedKids];
}

/** Key number -> names of the devices that claim it. */
export function claimsOf(files: ReadonlyMap<string, KnownFile>): Map<number, string[]> {
  const claims = new Map<number, string[]>();
  for (const [name, { content }] of files) {
    for (const kid of kidsOf(content)) {
      claims.set(kid, [...(claims.get(kid) ?? []), name]);
    }
  }
  return claims;
}

/** Why a file may not count although it is whole: another one claims a number of it, too. */
export function contested(
  file: EntryFile,
  claims: ReadonlyMap<number, readonly string[]>,
  path: string,
): ProblemError | null {
  for (const kid of kidsOf(file)) {
    const names = claims.get(kid) ?? [];
    if (names.length > 1) {
      return problem("DEV-067", { names, kid, name: names[0]! }, { where: path });
    }
  }
  return null;
}
