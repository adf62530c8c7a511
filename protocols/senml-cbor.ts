import { fromBase64url, toBase64url } from "./base64url.ts";
import {
  type CborValue,
  decodeCbor,
  encodeCbor,
  isArray,
  isBytes,
  isFloat,
  isMap,
  isTag,
  isWords,
} from "./cbor.ts";
import { integerText, parseDecimal } from "./decimal.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { isNumeral, numeralParts } from "./numeral.ts";
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

/** Gateway only: SenML in CBOR (RFC 8428 §6). */

/** Bytes of a pack. */
const senmlCborMax = 4194304;
const decimalFraction = 4; // RFC 8949 §3.4.4

/** Deterministic CBOR. Numbers with decimals or exponent travel as decimal fractions, so they stay exact up to 64 bits. */
export function encodeSenmlCbor(records: readonly SenmlRecord[]): Uint8Array {
  return encodeCbor(records.map(recordCbor));
}

/** Faults as decodeCbor's and decodeSenmlJson's. */
export function decodeSenmlCbor(bytes: Uint8Array): SenmlRecord[] | Fault {
  if (bytes.length > senmlCborMax) {
    return fault("limit", `a SenML pack of ${bytes.length} bytes, at most ${senmlCborMax} are read`);
  }
  const value = decodeCbor(bytes);
  if (isFault(value)) {
    return value;
  }
  if (!isArray(value)) {
    return fault("syntax", "a SenML pack that is no list");
  }
  return collect(value, (item) =>
    isMap(item) ? recordOfCbor(item.pairs) : fault("syntax", "a SenML record that is no map"),
  );
}

function recordCbor(record: SenmlRecord): CborValue {
  const pairs: [CborValue, CborValue][] = [];
  for (const { name, label, kind } of fields) {
    const value = record[name];
    if (value !== undefined) {
      pairs.push([label, cborOf(kind, value)]);
    }
  }
  return { pairs: pairs.concat(labelsOf(record)) };
}

function cborOf(kind: Field["kind"], value: string | boolean): CborValue {
  if (kind === "number") {
    return numberCbor(numeral(value));
  }
  return kind === "data" ? fromBase64url(String(value)) : value;
}

/** An integer, else a decimal fraction; a float only where the digits need more than 64 bits (§6 allows all three). */
function numberCbor(text: string): CborValue {
  const parts = numeralParts(text);
  const digits = parts === null || parts.digits === "" ? "0" : parts.digits;
  const mantissa = parts === null ? null : parseDecimal((parts.negative ? "-" : "") + digits);
  if (parts === null || mantissa === null) {
    return { float: Number(text) };
  }
  return parts.exponent === 0
    ? mantissa.integer
    : { tag: decimalFraction, value: [parts.exponent, mantissa.integer] };
}

function recordOfCbor(pairs: readonly (readonly [CborValue, CborValue])[]): SenmlRecord | Fault {
  const record: MutableRecord = {};
  const labels: Labels = [];
  for (const [key, value] of pairs) {
    const problem = readPair(record, labels, key, value);
    if (problem !== null) {
      return problem;
    }
  }
  return finished(record, labels);
}

function readPair(record: MutableRecord, labels: Labels, key: CborValue, value: CborValue): Fault | null {
  const field = fields.find((known) => known.label === key);
  if (field !== undefined) {
    return setField(record, field, cborField(field, value));
  }
  if (typeof key !== "string") {
    return isBytes(key) ? fault("syntax", "a label that is neither text nor integer") : null;
  }
  // §6: the labels of table 4 are integers here, so "n" as text would be a second name.
  return fields.some((known) => known.name === key)
    ? fault("syntax", `the label "${key}" as text`)
    : keepLabel(labels, key, value);
}

function cborField(field: Field, value: CborValue): string | boolean | null {
  switch (field.kind) {
    case "number":
      return numberOfCbor(value);
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "data":
      return isBytes(value) ? toBase64url(value) : null;
    case "text":
      return typeof value === "string" ? value : null;
  }
}

function numberOfCbor(value: CborValue): string | null {
  if (typeof value === "number" || isWords(value)) {
    return integerText(value);
  }
  if (isFloat(value)) {
    const text = String(value.float);
    return isNumeral(text) ? text : null;
  }
  if (!isTag(value) || value.tag !== decimalFraction || !isArray(value.value) || value.value.length !== 2) {
    return null;
  }
  const [exponent, mantissa] = value.value;
  if (typeof exponent !== "number" || (typeof mantissa !== "number" && !isWords(mantissa))) {
    return null;
  }
  return fractionText(integerText(mantissa), exponent);
}

/** Plain decimals where JSON would have them, an exponent where it would be long. */
function fractionText(mantissa: string, exponent: number): string | null {
  if (exponent === 0) {
    return mantissa;
  }
  const negative = mantissa.startsWith("-");
  const digits = (negative ? mantissa.substring(1) : mantissa).padStart(1 - Math.max(exponent, -18), "0");
  const point = digits.length + exponent;
  const text =
    exponent < 0 && exponent >= -18
      ? `${digits.substring(0, point)}.${digits.substring(point)}`
      : `${mantissa.replace("-", "")}e${exponent}`;
  const signed = (negative ? "-" : "") + text;
  return isNumeral(signed) ? signed : null;
}
