/**
 * What really happened, as nobody in the simulated world knows it: every message sealed, with its values; what the gateway acknowledged;
 * what each city has. All checks are held against this.
 */

import type { CityRecord, Gap } from "../../gateway/sink.ts";
import type { Ranges } from "../../protocols/ranges.ts";

/** A row as its sensor gave it. */
export interface TrueRow {
  /** Unix ms. */
  readonly time: number;
  /** Decimal text by quantity. */
  readonly values: Map<string, string>;
}

export interface TrueMessage {
  /** `<kid>/<epoch>/<PIV>`. */
  readonly id: string;
  readonly kid: number;
  readonly epoch: number;
  readonly piv: number;
  readonly rows: readonly TrueRow[];
  /** Values in it, each a record to a city. */
  readonly records: number;
  acknowledged: boolean;
  /** It lay in a block that was damaged: nobody can expect it. */
  excused: boolean;
}

/** What one city has, by message. */
interface Holding {
  readonly records: Map<string, Set<string>>;
  /** Messages that a gap names as dropped. */
  readonly named: Set<string>;
}

export class Truth {
  readonly messages = new Map<string, TrueMessage>();
  /** In the order in which the gateway first acknowledged them. */
  readonly acknowledged: TrueMessage[] = [];
  /** The first thing that must never be; null while all is well. */
  violation: string | null = null;
  readonly #holdings: readonly Holding[];
  /** By city: acknowledged messages with records that it has not, nor a gap for them. */
  readonly #owing: readonly Set<TrueMessage>[];
  #owingNow: (readonly TrueMessage[])[] | null = null;
  readonly #devices: ReadonlyMap<string, number>;

  constructor(cities: number, devices: ReadonlyMap<string, number>) {
    this.#holdings = Array.from({ length: cities }, () => ({ records: new Map(), named: new Set() }));
    this.#owing = this.#holdings.map(() => new Set());
    this.#devices = devices;
  }

  violate(what: string): void {
    this.violation ??= what;
  }

  sealed(kid: number, epoch: number, piv: number, rows: readonly TrueRow[]): void {
    const id = `${kid}/${epoch}/${piv}`;
    if (this.messages.has(id)) {
      this.violate(`device ${kid} sealed two messages with the number ${id}`);
    }
    const records = rows.reduce((sum, { values }) => sum + values.size, 0);
    this.messages.set(id, { id, kid, epoch, piv, rows, records, acknowledged: false, excused: false });
  }

  /** The gateway says that these are on its disk. */
  acknowledge(kid: number, epoch: number, ranges: Ranges): void {
    for (const [from, to] of ranges) {
      for (let piv = from; piv <= to; piv++) {
        const message = this.messages.get(`${kid}/${epoch}/${piv}`);
        if (message === undefined) {
          this.violate(`the gateway acknowledged ${kid}/${epoch}/${piv}, which nobody sealed`);
        } else if (!message.acknowledged) {
          message.acknowledged = true;
          this.acknowledged.push(message);
          this.#owing.forEach((owing, city) => {
            if (message.records > 0 && !this.settled(city, message)) {
              owing.add(message);
            }
          });
          this.#owingNow = null;
        }
      }
    }
  }

  /** These lay in a block that was damaged. */
  excuse(ids: Iterable<string>): void {
    for (const id of ids) {
      const message = this.messages.get(id);
      if (message !== undefined) {
        message.excused = true;
        this.#owing.forEach((_, city) => {
          this.#settle(city, message);
        });
      }
    }
  }

  /** A city has taken a record. */
  delivered(city: number, record: CityRecord): void {
    const wrong = this.falsehood(record);
    if (wrong !== null) {
      this.violate(wrong);
      return;
    }
    const message = this.messages.get(this.idOf(record))!;
    const { records } = this.#holdings[city];
    const had = records.get(message.id) ?? new Set();
    records.set(message.id, had.add(`${record.dh} ${record.n}`));
    if (had.size === message.records) {
      this.#settle(city, message);
    }
  }

  /** A city has taken a gap. */
  named(city: number, gap: Gap): void {
    const kid = this.#devices.get(gap.device);
    if (kid === undefined) {
      this.violate(`a gap names the device ${gap.device}, which is none`);
      return;
    }
    if (gap.state !== "dropped" || gap.to === null) {
      return;
    }
    if (givesUpShape(gap)) {
      this.violate(shapeGivenUp(gap));
    }
    for (let piv = gap.from; piv <= gap.to; piv++) {
      const id = `${kid}/${gap.epoch}/${piv}`;
      this.#holdings[city].named.add(id);
      const message = this.messages.get(id);
      if (message !== undefined) {
        this.#settle(city, message);
      }
    }
  }

  /** Why a record is false; null where it says what was measured. */
  falsehood(record: CityRecord): string | null {
    const row = this.messages.get(this.idOf(record))?.rows[Number(record.dh.split("/")[2])];
    const quantity = record.n.slice(record.n.lastIndexOf(":") + 1);
    if (row === undefined || record.n !== `${record.device}:${quantity}`) {
      return `a record that nobody measured: ${record.n} ${record.dh}`;
    }
    const value = row.values.get(quantity);
    if (value !== record.v) {
      return `${record.n} ${record.dh} says ${record.v}, measured was ${value}`;
    }
    const late = Math.abs(record.time - row.time);
    return record.timeQuality === null && !(late <= syncedWithin)
      ? `${record.n} ${record.dh} is said to be of ${record.time}, it is of ${row.time}`
      : null;
  }

  /** `<kid>/<epoch>/<PIV>` of a record's message. */
  idOf({ device, dh }: CityRecord): string {
    return `${this.#devices.get(device)}/${dh.slice(0, dh.lastIndexOf("/"))}`;
  }

  kidOf(device: string): number | undefined {
    return this.#devices.get(device);
  }

  /** Whether a city has all of a message, or a gap that names it. */
  settled(city: number, message: TrueMessage): boolean {
    const { records, named } = this.#holdings[city];
    return (
      message.excused || named.has(message.id) || (records.get(message.id)?.size ?? 0) === message.records
    );
  }

  isNamed(city: number, id: string): boolean {
    return this.#holdings[city].named.has(id);
  }

  /** By city, what the gateway still owes it. A list that does not change. */
  owing(): readonly (readonly TrueMessage[])[] {
    this.#owingNow ??= this.#owing.map((messages) => [...messages]);
    return this.#owingNow;
  }

  #settle(city: number, message: TrueMessage): void {
    if (this.#owing[city].delete(message)) {
      this.#owingNow = null;
    }
  }
}

/** Whether a gap names a pack that lies on disk, whole and authentic, and whose shape is gone. */
export function givesUpShape({ reason }: Gap): boolean {
  return /^the shape of .* is not known$/.test(reason);
}

export function shapeGivenUp({ device, epoch, from }: Gap): string {
  return `message ${epoch}/${from} of ${device} is on disk, and given up because its shape is gone`;
}

/** How far a time that is said to be synchronised may be off, ms: an answer about the time is taken up to 30 s after the question. */
const syncedWithin = 35_000;
