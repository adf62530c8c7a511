import { existsSync } from "node:fs";
import { join } from "node:path";
import { decodeMessageEntry, entryKind } from "../gateway/entry.ts";
import { nodeFiles } from "../gateway/spool/node-files.ts";
import { Spool } from "../gateway/spool/spool.ts";
import { isFault } from "../protocols/fault.ts";

interface Ring {
  /** Where the records of a message are read from; Infinity while it is parked. */
  readonly places: ReadonlyMap<string, number>;
  /** By sink. */
  readonly positions: ReadonlyMap<string, number>;
}

/** What a gateway that is not running left in its spool. Messages are named `<kid>/<epoch>/<PIV>`. */
export class SpoolContents {
  /** How often each message is stored; a parked one that was released is one. */
  readonly messages = new Map<string, number>();
  /** What is damaged or set aside, in words. */
  readonly damage: string[] = [];
  readonly #rings: Ring[] = [];

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
    // A ring that was cut before it wrote a sink's place gives it everything.
    const waiting = this.#rings.flatMap(({ places, positions }) =>
      [...places].filter(([, place]) => place >= (positions.get(sink) ?? 0)),
    );
    return new Set(waiting.map(([message]) => message));
  }

  #take(spool: Spool): void {
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
    this.#rings.push({
      places,
      positions: new Map(spool.cursors.map(({ name, position }) => [name, position])),
    });
    const { setAside, lost } = spool.recovery;
    this.damage.push(
      ...setAside.map(({ name, reason }) => `${name}: ${reason}`),
      ...[...lost, ...spool.verify().damaged].map(({ from, to }) => `entries ${from} to ${to}`),
    );
  }
}
