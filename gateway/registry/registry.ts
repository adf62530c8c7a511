import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { deviceUrnOf, shortName } from "../config/forms.ts";
import { clearUnfinished, makeFolder, writeDurably } from "../durable-file.ts";
import { lockFolder } from "../folder-lock.ts";
import { ProblemError, problem } from "../problem.ts";
import { entryText } from "./entry-text.ts";
import { FolderWatch } from "./folder-watch.ts";
import { nextKid, revokedMax } from "./key-counter.ts";
import { changes, type RegistryEvent } from "./registry-change.ts";
import { algorithms, type DeviceEntry, type EntryFile } from "./registry-entry.ts";
import {
  claimsOf,
  contested,
  entryOf,
  firstKidOf,
  type KnownFile,
  kidsOf,
  namesIn,
  readKnown,
  shutOut,
} from "./registry-files.ts";

export type { RegistryEvent } from "./registry-change.ts";
export type { DeviceEntry } from "./registry-entry.ts";

/** What is asked for a new key. */
export interface KeyOrder {
  /** Short name or URN. */
  readonly name: string;
  readonly alg: DeviceEntry["alg"];
  readonly personal: boolean;
  /** A meter that the gateway reads by itself. */
  readonly local?: boolean;
  /** Called with the new entry before the gateway counts it in: writes the device's file. If it rejects, nothing has changed. */
  readonly deliver?: (entry: DeviceEntry) => Promise<void>;
}

/** What a new key must know of those before it; nothing where it is the first. */
type Earlier = Partial<Pick<EntryFile, "firstKid" | "revokedKids">>;

/** A damaged entry may have had a first key: no later one may count as the first then. */
function earlierOf(old: EntryFile | ProblemError): Earlier {
  return old instanceof ProblemError
    ? { firstKid: 0 }
    : { firstKid: firstKidOf(old), revokedKids: [...old.revokedKids, old.kid].slice(-revokedMax) };
}

/**
 * The devices of a gateway: a folder with one file each (registry-entry.ts), mode 0600. It is read whole at the start and followed
 * while it is open, so that `hasen device` works beside a running gateway. A list that is empty or not there means nobody; a
 * damaged file shuts out its device alone.
 */
export class DeviceRegistry {
  readonly folder: string;
  #files = new Map<string, KnownFile>();
  #byName = new Map<string, DeviceEntry>();
  #byKid = new Map<number, DeviceEntry>();
  #problems = new Map<string, ProblemError>();
  readonly #listeners = new Set<(event: RegistryEvent) => void>();
  #refreshing: Promise<void> | null = null;
  #again = false;
  #changing: Promise<unknown> = Promise.resolve();
  #watch: FolderWatch | null = null;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Reads the folder; rejects with a problem where it is there but cannot be listed. Changes nothing on disk. */
  static async open(folder: string): Promise<DeviceRegistry> {
    const registry = new DeviceRegistry(folder);
    await registry.refresh();
    return registry;
  }

  /** Follows the folder until `close`: changes arrive within a second or so, usually at once. */
  follow(): void {
    this.#watch ??= new FolderWatch(this.folder, () => this.refresh().catch(() => undefined));
  }

