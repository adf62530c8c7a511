/** Records as SenML packs (RFC 8428): one device a pack, base name and base time where they save bytes. */
import { encodeSenmlCbor, encodeSenmlJson, type SenmlRecord } from "../../protocols/senml.ts";
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
  const device = records[0]!.device;
  const baseName = `${device}:`;
  const shared = records.length > 1 && records.every(({ n }) => n.startsWith(baseName));
  const baseTime = records.length > 1 ? earliestSecond(records) : null;
  return records.map((record, index) => ({
    ...(index === 0 && shared ? { bn: baseName } : {}),
    ...(index === 0 && baseTime !== null ? { bt: String(baseTime) } : {}),
    n: shared ? record.n.slice(baseName.length) : record.n,
    u: record.u,
    v: record.v,
    ...timeOf(record, baseTime),
    labels: {
      dh: record.dh,
      ...(record.timeQuality === null ? {} : { dq: record.timeQuality }),
      ...(record.backlog ? { db: true } : {}),
    },
  }));
}

/** The payload of a pack. */
export function encodePack(records: readonly CityRecord[], format: SenmlFormat): Buffer {
  const pack = senmlRecords(records);
  return format === "json" ? Buffer.from(encodeSenmlJson(pack)) : Buffer.from(encodeSenmlCbor(pack));
}

const unixTime = /^(\d{1,15})(\.\d+)?$/;

/** Whole seconds of the earliest time; null where a time has another form, so that none is touched. */
function earliestSecond(records: readonly CityRecord[]): number | null {
  let earliest = Number.POSITIVE_INFINITY;
  for (const { t } of records) {
    const form = t === null ? null : unixTime.exec(t);
    if (form === null) {
      return null;
    }
    earliest = Math.min(earliest, Number(form[1]));
  }
  return earliest;
}

/** Relative to a base of whole seconds the decimals stay as they are written, so the sum is exact. */
function timeOf(record: CityRecord, base: number | null): { t?: string } {
  const form = record.t === null ? null : unixTime.exec(record.t);
  if (record.t === null) {
    return {};
  }
  if (form === null || base === null) {
    return { t: record.t };
  }
  const t = `${Number(form[1]) - base}${form[2] ?? ""}`;
  return t === "0" ? {} : { t };
}
