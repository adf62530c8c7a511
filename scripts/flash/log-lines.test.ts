import fc from "fast-check";
import { expect, it } from "vitest";
import { LogLines } from "./log-lines.ts";

function shown(text: string, size = text.length + 1): string[] {
  const lines: string[] = [];
  const log = new LogLines((line) => lines.push(line));
  for (let at = 0; at < text.length; at += size) {
    log.take(text.slice(at, at + size));
  }
  log.end();
  return lines;
}

it("what a board prints becomes lines, without prompts and without what terminals obey", () => {
  expect(shown("\r\n>one\r\n\u001b[31mtwo\u001b[0m\n\nthree")).toEqual(["one", "two", "three"]);
});

it("messages between the lines are named by their length", () => {
  expect(shown("text\n\u0005\u0002\u0081\u0000abc\u0006\nmore\n")).toEqual(["text", "[8 bytes]", "more"]);
});

it("nothing that comes over the line reaches the terminal as a command, in whatever pieces it comes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 1, max: 50 }), (bytes, size) => {
      for (const line of shown(Buffer.from(bytes).toString("latin1"), size)) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
        expect(line).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
        expect(line.length).toBeLessThanOrEqual(500);
      }
    }),
  );
});
