import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFault } from "./fault.ts";
import { decodeJson, isJsonArray, isJsonNumber, isJsonObject, type JsonValue, jsonMax } from "./json.ts";

/** As JSON.parse gives it; doubles where the text was exact. */
function plain(value: JsonValue): unknown {
  if (isJsonArray(value)) {
    return value.map(plain);
  }
  if (isJsonObject(value)) {
    return Object.fromEntries(value.members.map(([name, member]) => [name, plain(member)]));
  }
  return isJsonNumber(value) ? Number(value.number) : value;
}

const document = fc.json({ maxDepth: 6, stringUnit: "binary" });

describe("the JSON reader", () => {
  it("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(document, fc.boolean(), (compact, spread) => {
        const text = spread ? JSON.stringify(JSON.parse(compact), null, "\t") : compact;
        const value = decodeJson(text);
        expect(isFault(value), text).toBe(false);
        expect(plain(value as JsonValue)).toEqual(JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses whatever JSON.parse refuses", () => {
    fc.assert(
      fc.property(
        document,
        fc.nat(),
        fc.constantFrom(...'{}[]",:0-.eEtfn\\u \n\u0001x'),
        (text, place, character) => {
          const at = place % (text.length + 1);
          const other = text.slice(0, at) + character + text.slice(at + (place % 3));
          if (isFault(decodeJson(other))) {
            return;
          }
          expect(() => JSON.parse(other)).not.toThrow();
        },
      ),
      { numRuns: 5000 },
    );
  });

  it("keeps a number as it was written", () => {
    expect(decodeJson("[1.30, 0.14e1, 18446744073709551615, -0]")).toEqual([
      { number: "1.30" },
      { number: "0.14e1" },
      { number: "18446744073709551615" },
      { number: "-0" },
    ]);
  });

  it("says of a text that is cut that it is cut", () => {
    const text = '{"a":[1.5e+1,true,null,"\\u00fc\\n",{"b":-0.5}], "c":false}';
    for (let length = 0; length < text.length; length++) {
      expect(decodeJson(text.slice(0, length)), text.slice(0, length)).toMatchObject({ fault: "truncated" });
    }
  });

  it.each([
    ["a member twice", '{"a":1,"a":2}', "syntax"],
    ["a member twice, once escaped", '{"a":1,"\\u0061":2}', "syntax"],
    ["a comma at the end", "[1,]", "syntax"],
    ["a leading zero", "[01]", "syntax"],
    ["a leading zero alone", "01", "syntax"],
    ["a plus", "[+1]", "syntax"],
    ["NaN", "[NaN]", "syntax"],
    ["a comment", "[1/*x*/]", "syntax"],
    ["single quotes", "['a']", "syntax"],
    ["a control character", '["\n"]', "syntax"],
    ["half a surrogate pair", '["\\ud800"]', "syntax"],
    ["an unknown escape", '["\\x41"]', "syntax"],
    ["a byte order mark", "\ufeff[]", "syntax"],
    ["two values", "1 2", "syntax"],
    ["nothing", "", "truncated"],
    ["nine levels", "[".repeat(9) + "]".repeat(9), "limit"],
    ["200,000 levels", "[".repeat(200_000), "limit"],
    ["200,000 levels of objects", '{"a":'.repeat(200_000), "limit"],
    ["more than 4 Mi characters", " ".repeat(jsonMax) + "1", "limit"],
    ["a number of a million digits", "1".repeat(1_000_000), "syntax"],
  ])("refuses %s", (_, text, code) => {
    expect(decodeJson(text)).toMatchObject({ fault: code });
  });

  it("gives a member named __proto__ as any other", () => {
    expect(decodeJson('{"__proto__":1}')).toEqual({ members: [["__proto__", { number: "1" }]] });
  });
});
