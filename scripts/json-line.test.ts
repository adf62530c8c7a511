import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonLine } from "./json-line.ts";

it("gives any value back as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(jsonLine(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

it("is one line, whatever counts as a line's end, and holds no control character", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "\u0085", "\u2028", "\u2029", "\u009b", "\u007f", "\n", "\r"),
  });
  fc.assert(
    fc.property(text, (value) => {
      expect(jsonLine({ value })).toMatch(/^[^\p{Cc}\u2028\u2029]*\n$/u);
    }),
  );
});
