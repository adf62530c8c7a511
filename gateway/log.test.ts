import { describe, expect, it } from "vitest";
import { createLog, humanLine } from "./log.ts";

function collect(format: "json" | "human") {
  const lines: string[] = [];
  const log = createLog({ format, destination: { write: (line) => lines.push(line) } });
  return { lines, log };
}

describe("the log", () => {
  it("writes one JSON line per event", () => {
    const { lines, log } = collect("json");
    log.child({ link: "mqtt" }).warn({ frames: 3 }, "frames lost");
    expect(lines).toHaveLength(1);
    expect(lines[0]!.endsWith("\n")).toBe(true);
    const { time, ...rest } = JSON.parse(lines[0]!);
    expect(rest).toEqual({ level: "warn", link: "mqtt", frames: 3, event: "frames lost" });
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it("never shows what is secret, at the top or inside", () => {
    const { lines, log } = collect("json");
    const secret = "00112233";
    log.info({ root: secret, device: { root: secret, entry: { password: secret } } }, "device created");
    log.child({ key: secret }).info({}, "again");
    expect(lines.join("")).not.toContain(secret);
    expect(lines[0]).toContain("[secret]");
  });

  it("writes for people: time, level, event, details", () => {
    const { lines, log } = collect("human");
    log.info({ device: "meter-017", missing: 4 }, "gap closed");
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d info {2}gap closed {2}device=meter-017 {2}missing=4\n$/);
  });

  it("keeps each event on one line, whatever a device or broker said", () => {
    const line = humanLine(
      JSON.stringify({ level: "info", time: "2026-01-01T10:00:00Z", event: "a\nb\u001b[2J" }),
      true,
    );
    expect(line).not.toContain("\n");
    expect(line).not.toContain("\u001b[2J");
  });

  it("keeps a line that is not JSON as it is", () => {
    expect(humanLine("no json", false)).toBe("no json");
  });
});
