/** `hasen flash --base` against the serial loader of an ESP32 (esp-rom.ts), and what it says where there is none. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { hasen } from "../../scripts/hasen.ts";
import { endsOfTests } from "../ends.ts";
import { has } from "../programs.ts";
import { EspRom, type EspRomOptions } from "./esp-rom.ts";

const hasSocat = has("socat");
const lane = hasSocat ? "" : " (skipped: socat is not installed)";

const cleanUps = endsOfTests();
async function run(...args: string[]) {
  const texts = { stdout: "", stderr: "" };
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  stdout.on("data", (chunk) => {
    texts.stdout += chunk;
  });
  stderr.on("data", (chunk) => {
    texts.stderr += chunk;
  });
  const exit = await hasen([...args, "--lang", "en"], { stdin: new PassThrough(), stdout, stderr });
  await new Promise((resolve) => setImmediate(resolve));
  return { exit, ...texts };
}

async function chip(options: EspRomOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-esp-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  const rom = new EspRom(folder, options);
  cleanUps.push(() => rom.unplug());
  await rom.plugIn();
  const file = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  return { rom, file };
}

/** Half noise and half emptiness, as images are. */
function image(length: number): Buffer {
  return Buffer.concat([randomBytes(length / 2), Buffer.alloc(length / 2, 0xff)]);
}

describe.skipIf(!hasSocat)(`hasen flash --base${lane}`, () => {
  it("brings every image to its address, checked by the chip's MD5", async () => {
    const { rom, file } = await chip();
    const [loader, program] = [image(24_000), image(120_000)];
    const base = [`${file("boot.bin", loader)}@0x1000`, `${file("espruino.bin", program)}@0x10000`];
    const { exit, stderr, stdout } = await run(
      ...["flash", "--board", "esp32", "--port", rom.port, "--json", "--base", ...base],
    );
    expect(rom.faults).toEqual([]);
    expect(stderr).toContain("ESP32: 144000 bytes of base firmware, checked by its loader.");
    expect(exit).toBe(0);
    expect(rom.stub).toBeGreaterThan(1000);
    expect(rom.flash.get(0x1000)?.equals(loader)).toBe(true);
    expect(rom.flash.get(0x10000)?.equals(program)).toBe(true);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
      chip: "ESP32",
      bytes: 144_000,
    });
  });

  it("says so where the flash keeps something else", async () => {
    const { rom, file } = await chip({ forgets: true });
    const base = `${file("espruino.bin", image(8000))}@0x10000`;
    const { exit, stderr } = await run("flash", "--board", "esp32", "--port", rom.port, "--base", base);
    expect(stderr).toMatch(/FLS-072[\s\S]*MD5/);
    expect(exit).toBe(69);
  });

  it("writes nothing to another chip than the board has", async () => {
    const { rom, file } = await chip();
    const base = `${file("espruino.bin", image(8000))}@0x10000`;
    const { exit, stderr } = await run("flash", "--board", "esp32-s3", "--port", rom.port, "--base", base);
    expect(stderr).toContain("is “ESP32”, not “esp32-s3”");
    expect(exit).toBe(65);
    expect(rom.flash.size).toBe(0);
  });

  it("wants numbers where numbers are meant", async () => {
    const wrong = await run("flash", "--board", "esp32", "--bundle", "x.js", "--baud", "fast");
    expect(wrong.stderr).toContain("300 to 4000000");
    expect(wrong.exit).toBe(64);
  });

  it("tells by hand what to do with a board that takes it another way", async () => {
    const { exit, stderr } = await run("flash", "--board", "puck-js", "--base", "puck.zip");
    expect(stderr).toMatch(/FLS-073[\s\S]*DfuTarg/);
    expect(exit).toBe(65);
    const pi = await run("flash", "--board", "raspberry-pi-4", "--bundle", "x.js");
    expect(pi.stderr).toMatch(/FLS-062[\s\S]*hasen device run/);
    expect(pi.exit).toBe(64);
    expect((await run("flash", "--board", "puckjs", "--bundle", "x.js")).stderr).toContain(
      "Did you mean “puck-js”?",
    );
  });
});
