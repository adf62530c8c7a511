import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { has } from "../programs.ts";
import { hasen, program, unreadable } from "./hasen.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dreihasen-line-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a command line with a mistake in it", () => {
  it.each([
    ["an unknown command", ["gatway"], "USE-001", "Did you mean “gateway”?"],
    ["an unknown command below device", ["device", "nwe"], "USE-001", "Did you mean “new”?"],
    ["a misspelt option", ["gateway", "--confg", "x"], "USE-003", "Did you mean “--config”?"],
    ["a missing option", ["device", "new", "pb-a-1"], "USE-004", "“--config <file>” is missing"],
    ["a missing name", ["device", "revoke"], "USE-004", "“name” is missing"],
    ["an option without its value", ["gateway", "--config"], "USE-005", "needs a value"],
    ["a value that is none", ["--lang", "fr", "gateway"], "USE-002", "Allowed: de, en."],
    ["a word too many", ["gateway", "--config", "x", "y"], "USE-006", "more words"],
  ])("such as %s is told with what to do next, and ends with 64", async (_what, args, code, says) => {
    const { code: exit, stdout, stderr } = await hasen(args);
    expect(stderr).toContain(`Problem ${code}`);
    expect(stderr).toContain(says);
    expect(stderr).toMatch(/Next: .*\S/);
    expect(stderr).not.toMatch(unreadable);
    expect({ exit, stdout }).toEqual({ exit: 64, stdout: "" });
  });

  it("is told in German where that is asked for, by the option or by the machine's language", async () => {
    for (const run of [
      hasen(["gatway", "--lang", "de"]),
      hasen(["gatway"], { env: { LC_ALL: "de_DE.UTF-8" } }),
    ]) {
      const { code, stderr } = await run;
      expect(stderr).toContain("Fehler USE-001");
      expect(stderr).toContain("Meinten Sie „gateway“?");
      expect(code).toBe(64);
    }
  });
});

describe("colours", () => {
  it.skipIf(!has("script"))(
    "are left out where NO_COLOR is set, and where nobody looks at a terminal (needs script)",
    async () => {
      const line = `'${process.execPath}' '${program}' gateway --config ${join(folder, "none.yaml")}`;
      const onTerminal = (env: string) => shell(`script -qec "env ${env} ${line}" /dev/null`);
      expect((await onTerminal("-u NO_COLOR")).stdout).toContain("\u001b[31m");
      expect((await onTerminal("NO_COLOR=1")).stdout).not.toContain("\u001b");
      const { stderr } = await shell(`env -u NO_COLOR ${line}`);
      expect(stderr).toContain("FIL-066");
      expect(stderr).not.toContain("\u001b");
    },
  );
});

describe("a reader that goes away early", () => {
  it("ends a command quietly, as `| head` does", async () => {
    const lines = join(folder, "lines.hex");
    writeFileSync(lines, "00\n".repeat(200_000));
    const pipe = `'${process.execPath}' '${program}' decode sml --hex ${lines} | head -n 1`;
    const { stdout, stderr } = await shell(`${pipe}; echo "\${PIPESTATUS[0]}"`);
    const [first, exit] = stdout.split("\n");
    expect(JSON.parse(first)).toMatchObject({ offset: 1, protocol: "sml" });
    expect(stderr).toBe("");
    expect(exit).toBe("0");
  });
});

function shell(line: string): Promise<{ stdout: string; stderr: string }> {
  const child = spawn("bash", ["-c", line], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  return new Promise((resolve) => child.once("close", () => resolve({ stdout, stderr })));
}
