/** What the devices sealed, against what the gateway acknowledged, keeps and delivered. */
import { decimalText } from "../../protocols/decimal.ts";
import { isFault } from "../../protocols/fault.ts";
import { decodeSenmlJson } from "../../protocols/senml.ts";
import type { SpoolContents } from "../spool-contents.ts";
import { type Arrival, arrivalOf } from "../street/city.ts";
import { deviceEpoch, type Publisher } from "./publisher.ts";
import { rowsOf, rowValue } from "./sealed-message.ts";

export class Truth {
  /** Records that came again; a city drops them by their identity. */
  duplicates = 0;
  readonly #devices: ReadonlyMap<string, Publisher>;
  /** Rows that the city has, by `<kid>/<epoch>/<PIV>`. */
  readonly #delivered = new Map<string, Set<number>>();

  constructor(publishers: readonly Publisher[]) {
    this.#devices = new Map(publishers.map((publisher) => [publisher.entry.device, publisher]));
  }

  /** A record that the city has. False when nobody sealed it. */
  deliver({ device: urn, value, epoch, piv, row }: Arrival): boolean {
    const device = this.#devices.get(urn);
    const known = device !== undefined && epoch === deviceEpoch && piv < device.sealed;
    if (!known || row >= rowsOf(piv) || value !== decimalText(rowValue(piv, row), -2)) {
      return false;
    }
    const name = `${device.entry.kid}/${epoch}/${piv}`;
    const rows = this.#delivered.get(name) ?? new Set();
    this.duplicates += rows.has(row) ? 1 : 0;
    this.#delivered.set(name, rows.add(row));
    return true;
  }

  /** Takes a file of the file sink as all that the city has, and gives what of it is false. A last line cut off is none. */
  deliverFile(text: string): string[] {
    this.#delivered.clear();
    this.duplicates = 0;
    const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
    return lines
      .filter((line) => line !== "" && !line.startsWith('{"gap"') && !this.#deliverLine(line))
      .map((line) => `the city has a line that nobody sealed: ${line}`);
  }

  /** Acknowledged messages whose rows the city has not got, and that do not wait for it either. */
  missing(waiting: ReadonlySet<string>): string[] {
    return this.#acknowledged()
      .filter(({ name, number }) => rowsOf(number) > this.#rows(name) && !waiting.has(name))
      .map(({ name }) => `${name} was acknowledged and is lost`);
  }

  /** Messages that lie in the spool more than once. */
  storedTwice({ messages }: SpoolContents): string[] {
    return [...messages]
      .filter(([, times]) => times > 1)
      .map(([name, times]) => `${name} is stored ${times} times`);
  }

  /** What the devices themselves saw go wrong. */
  violations(): string[] {
    return [...this.#devices.values()].flatMap(({ violations }) => violations);
  }

  #rows(name: string): number {
    return this.#delivered.get(name)?.size ?? 0;
  }

  #acknowledged(): { name: string; number: number }[] {
    return [...this.#devices.values()].flatMap(({ entry, acknowledged }) =>
      [...acknowledged].map((number) => ({ name: `${entry.kid}/${deviceEpoch}/${number}`, number })),
    );
  }

  #deliverLine(line: string): boolean {
    const records = decodeSenmlJson(`[${line}]`);
    const arrival = isFault(records) ? null : arrivalOf(records[0]);
    return arrival !== null && this.deliver(arrival);
  }
}
