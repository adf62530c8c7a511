import { type Fault, fault } from "./fault.ts";
import { isNumeral } from "./numeral.ts";

/**
 * Gateway only: a small strict JSON reader (RFC 8259) that keeps what JSON.parse loses. Numbers stay text, so that no digit
 * changes; objects are lists of members, and one that names a member twice is refused.
 */

/** A value of JSON (RFC 8259 §3). */
export type JsonValue = string | boolean | null | JsonNumber | JsonArray | JsonObject;

export interface JsonNumber {
  /** As it was written; at most 64 characters. */
  readonly number: string;
}

export type JsonArray = readonly JsonValue[];

/** Members in the order in which they stand; no name twice. */
export interface JsonObject {
  readonly members: readonly (readonly [string, JsonValue])[];
}

/** Characters of a document. */
export const jsonMax = 4194304;
const depthMax = 8;

/** The value of a JSON text. Faults: "limit" for more than 4 Mi characters or 8 levels, "truncated", "syntax". */
export function decodeJson(text: string): JsonValue | Fault {
  if (text.length > jsonMax) {
    return fault("limit", "JSON of " + text.length + " characters, at most " + jsonMax + " are read");
  }
  const reader: Reader = { text: text, at: 0, fault: null };
  const value = readValue(reader, 0);
  skipSpace(reader);
  if (reader.fault === null && reader.at < text.length) {
    refuse(reader, "something after the value");
  }
  return reader.fault === null ? value : reader.fault;
}

export function isJsonNumber(value: JsonValue): value is JsonNumber {
  return typeof value === "object" && value !== null && "number" in value;
}

export function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && "members" in value;
}

export function isJsonArray(value: JsonValue): value is JsonArray {
  return Array.isArray(value);
}

interface Reader {
  readonly text: string;
  at: number;
  fault: Fault | null;
}

/** Keeps the first refusal; at the end of the text it is always that the text ends. */
function refuse(reader: Reader, detail: string): null {
  if (reader.fault === null) {
    reader.fault =
      reader.at >= reader.text.length
        ? fault("truncated", "the JSON ends too early, after " + reader.text.length + " characters")
        : fault("syntax", "JSON character " + reader.at + ": " + detail);
  }
  return null;
}

function skipSpace(reader: Reader): void {
  for (; reader.at < reader.text.length; reader.at++) {
    const code = reader.text.charCodeAt(reader.at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) {
      return;
    }
  }
}

/** Whether the next character, after blanks, is this one; then it is read. */
function take(reader: Reader, character: string): boolean {
  skipSpace(reader);
  if (reader.text[reader.at] !== character) {
    return false;
  }
  reader.at++;
  return true;
}

function readValue(reader: Reader, depth: number): JsonValue {
  skipSpace(reader);
  switch (reader.text[reader.at]) {
    case '"':
      return readString(reader);
    case "[":
      return descend(reader, depth) ? readArray(reader, depth + 1) : null;
    case "{":
      return descend(reader, depth) ? readObject(reader, depth + 1) : null;
    case "t":
      return readWord(reader, "true", true);
    case "f":
      return readWord(reader, "false", false);
    case "n":
      return readWord(reader, "null", null);
  }
  return readNumber(reader);
}

function descend(reader: Reader, depth: number): boolean {
  if (depth < depthMax) {
    return true;
  }
  if (reader.fault === null) {
    reader.fault = fault("limit", "JSON character " + reader.at + ": more than " + depthMax + " levels");
  }
  return false;
}

function readArray(reader: Reader, depth: number): JsonArray {
  const items: JsonValue[] = [];
  reader.at++;
  if (take(reader, "]")) {
    return items;
  }
  do {
    items.push(readValue(reader, depth));
  } while (reader.fault === null && take(reader, ","));
  if (!take(reader, "]")) {
    refuse(reader, "a comma or ] is missing");
  }
  return items;
}

