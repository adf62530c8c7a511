/** Records as SenML packs (RFC 8428): one device a pack, with base name, base time and base unit where they save bytes. */
import { decimalText } from "../../protocols/decimal.ts";
import { encodeSenmlCbor, type SenmlRecord } from "../../protocols/senml.ts";
import type { CityRecord } from "../sink.ts";

export type SenmlFormat = "json" | "cbor";

export const contentType: Readonly<Record<SenmlFormat, string>> = {
  json: "application/senml+json", // RFC 8428 §12.3
  cbor: "application/senml+cbor",
};

/**
 * Labels of ours (RFC 8428 §4.4: a reader that does not know them passes over them).
 * `dh` identity `<epoch>/<PIV>/<row>`; with the device it names the measurement for ever: the key to drop duplicates.
 * `dq` how the time was known, "relative" or "unknown"; absent where the device's clock was synchronised.
 * `db` true for a record that waited in the gateway's spool; absent for a live one.
 */
export function senmlRecords(records: readonly CityRecord[]): SenmlRecord[] {
  const base = baseOf(records);
  return records.map((record, index) => ({
    ...(index === 0 ? basesWritten(base) : {}),
    ...(base.name === record.n ? {} : { n: record.n.slice(base.name?.length ?? 0) }),
    ...(base.unit === null ? { u: record.u } : {}),
    v: record.v,
    ...written(timeText(record.time, base.second)),
    labels: {
      dh: record.dh,
      ...(record.timeQuality === null ? {} : { dq: record.timeQuality }),
      ...(record.backlog ? { db: true } : {}),
    },
  }));
}

function basesWritten({ name, second, unit }: Base): SenmlRecord {
  return {
    ...(name === null ? {} : { bn: name }),
    ...(second === null ? {} : { bt: String(second) }),
    ...(unit === null ? {} : { bu: unit }),
  };
}

function written(t: string): { t?: string } {
  return t === "" ? {} : { t };
}

/** The payload of a pack. */
export function encodePack(records: readonly CityRecord[], format: SenmlFormat): Buffer {
  return format === "json"
    ? Buffer.from(packJson(records))
    : Buffer.from(encodeSenmlCbor(senmlRecords(records)));
}

/**
 * As one line of JSON: what encodeSenmlJson(senmlRecords(records)) gives, written without the objects between: at tens of thousands of records a second
 * they were most of what the way to the city cost.
 */
export function packJson(records: readonly CityRecord[]): string {
  const base = baseOf(records);
  const names = new Map<string, string>();
  let last = "";
  let name = "";
  let text = basesJson(base);
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    if (record.n !== last) {
      last = record.n;
      name = names.get(last) ?? named(record, base);
      names.set(last, name);
    }
    const t = timeText(record.time, base.second);
    text += i === 0 ? name : `,{${name}`;
    text += t === "" ? `${record.v},"dh":"${record.dh}"` : `${record.v},"t":${t},"dh":"${record.dh}"`;
    text += record.timeQuality === null ? "" : `,"dq":"${record.timeQuality}"`;
    text += record.backlog ? ',"db":true}' : "}";
  }
  return `${text}]`;
}

function basesJson({ name, second, unit }: Base): string {
  const n = name === null ? "" : `"bn":${JSON.stringify(name)},`;
  const t = second === null ? "" : `"bt":${second},`;
  const u = unit === null ? "" : `"bu":${JSON.stringify(unit)},`;
  return `[{${n}${t}${u}`;
}

/** The members of a record up to its value. */
function named({ n, u }: CityRecord, base: Base): string {
  const name = base.name === n ? "" : `"n":${JSON.stringify(n.slice(base.name?.length ?? 0))},`;
  return base.unit === null ? `${name}"u":${JSON.stringify(u)},"v":` : `${name}"v":`;
}

/** What several records share, and only the first one says (RFC 8428 §4.1); null where it is not shared. */
interface Base {
  /** The name of all, or what all begin with. */
  readonly name: string | null;
  /** Unix s, of the earliest. */
  readonly second: number | null;
  readonly unit: string | null;
}

function baseOf(records: readonly CityRecord[]): Base {
  const [first] = records;
  if (first === undefined || records.length === 1) {
    return { name: null, second: null, unit: null };
  }
  const device = `${first.device}:`;
  let [isOneName, isOneUnit, isOneDevice] = [true, true, true];
  let earliest = first.time;
  let last = "";
  for (const { n, u, time } of records) {
    if (n !== last) {
      isOneName &&= n === first.n;
      isOneDevice &&= n.startsWith(device);
      last = n;
    }
    isOneUnit &&= u === first.u;
    earliest = Math.min(earliest, time);
  }
  return {
    name: isOneName ? first.n : isOneDevice ? device : null,
    second: Math.floor(earliest / 1000),
    unit: isOneUnit ? first.u : null,
  };
}

/** Seconds since the base, or Unix seconds without one, with the decimals that the ms need; "" for the base itself. */
function timeText(time: number, base: number | null): string {
  const since = base === null ? time : time - base * 1000;
  const seconds = Math.floor(since / 1000); // no `%`: of numbers beyond 32 bits it is a call
  if (since !== seconds * 1000) {
    return decimalText(since, -3).replace(/0+$/, "");
  }
  return since === 0 && base !== null ? "" : String(seconds);
}