  close(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  /** The device of a key number, active, revoked or shut out (as if revoked); null for one that no file names. */
  byKid(kid: number): DeviceEntry | null {
    return this.#byKid.get(kid) ?? null;
  }

  /** A device by its short name, with its latest key. */
  byName(name: string): DeviceEntry | null {
    return this.#byName.get(name) ?? null;
  }

  /** All devices, each with its latest key, revoked ones included, by name. */
  entries(): readonly DeviceEntry[] {
    return [...this.#byName.values()];
  }

  /** Why files do not count, by name of their device. */
  problems(): readonly ProblemError[] {
    return [...this.#problems.values()];
  }

  /** Tells changes, from here on; gives what ends it. */
  onChange(listener: (event: RegistryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Makes a device with a random key under a number never used before. Rejects with a problem; nothing is half done then. */
  create(order: KeyOrder): Promise<DeviceEntry> {
    return this.#change(order.name, async (urn, old) => {
      if (old !== null) {
        throw problem("DEV-075", { name: shortName(urn) });
      }
      return this.#newKey(urn, order, {});
    });
  }

  /** A new key under a new number; the old one is refused from then on. Also for revoked and damaged devices. */
  replace(order: KeyOrder): Promise<DeviceEntry> {
    return this.#change(order.name, async (urn, old) => {
      if (old === null) {
        throw this.#unknown(urn);
      }
      return this.#newKey(urn, order, earlierOf(old));
    });
  }

  /** Refuses a device from now on, and forgets its key. */
  revoke(name: string): Promise<DeviceEntry> {
    return this.#change(name, async (urn, old) => {
      if (old === null || old instanceof ProblemError) {
        throw old ?? this.#unknown(urn);
      }
      const { key: _key, ...rest } = old;
      return this.#store({ ...rest, state: "revoked" });
    });
  }

  async #newKey(urn: string, order: KeyOrder, { firstKid, revokedKids }: Earlier): Promise<DeviceEntry> {
    if (order.alg === 1 && order.personal) {
      throw problem("DEV-078", {});
    }
    const kid = await nextKid(this.folder, this.#highestKid());
    const file: EntryFile = {
      version: 1,
      device: urn,
      state: "active",
      kid,
      alg: algorithms[order.alg],
      key: new Uint8Array(randomBytes(16)),
      personal: order.personal,
      local: order.local ?? false,
      ...(firstKid !== undefined && { firstKid }),
      revokedKids: revokedKids ?? [],
    };
    await order.deliver?.(entryOf(file));
    return this.#store(file);
  }

  async #store(file: EntryFile): Promise<DeviceEntry> {
    await writeDurably(this.#pathOf(shortName(file.device)), entryText(file), 0o600);
    return entryOf(file);
  }

  /** Runs one change with the folder locked against other programs, on its newest state, then takes it up. */
  #change<T>(
    name: string,
    change: (urn: string, old: EntryFile | ProblemError | null) => Promise<T>,
  ): Promise<T> {
    const result = this.#changing.then(async () => {
      const urn = deviceUrnOf(name);
      if (urn === undefined) {
        throw problem("DEV-064", { value: name });
      }
      await makeFolder(this.folder);
      const release = await lockFolder(this.folder);
      try {
        await clearUnfinished(this.folder);
        await this.refresh();
        return await change(urn, this.#files.get(shortName(urn))?.content ?? null);
      } finally {
        release();
        await this.refresh();
      }
    });
    this.#changing = result.catch(() => undefined);
    return result;
  }

  #unknown(urn: string): ProblemError {
    const names = [...this.#files.keys()];
    const known = names.length === 0 ? { word: "serial.nothing" as const } : names.slice(0, 20);
    return problem("DEV-066", { name: shortName(urn), folder: this.folder, known });
  }

  #highestKid(): number {
    return Math.max(
      0,
      ...this.#byKid.keys(),
      ...[...this.#files.values()].flatMap(({ content }) => kidsOf(content)),
    );
  }

  #pathOf(name: string): string {
    return join(this.folder, `${name}.yaml`);
  }

  /** Reads what has changed. Calls that come meanwhile wait for one more round. */
  async refresh(): Promise<void> {
    if (this.#refreshing !== null) {
      this.#again = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#readUntilCalm();
    return this.#refreshing;
  }

  async #readUntilCalm(): Promise<void> {
    try {
      do {
        this.#again = false;
        await this.#read();
      } while (this.#again);
    } finally {
      this.#refreshing = null;
    }
  }

  async #read(): Promise<void> {
    const files = new Map<string, KnownFile>();
    let changed = false;
    for (const name of await namesIn(this.folder)) {
      const known = this.#files.get(name);
      const file = await readKnown(this.#pathOf(name), name, known);
      if (file !== null) {
        files.set(name, file);
        changed ||= file !== known;
      }
    }
    if (changed || files.size !== this.#files.size) {
      this.#files = files;
      this.#takeUp();
    }
  }

  /** Builds the tables anew from the files, and tells what is different. */
  #takeUp(): void {
    const before = { names: this.#byName, kids: this.#byKid, problems: this.#problems };
    const claims = claimsOf(this.#files);
    this.#byName = new Map();
    this.#byKid = new Map();
    this.#problems = new Map();
    for (const [name, { content, entry }] of this.#files) {
      const trouble =
        content instanceof ProblemError ? content : contested(content, claims, this.#pathOf(name));
      if (trouble !== null) {
        this.#problems.set(name, trouble);
        if (content instanceof ProblemError) {
          this.#shutOut([...before.kids.values()].filter((known) => known.name === name).concat(entry ?? []));
        }
      } else if (entry !== null && !(content instanceof ProblemError)) {
        this.#count(entry, content.revokedKids);
      }
    }
    for (const event of changes(before.names, this.#byName, before.problems, this.#problems)) {
      for (const listener of this.#listeners) {
        listener(event);
      }
    }
  }

  #count(entry: DeviceEntry, revokedKids: readonly number[]): void {
    this.#byName.set(entry.name, entry);
    this.#byKid.set(entry.kid, entry);
    for (const kid of revokedKids) {
      this.#byKid.set(kid, { ...shutOut(entry), kid });
    }
  }

  #shutOut(entries: readonly DeviceEntry[]): void {
    for (const entry of entries) {
      this.#byKid.set(entry.kid, shutOut(entry));
    }
  }
}
