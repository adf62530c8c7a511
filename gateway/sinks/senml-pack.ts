/** Records as SenML packs (RFC 8428): one device a pack, base name and base time where they save bytes. */
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
  const baseTime = records.length > 1 ? earliestSecond(records) : null;
  return records.map((record, index) => ({
    ...(index === 0 && baseName !== null ? { bn: baseName } : {}),
    ...(index === 0 && baseTime !== null ? { bt: String(baseTime) } : {}),
    n: baseName === null ? record.n : record.n.slice(baseName.length),
    u: record.u,
    v: record.v,
    ...written(timeOf(record, baseTime)),
    labels: {
      dh: record.dh,
      ...(record.timeQuality === null ? {} : { dq: record.timeQuality }),
      ...(record.backlog ? { db: true } : {}),
    },
  }));
}

function written(t: string | null): { t?: string } {
  return t === null ? {} : { t };
}

/** The payload of a pack. */
export function encodePack(records: readonly CityRecord[], format: SenmlFormat): Buffer {
  return format === "json"
    ? Buffer.from(packJson(records))
    : Buffer.from(encodeSenmlCbor(senmlRecords(records)));
}

/**
 * What encodeSenmlJson(senmlRecords(records)) gives, written without the objects between: at tens of thousands of records a second
 * they were most of what the way to the city cost.
 */
function packJson(records: readonly CityRecord[]): string {
  const baseName = sharedName(records);
  const baseTime = records.length > 1 ? earliestSecond(records) : null;
  const names = new Map<string, string>();
  let text = "[{";
  if (baseName !== null) {
    text += `"bn":${JSON.stringify(baseName)},`;
  }
  if (baseTime !== null) {
    text += `"bt":${baseTime},`;
  }
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    let name = names.get(record.n);
    if (name === undefined) {
      const n = baseName === null ? record.n : record.n.slice(baseName.length);
      name = `"n":${JSON.stringify(n)},"u":${JSON.stringify(record.u)},"v":`;
      names.set(record.n, name);
    }
    const t = timeOf(record, baseTime);
    text += `${i === 0 ? "" : ",{"}${name}${record.v}`;
    text += t === null ? `,"dh":"${record.dh}"` : `,"t":${t},"dh":"${record.dh}"`;
    text += record.timeQuality === null ? "" : `,"dq":"${record.timeQuality}"`;
    text += record.backlog ? ',"db":true}' : "}";
  }
  return `${text}]`;
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

/** Whole seconds of the earliest time; null where a time has another form, so that none is touched. */
function earliestSecond(records: readonly CityRecord[]): number | null {
  let earliest = Number.POSITIVE_INFINITY;
  for (const { t } of records) {
    const second = t === null ? null : secondOf(t);
    if (second === null) {
      return null;
    }
    earliest = Math.min(earliest, second);
  }
  return earliest;
}

const secondDigitsMax = 15;

/** The whole seconds of a Unix time, digits with or without decimals; null for any other text. */
function secondOf(text: string): number | null {
  const point = text.indexOf(".");
  const digits = point < 0 ? text.length : point;
  if (digits === 0 || digits > secondDigitsMax || point === text.length - 1) {
    return null;
  }
  let second = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (i !== point && (digit < 0 || digit > 9)) {
      return null;
    }
    second = i < digits ? second * 10 + digit : second;
  }
  return second;
}

/** Relative to a base of whole seconds the decimals stay as they are written, so the sum is exact. Null where no `t` is written. */
function timeOf({ t }: CityRecord, base: number | null): string | null {
  const second = t === null || base === null ? null : secondOf(t);
  if (t === null || second === null || base === null) {
    return t;
  }
  const point = t.indexOf(".");
  const difference = second - base;
  return point >= 0 ? `${difference}${t.slice(point)}` : difference === 0 ? null : String(difference);
}
