import { existsSync } from "node:fs";
import { join } from "node:path";
import { decodeMessageEntry, entryKind } from "../gateway/entry.ts";
import { nodeFiles } from "../gateway/spool/node-files.ts";
import { Spool } from "../gateway/spool/spool.ts";
import { isFault } from "../protocols/fault.ts";

/** What a gateway that is not running left in its spool. Messages are named `<kid>/<epoch>/<PIV>`. */
export class SpoolContents {
  /** How often each message is stored; a parked one that was released is one. */
  readonly messages = new Map<string, number>();
  /** What is damaged or set aside, in words. */
  readonly damage: string[] = [];
  /** Messages that some sink may not have yet, by sink. */
  readonly #waiting = new Map<string, Set<string>>();

  /** Reads a spool from disk, as a restart would, and repairs it as that would. */
  static async read(folder: string): Promise<SpoolContents> {
    const contents = new SpoolContents();
    for (const ring of [folder, join(folder, "kept")].filter((each) => existsSync(each))) {
      const spool = await Spool.open({ folder: ring, bytesMax: 1024 * 1024 * 1024 }, nodeFiles);
      contents.#take(spool);
      await spool.close();
    }
    return contents;
  }

  /** Messages that a sink has not confirmed. */
  waiting(sink: string): ReadonlySet<string> {
    return this.#waiting.get(sink) ?? new Set(this.messages.keys());
  }

  #take(spool: Spool): void {
    /** Where the records of a message are read from; Infinity while it is parked. */
    const places = new Map<string, number>();
    for (let at = spool.tail; ; ) {
      const entries = spool.read(at, { entries: 1000, bytes: 1024 * 1024 });
      if (entries.length === 0) {
        break;
      }
      for (const { kind, payload, offset, next } of entries) {
        const stored = kind === entryKind.message || kind === entryKind.unusable;
        const entry = stored ? decodeMessageEntry(payload) : null;
        if (entry !== null && !isFault(entry)) {
          const name = `${entry.kid}/${entry.epoch}/${entry.piv}`;
          this.messages.set(name, (this.messages.get(name) ?? 0) + (entry.released ? 0 : 1));
          places.set(name, entry.parked ? Number.POSITIVE_INFINITY : offset);
        }
        at = next;
      }
    }
    for (const { name, position } of spool.cursors) {
      const waiting = this.#waiting.get(name) ?? new Set();
      this.#waiting.set(name, waiting);
      for (const [message, place] of places) {
        if (place >= position) {
          waiting.add(message);
        }
      }
    }
    const { setAside, lost } = spool.recovery;
    this.damage.push(
      ...setAside.map(({ name, reason }) => `${name}: ${reason}`),
      ...[...lost, ...spool.verify().damaged].map(({ from, to }) => `entries ${from} to ${to}`),
    );
  }
}
