import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";

const built = fileURLToPath(new URL("../../dist/street.mjs", import.meta.url));

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function street(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [built, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

describe("the street", () => {
  beforeAll(() => {
    expect(existsSync(built), "npm run build makes dist/street.mjs").toBe(true);
  });

  it("balances, loses nothing and refuses what is false, through an uplink cut, a killed gateway, a forgery and a replay", async () => {
    const { code, stdout, stderr } = await street(
      "--seconds",
      "18",
      "--json",
      "--lang",
      "en",
      "--fault",
      "uplink@5-9,kill@11,forge@14,replay@15",
    );
    const result = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(Object.keys(result)).toEqual([
      "devices",
      "produced",
      "delivered",
      "buffered",
      "onDevice",
      "dropped",
      "lost",
      "refused",
      "duplicates",
      "balanced",
    ]);
    expect(result, stderr).toMatchObject({
      devices: 12,
      dropped: 0,
      lost: 0,
      balanced: true,
      refused: { "bad-tag": 1 },
    });
    expect(result.refused.replayed).toBeGreaterThanOrEqual(1);
    expect(result.produced).toBeGreaterThan(100);
    expect(result.produced).toBe(result.delivered + result.buffered + result.onDevice);
    expect(stderr).toMatch(/ready in \d\.\d s/);
    expect(code).toBe(0);
  });

  it("accounts for what waits on disk when the uplink stays cut", async () => {
    const { code, stdout, stderr } = await street("--seconds", "9", "--json", "--fault", "uplink@5-3600");
    const result = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(result, stderr).toMatchObject({ lost: 0, balanced: true });
    expect(result.buffered).toBeGreaterThan(0);
    expect(code).toBe(0);
  });

  it("says what is wrong with a fault it does not know, and ends with 64", async () => {
    const { code, stderr } = await street("--fault", "flood@3");
    expect(code).toBe(64);
    expect(stderr).toContain("uplink@5-10");
  });
});