function readObject(reader: Reader, depth: number): JsonObject {
  const members: (readonly [string, JsonValue])[] = [];
  const start = reader.at;
  reader.at++;
  if (take(reader, "}")) {
    return { members: members };
  }
  do {
    readMember(reader, members, depth);
  } while (reader.fault === null && take(reader, ","));
  if (!take(reader, "}")) {
    refuse(reader, "a comma or } is missing");
  }
  const twin = twinOf(members);
  if (twin !== null) {
    refuseAt(reader, start, "the member " + JSON.stringify(twin.substring(0, 40)) + " stands there twice");
  }
  return { members: members };
}

/** A name that two members have; sorted, so that n members cost n log n, whatever their names. */
function twinOf(members: readonly (readonly [string, JsonValue])[]): string | null {
  const names = members.map((member) => member[0]).sort();
  for (let i = 1; i < names.length; i++) {
    if (names[i] === names[i - 1]) {
      return names[i];
    }
  }
  return null;
}

function readMember(reader: Reader, members: (readonly [string, JsonValue])[], depth: number): void {
  skipSpace(reader);
  const name =
    reader.text[reader.at] === '"' ? readString(reader) : refuse(reader, "a member's name is missing");
  if (name === null) {
    return;
  }
  if (!take(reader, ":")) {
    refuse(reader, "a colon is missing");
    return;
  }
  members.push([name, readValue(reader, depth)]);
}

function readWord<Word>(reader: Reader, word: string, value: Word): Word | null {
  const found = reader.text.substring(reader.at, reader.at + word.length);
  if (found === word) {
    reader.at += word.length;
    return value;
  }
  if (word.startsWith(found)) {
    reader.at = reader.text.length;
  }
  return refuse(reader, "not a word of JSON");
}

function readNumber(reader: Reader): JsonNumber | null {
  const start = reader.at;
  while (reader.at < reader.text.length && "+-.0123456789Ee".includes(reader.text[reader.at]!)) {
    reader.at++;
  }
  const number = reader.text.substring(start, reader.at);
  if (isNumeral(number)) {
    return { number: number };
  }
  if (reader.at < reader.text.length || !isNumeral(number + "0")) {
    reader.at = start;
  }
  return refuse(reader, "no value, or a number of a form or size that is not read");
}

/** RFC 8259 §7. An escape or text that leaves half a surrogate pair is refused: nobody can say what it means. */
function readString(reader: Reader): string | null {
  const start = reader.at + 1;
  let text = "";
  let from = start;
  for (reader.at = start; reader.at < reader.text.length; reader.at++) {
    const code = reader.text.charCodeAt(reader.at);
    if (code === 0x22) {
      text += reader.text.substring(from, reader.at);
      reader.at++;
      return /\p{Surrogate}/u.test(text) ? refuseAt(reader, start, "half a surrogate pair") : text;
    }
    if (code < 0x20) {
      return refuse(reader, "a control character in a string");
    }
    if (code === 0x5c) {
      text += reader.text.substring(from, reader.at);
      const character = readEscape(reader);
      if (character === null) {
        return null;
      }
      text += character;
      from = reader.at + 1;
    }
  }
  return refuse(reader, "");
}

function refuseAt(reader: Reader, at: number, detail: string): null {
  reader.at = at;
  return refuse(reader, detail);
}

/** The character of an escape; leaves the reader on its last character. */
function readEscape(reader: Reader): string | null {
  const kind = reader.text[reader.at + 1];
  const simple = kind === undefined ? -1 : '"\\/bfnrt'.indexOf(kind);
  if (simple >= 0) {
    reader.at++;
    return '"\\/\b\f\n\r\t'[simple]!;
  }
  const digits = reader.text.substring(reader.at + 2, reader.at + 6);
  if (kind === "u" && /^[0-9a-fA-F]{4}$/.test(digits)) {
    reader.at += 5;
    return String.fromCharCode(parseInt(digits, 16));
  }
  if (
    kind === undefined ||
    (kind === "u" && reader.at + 6 > reader.text.length && /^[0-9a-fA-F]*$/.test(digits))
  ) {
    reader.at = reader.text.length;
  }
  return refuse(reader, "an escape that JSON does not have");
}
