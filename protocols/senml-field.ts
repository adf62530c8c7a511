import { type Fault, fault, isFault } from "./fault.ts";
import { isNumeral } from "./numeral.ts";
import type { SenmlRecord } from "./senml.ts";

/** Gateway only: the fields of SenML records, and what JSON and CBOR have in common. */

/** Records of a pack. */
const recordsMax = 10000;

type TextLabel = Exclude<keyof SenmlRecord, "vb" | "labels">;
/** A record while it is read. */
export type MutableRecord = { -readonly [Label in keyof SenmlRecord]: SenmlRecord[Label] };

/** A label of the standard, in JSON and CBOR, and what it holds. */
export interface Field {
  readonly name: TextLabel | "vb";
  readonly label: number;
  readonly kind: "text" | "number" | "boolean" | "data";
}

/** RFC 8428 §4.3 and, for the CBOR labels, §6 table 4; in the order in which records are written. */
export const fields: readonly Field[] = [
  { name: "bn", label: -2, kind: "text" },
  { name: "bt", label: -3, kind: "number" },
  { name: "bu", label: -4, kind: "text" },
  { name: "bv", label: -5, kind: "number" },
  { name: "bs", label: -6, kind: "number" },
  { name: "bver", label: -1, kind: "number" },
  { name: "n", label: 0, kind: "text" },
  { name: "u", label: 1, kind: "text" },
  { name: "v", label: 2, kind: "number" },
  { name: "vs", label: 3, kind: "text" },
  { name: "vb", label: 4, kind: "boolean" },
  { name: "vd", label: 8, kind: "data" },
  { name: "s", label: 5, kind: "number" },
  { name: "t", label: 6, kind: "number" },
  { name: "ut", label: 7, kind: "number" },
];

/** Labels of others, as they were read. */
export type Labels = [string, string | boolean][];

/** Reads the items of a pack, which must be at least one; the first Fault names its record. */
export function collect<Item>(
  items: readonly Item[],
  read: (item: Item) => SenmlRecord | Fault,
): SenmlRecord[] | Fault {
  if (items.length === 0) {
    return fault("syntax", "a SenML pack without records");
  }
  if (items.length > recordsMax) {
    return fault("limit", `a SenML pack of ${items.length} records, at most ${recordsMax} are read`);
  }
  const records: SenmlRecord[] = [];
  for (const item of items) {
    const record = read(item);
    if (isFault(record)) {
      return fault(record.fault, `record ${records.length + 1}: ${record.detail}`);
    }
    records.push(record);
  }
  return records;
}

/** The text of a number field; another one is a bug and throws. */
export function numeral(value: string | boolean): string {
  if (typeof value !== "string" || !isNumeral(value)) {
    throw new Error(`not a numeral: ${value}`);
  }
  return value;
}

/** The labels of others as pairs. */
export function labelsOf(record: SenmlRecord): Labels {
  return record.labels === undefined ? [] : Object.entries(record.labels);
}

/** Puts a value into its field; null for a value says that its type was wrong. */
export function setField(record: MutableRecord, field: Field, value: string | boolean | null): Fault | null {
  if (field.name === "vb") {
    if (typeof value === "boolean") {
      record.vb = value;
      return null;
    }
  } else if (typeof value === "string") {
    record[field.name] = value;
    return null;
  }
  return fault("syntax", `the value of "${field.name}" is no ${field.kind}`);
}

/** RFC 8428 §4.4: a label that ends in "_" must be understood, any other may be passed over. */
export function keepLabel(labels: Labels, name: string, value: unknown): Fault | null {
  if (name.endsWith("_")) {
    return fault("unsupported", `the label ${JSON.stringify(name)} must be understood and is not`);
  }
  if (typeof value === "string" || typeof value === "boolean") {
    labels.push([name, value]);
  }
  return null;
}

/** The record, with the labels of others; a Fault where it has two values. */
export function finished(record: MutableRecord, labels: Labels): SenmlRecord | Fault {
  const values = [record.v, record.vs, record.vb, record.vd].filter((value) => value !== undefined);
  if (values.length > 1) {
    return fault("syntax", "more than one value in a record");
  }
  if (labels.length > 0) {
    record.labels = Object.fromEntries(labels);
  }
  return record;
}
