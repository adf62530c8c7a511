import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { has } from "../programs.ts";
import { onDuktape, onEspruino, onNode, parts } from "./engines.ts";
import { espruinoLane, espruinoPath } from "./espruino-program.ts";

const folder = mkdtempSync(join(tmpdir(), "dreihasen-golden-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Where two runs part, and how; null where they are one. */
function difference(ours: readonly string[], theirs: readonly string[]) {
  const line = ours.findIndex((text, i) => text !== theirs[i]);
  return line < 0 && ours.length === theirs.length
    ? null
    : { line, ours: ours[line], theirs: theirs.slice(line).slice(0, 4) };
}

describe("two devices, and the examples of all drivers", () => {
  it("make many frames, faults and values", () => {
    const lines = parts.flatMap(onNode);
    const count = (start: string) => lines.filter((line) => line.startsWith(start)).length;
    expect(count("up 00")).toBeGreaterThan(14);
    expect(count("up 10")).toBeGreaterThan(14);
    expect(count("identify 5000")).toBe(2);
    expect(count("fault silent")).toBe(2);
    expect(count("sht31 a room: 2500 500")).toBe(1);
    expect(count("wmbus-meter")).toBeGreaterThan(1);
  });

  describe.each(parts)("$name", (part) => {
    it.skipIf(!has("duk"))(
      "is the same on Duktape as on Node, to the last byte",
      async () => {
        expect(difference(onNode(part), await onDuktape(folder, part))).toBeNull();
      },
      150_000,
    );

    it.skipIf(espruinoPath() === null)(
      `is the same ${espruinoLane} as on Node, to the last byte`,
      async () => {
        expect(difference(onNode(part), await onEspruino(folder, part))).toBeNull();
      },
      150_000,
    );
  });
});
