/** What a sink will not get because the spool had to make room: counted by sink and reason, and declared to the sink as gaps. */
import { isFault } from "../protocols/fault.ts";
import { cityEpoch } from "./city-epoch.ts";
import { decodeMessageEntry, entryKind, type MessageEntry } from "./entry.ts";
import { isSinkCursor } from "./forward.ts";
import type { Log } from "./log.ts";
import { NumberSet } from "./number-set.ts";
import type { DeviceEntry } from "./registry/registry.ts";
import type { Gap } from "./sink.ts";
import type { SpoolEntry } from "./spool/spool.ts";

export interface DropsOptions {
  device(kid: number): DeviceEntry | null;
  declare(gap: Gap): void;
  /** Whether a sink has an entry that its cursor has not passed yet. */
  hasDelivered(sink: string, offset: number): boolean;
  /** How many records an entry is. */
  records(entry: SpoolEntry): number;
  readonly log: Log;
}

/** Messages of one device and epoch. */
interface Given {
  readonly device: string;
  /** As the city sees it. */
  readonly epoch: number;
  readonly numbers: NumberSet;
}

/** Of one key; epochs have 16 bits. */
const epochs = 65_536;

const reasons = { full: "the spool was full", age: "older than the spool keeps" } as const;

export class Drops {
  /** Records dropped, by sink and reason. */
  readonly counts = new Map<string, { readonly sink: string; readonly reason: string; records: number }>();
  readonly #options: DropsOptions;

  constructor(options: DropsOptions) {
    this.#options = options;
  }

  /** How many records an entry is. */
  get records(): DropsOptions["records"] {
    return this.#options.records;
  }

  /** Entries that the spool gives up before this cursor passed them. What the sink has ahead of its cursor is not among them. */
  take(sink: string, given: readonly SpoolEntry[], reason: keyof typeof reasons): void {
    const entries = isSinkCursor(sink)
      ? given.filter(({ offset }) => !this.#options.hasDelivered(sink, offset))
      : [];
    const numbers = new Map<number, Given>();
    let records = 0;
    let messages = 0;
    for (const dropped of entries) {
      const { kind, payload } = dropped;
      const entry = kind === entryKind.message ? decodeMessageEntry(payload) : null;
      if (entry === null || isFault(entry)) {
        continue;
      }
      messages++;
      records += this.#options.records(dropped);
      const key = entry.kid * epochs + entry.epoch;
      const known = numbers.get(key) ?? this.#given(entry);
      known.numbers.add(entry.piv);
      numbers.set(key, known);
    }
    if (messages === 0) {
      return;
    }
    this.#count(sink, reason, { messages, records });
    for (const { device, epoch, numbers: given } of numbers.values()) {
      for (const [from, to] of given.ranges()) {
        this.#options.declare({ device, epoch, from, to, state: "dropped", reason: reasons[reason], sink });
      }
    }
  }

  #given({ kid, epoch }: Pick<MessageEntry, "kid" | "epoch">): Given {
    const device = this.#options.device(kid);
    return {
      device: device?.device ?? `kid:${kid}`,
      epoch: device === null ? epoch : cityEpoch(device, epoch),
      numbers: new NumberSet(),
    };
  }

  #count(sink: string, reason: string, { messages, records }: { messages: number; records: number }): void {
    const key = `${sink} ${reason}`;
    const count = this.counts.get(key) ?? { sink, reason, records: 0 };
    count.records += records;
    this.counts.set(key, count);
    this.#options.log.warn(
      { sink, reason, messages, records },
      `spool: ${messages} messages given up that ${sink} had not got (${reason})`,
    );
  }
}
