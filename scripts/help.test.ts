import { describe, expect, it } from "vitest";
import { commands, hasen } from "./hasen.ts";
import { helpSentences } from "./help.ts";
import { german } from "./help-de.ts";

/** What a command line prints on stdout. */
async function printed(...args: string[]): Promise<string> {
  let out = "";
  const stream = { write: (text: string) => (out += text) };
  await hasen(args, { stdin: process.stdin, stdout: stream, stderr: stream } as never);
  return out;
}

const titles = ["Usage:", "Options:", "Commands:", "Arguments:", "Examples:"];

describe("the help", () => {
  const streams = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr };
  const sentences = helpSentences(
    commands(
      streams,
      () => {},
      () => "en",
    ),
  );

  it.each(sentences)("has German for: %s", (sentence) => {
    expect(german).toHaveProperty([sentence]);
  });

  it("has no German that nothing asks for any more", () => {
    expect(Object.keys(german).filter((key) => ![...titles, ...sentences].includes(key))).toEqual([]);
  });

  it("is German all through where --lang says so, before or after the command", async () => {
    const before = await printed("--lang", "de", "simulate", "--help");
    expect(before).toContain("Beispiele:");
    expect(before).toContain("Aufruf: hasen simulate");
    expect(before).toContain("Startwert von Last und Störungen (Vorgabe: 1)");
    expect(before).not.toMatch(/Usage|Options|default|choices| the /);
    expect(await printed("simulate", "--help", "--lang", "de")).toBe(before);
  });

  it("of the program names every command", async () => {
    const text = await printed("--help", "--lang", "en");
    for (const name of [
      "decode",
      "gateway",
      "device",
      "probe",
      "gaps",
      "simulate",
      "spool",
      "build",
      "flash",
    ]) {
      expect(text).toMatch(new RegExp(`^ {2}${name} `, "m"));
    }
  });
});
