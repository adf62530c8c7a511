import { type Fault, fault, isFault } from "./fault.ts";
import { addNumerals, compareNumerals, numeralMax } from "./numeral.ts";
import type { SenmlRecord } from "./senml.ts";

/** Gateway only: what a SenML pack says once its base values are applied (RFC 8428 §4.6). */

/** Times below are relative to now, others are Unix seconds (§4.5.3). */
const absoluteFrom = "268435456"; // 2^28
const versionHere = 10; // §4.1
const namePattern = /^[A-Za-z0-9][-A-Za-z0-9:./_]*$/; // §4.5.1

/** The base values that hold for a record: its own, else the last ones before it. */
type Base = Pick<SenmlRecord, "bn" | "bt" | "bu" | "bv" | "bs">;

/**
 * Records without base values and relative times, in chronological order. `now` is Unix seconds as a numeral. Faults:
 * "unsupported" for a newer version, "range" for a relative time without `now` and for sums of more than 64 digits, "syntax" for a name that no record may have,
 * for versions that change and for a record without any value.
 */
export function resolve(records: readonly SenmlRecord[], now?: string): SenmlRecord[] | Fault {
  const version = Number(records[0]?.bver ?? versionHere);
  if (!(version <= versionHere)) {
    return fault("unsupported", `SenML version ${version}; ${versionHere} is the highest known here`);
  }
  const resolved: SenmlRecord[] = [];
  let base: Base = {};
  for (const record of records) {
    if (record.bver !== undefined && Number(record.bver) !== version) {
      return fault("syntax", "records of one pack name different SenML versions");
    }
    base = { ...base, ...baseOf(record) };
    if (!saysSomething(record)) {
      continue;
    }
    const result = resolveOne(record, base, now);
    if (isFault(result)) {
      return result;
    }
    resolved.push(version === versionHere ? result : { bver: String(version), ...result });
  }
  return resolved.sort((a, b) => compareNumerals(a.t ?? "0", b.t ?? "0"));
}

function baseOf({ bn, bt, bu, bv, bs }: SenmlRecord): Base {
  return present({ bn, bt, bu, bv, bs });
}

/** Whether there is more than base values, which some packs put into a record of their own. */
function saysSomething(record: SenmlRecord): boolean {
  const { n, u, v, vs, vb, vd, s, t, ut } = record;
  return [n, u, v, vs, vb, vd, s, t, ut].some((value) => value !== undefined);
}

function resolveOne(record: SenmlRecord, base: Base, now: string | undefined): SenmlRecord | Fault {
  const n = (base.bn ?? "") + (record.n ?? "");
  if (!namePattern.test(n)) {
    return fault("syntax", `${JSON.stringify(n)} is no name for a SenML record`);
  }
  const t = timeOf(total(base.bt, record.t), now);
  const s = total(base.bs, record.s);
  if (isFault(t)) {
    return t;
  }
  if (isFault(s)) {
    return s;
  }
  const other = record.vs ?? record.vb ?? record.vd ?? s;
  // §4.5.4: a missing value is zero where there is a base value; a text or a sum has no use for it.
  const v = record.v === undefined && other !== undefined ? undefined : total(base.bv, record.v);
  if (isFault(v)) {
    return v;
  }
  if (v === undefined && other === undefined) {
    return fault("syntax", `the record ${n} has no value`);
  }
  return present({
    n,
    u: record.u ?? base.bu,
    v,
    vs: record.vs,
    vb: record.vb,
    vd: record.vd,
    s,
    t,
    ut: record.ut,
    labels: record.labels,
  });
}

/** Without the fields that are undefined: a field is there or it is not. */
function present<Fields extends object>(
  fields: Fields,
): {
  [Name in keyof Fields]?: Exclude<Fields[Name], undefined>;
} {
  const entries = Object.entries(fields).filter((entry) => entry[1] !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}

function timeOf(time: string | undefined | Fault, now: string | undefined): string | Fault {
  if (isFault(time)) {
    return time;
  }
  const seconds = time ?? "0";
  if (compareNumerals(seconds, absoluteFrom) >= 0) {
    return seconds;
  }
  return now === undefined
    ? fault("range", `a time of ${seconds} s is relative, and nothing says to when`)
    : sum(now, seconds);
}

/** The sum of what is there; text that stands alone stays as it was written. */
function total(base: string | undefined, own: string | undefined): string | undefined | Fault {
  return base === undefined || own === undefined ? (own ?? base) : sum(base, own);
}

function sum(a: string, b: string): string | Fault {
  return addNumerals(a, b) ?? fault("range", `the sum of ${a} and ${b} takes more than ${numeralMax} digits`);
}
