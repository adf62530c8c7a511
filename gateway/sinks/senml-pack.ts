/** Records as SenML packs (RFC 8428): one device a pack, base name and base time where they save bytes. */
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
  const baseName = sharedName(records);
  const base = baseSecond(records);
  return records.map((record, index) => ({
    ...(index === 0 && baseName !== null ? { bn: baseName } : {}),
    ...(index === 0 && base !== null ? { bt: String(base) } : {}),
    n: baseName === null ? record.n : record.n.slice(baseName.length),
    u: record.u,
    v: record.v,
    ...written(timeText(record.time, base)),
    labels: {
      dh: record.dh,
      ...(record.timeQuality === null ? {} : { dq: record.timeQuality }),
      ...(record.backlog ? { db: true } : {}),
    },
  }));
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
  const baseName = sharedName(records);
  const base = baseSecond(records);
  const names = new Map<string, string>();
  let last = "";
  let name = "";
  let text = baseName === null ? "[{" : `[{"bn":${JSON.stringify(baseName)},`;
  text += base === null ? "" : `"bt":${base},`;
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    if (record.n !== last) {
      last = record.n;
      name = names.get(last) ?? named(record, baseName);
      names.set(last, name);
    }
    const t = timeText(record.time, base);
    text += i === 0 ? name : `,{${name}`;
    text += t === "" ? `${record.v},"dh":"${record.dh}"` : `${record.v},"t":${t},"dh":"${record.dh}"`;
    text += record.timeQuality === null ? "" : `,"dq":"${record.timeQuality}"`;
    text += record.backlog ? ',"db":true}' : "}";
  }
  return `${text}]`;
}

/** The members of a record up to its value. */
function named({ n, u }: CityRecord, baseName: string | null): string {
  const name = baseName === null ? n : n.slice(baseName.length);
  return `"n":${JSON.stringify(name)},"u":${JSON.stringify(u)},"v":`;
}

/** `<device>:` where it begins all the names of several records. */
function sharedName(records: readonly CityRecord[]): string | null {
  const name = `${records[0]!.device}:`;
  let last = "";
  for (const { n } of records) {
    if (n !== last && !n.startsWith(name)) {
      return null;
    }
    last = n;
  }
  return records.length > 1 ? name : null;
}

/** The whole second of the earliest of several records, from which the times of all count. */
function baseSecond(records: readonly CityRecord[]): number | null {
  let earliest = Number.POSITIVE_INFINITY;
  for (const { time } of records) {
    earliest = Math.min(earliest, time);
  }
  return records.length > 1 ? Math.floor(earliest / 1000) : null;
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
