import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasen, unreadable } from "./hasen.ts";

const tenMistakes = fileURLToPath(new URL("./ten-mistakes.yaml", import.meta.url));
/** Line and code of each mistake. */
const mistakes = [
  [1, "CFG-006"],
  [2, "CFG-008"],
  [3, "CFG-003"],
  [6, "CFG-008"],
  [7, "CFG-008"],
  [10, "CFG-006"],
  [13, "CFG-003"],
  [17, "CFG-008"],
  [19, "CFG-008"],
  [21, "CFG-006"],
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dreihasen-config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a config with ten mistakes", () => {
  it("is told as ten problems on the right lines", async () => {
    const { code, stdout, stderr } = await hasen(["gateway", "--config", tenMistakes, "--check"]);
    const told = [...stderr.matchAll(/^Problem (\S+) {2}\S+ten-mistakes\.yaml:(\d+):\d+$/gm)];
    expect(told.map(([, problem, line]) => [Number(line), problem])).toEqual(mistakes);
    expect(stderr.match(/Did you mean/g)?.length).toBeGreaterThanOrEqual(5);
    expect(stderr).not.toMatch(unreadable);
    expect({ code, stdout }).toEqual({ code: 65, stdout: "" });
  });

  it("is told to programs as JSON, in the language asked for", async () => {
    const { code, stdout } = await hasen([
      "--lang",
      "de",
      "gateway",
      "--config",
      tenMistakes,
      "--check",
      "--json",
    ]);
    const { problems } = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(problems).toHaveLength(10);
    expect(problems[2]).toMatchObject({
      code: "CFG-003",
      what: "Unbekannter Schlüssel „gatewy“. Meinten Sie „gateway“?",
      where: expect.stringMatching(/:3:1$/),
    });
    for (const { what, why, next } of problems) {
      expect([what, why, next].every((sentence) => sentence.length > 5)).toBe(true);
    }
    expect(code).toBe(65);
  });
});

describe("a config that is no config", () => {
  it.each([
    ["of no bytes", new Uint8Array(0), 65, "CFG-016"],
    [
      "of bytes that are no text",
      Uint8Array.from({ length: 3000 }, (_, i) => (i * 167 + 128) & 255),
      65,
      "CFG-011",
    ],
    ["of two megabytes", new Uint8Array(2_000_000).fill(0x61), 65, "CFG-012"],
    ["of a megabyte of brackets", new Uint8Array(1_000_000).fill(0x5b), 65, "CFG-"],
    ["of another program", new TextEncoder().encode('{"name": "x", "scripts": {}}\n'), 65, "CFG-003"],
  ])("%s is told as such, for a gateway and for a device", async (_what, bytes, exit, problem) => {
    const file = join(folder, "config.yaml");
    writeFileSync(file, bytes);
    const runs = [hasen(["gateway", "--config", file]), hasen(["device", "run", "--config", file])];
    for (const { code, stdout, stderr } of await Promise.all(runs)) {
      expect(stderr).toContain(`Problem ${problem}`);
      expect(stderr.length).toBeLessThan(20_000);
      expect(stderr).not.toMatch(unreadable);
      expect({ code, stdout }).toEqual({ code: exit, stdout: "" });
    }
  });

  it.each([
    ["that is not there", "none.yaml", 66, "FIL-066"],
    ["that is a folder", ".", 66, "FIL-071"],
  ])("%s is told as such", async (_what, file, exit, problem) => {
    const { code, stderr } = await hasen(["gateway", "--config", file], { cwd: folder });
    expect(stderr).toContain(`Problem ${problem}`);
    expect(code).toBe(exit);
  });
});
