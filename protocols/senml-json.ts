import { fromBase64url } from "./base64url.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import {
  decodeJson,
  isJsonArray,
  isJsonNumber,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "./json.ts";
import type { SenmlRecord } from "./senml.ts";
import {
  collect,
  type Field,
  fields,
  finished,
  keepLabel,
  type Labels,
  labelsOf,
  type MutableRecord,
  numeral,
  setField,
} from "./senml-field.ts";

/** Gateway only: SenML in JSON (RFC 8428 §5). */

/** One line of JSON. A number that is no number of JSON is a bug and throws. */
export function encodeSenmlJson(records: readonly SenmlRecord[]): string {
  return `[${records.map(recordJson).join(",")}]`;
}

/** Faults as decodeJson's, and "syntax" for what is no pack; "unsupported" for a label that must be understood (§4.4). */
export function decodeSenmlJson(text: string): SenmlRecord[] | Fault {
  const value = decodeJson(text);
  if (isFault(value)) {
    return value;
  }
  if (!isJsonArray(value)) {
    return fault("syntax", "a SenML pack that is no list");
  }
  return collect(value, (item) =>
    isJsonObject(item) ? recordOfJson(item) : fault("syntax", "a SenML record that is no object"),
  );
}

function recordJson(record: SenmlRecord): string {
  const members: string[] = [];
  for (const { name, kind } of fields) {
    const value = record[name];
    if (value !== undefined) {
      members.push(`"${name}":${kind === "number" ? numeral(value) : JSON.stringify(value)}`);
    }
  }
  for (const [label, value] of labelsOf(record)) {
    members.push(`${JSON.stringify(label)}:${JSON.stringify(value)}`);
  }
  return `{${members.join(",")}}`;
}

function recordOfJson(object: JsonObject): SenmlRecord | Fault {
  const record: MutableRecord = {};
  const labels: Labels = [];
  for (const [name, value] of object.members) {
    const field = fields.find((known) => known.name === name);
    const problem =
      field === undefined ? keepLabel(labels, name, value) : setField(record, field, jsonField(field, value));
    if (problem !== null) {
      return problem;
    }
  }
  return finished(record, labels);
}

/** The value of a known field as a record holds it; null where its type is wrong. */
function jsonField(field: Field, value: JsonValue): string | boolean | null {
  switch (field.kind) {
    case "number":
      return isJsonNumber(value) ? value.number : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "data":
      return typeof value === "string" && fromBase64url(value) !== null ? value : null;
    case "text":
      return typeof value === "string" ? value : null;
  }
}
