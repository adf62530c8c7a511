/** `hasen flash`, `identify`, `logs` and `device status` as they are typed, against boards at pseudo-terminals. */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { seeded } from "../../boards/platforms/seeded.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { consolePassword } from "../../protocols/envelope.ts";
import { bundleText } from "../../scripts/flash/bundle-file.ts";
import { ConsoleLine } from "../../scripts/flash/console-line.ts";
import { flashCommand } from "../../scripts/flash/flash.ts";
import { passwordOf } from "../../scripts/flash/programs.ts";
import { Repl } from "../../scripts/flash/repl.ts";
import { SerialWire } from "../../scripts/flash/serial-wire.ts";
import { hasen, version } from "../../scripts/hasen.ts";
import { endsOfTests } from "../ends.ts";
import { has, until } from "../programs.ts";
import { BoardFlash } from "./board-flash.ts";
import { poleIn } from "./pole.ts";
import { PtyBoard } from "./pty-board.ts";
import type { ReplBoardOptions } from "./repl-board.ts";

const hasSocat = has("socat");
const lane = hasSocat ? "" : " (skipped: socat is not installed)";

const cleanUps = endsOfTests();
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-flash-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function boardAt(folder: string, options: Partial<ReplBoardOptions> = {}): Promise<PtyBoard> {
  const board = new PtyBoard(folder, { flash: new BoardFlash(40960, seeded(1)), ...options });
  cleanUps.push(() => board.unplug());
  await board.plugIn();
  return board;
}

/** Firmware that shows itself as the real one does. */
const firmware = `dreihasen={
  status:function(){return [3,60000,2,[["silent",1]],[2140,4500]]},
  identify:function(ms){blinked=ms}};print("firmware runs");`;

function bundleIn(folder: string, text = firmware): string {
  const file = join(folder, "pole-17.js");
  const head = { board: "puck-js", device: "urn:dev:ops:pb-pole-17", kid: 17, firmware: "1" };
  writeFileSync(file, bundleText(head, text), "latin1");
  return file;
}

function streams() {
  const texts = { stdout: "", stderr: "" };
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  stdout.on("data", (chunk) => {
    texts.stdout += chunk;
  });
  stderr.on("data", (chunk) => {
    texts.stderr += chunk;
  });
  return { texts, streams: { stdin: new PassThrough(), stdout, stderr } };
}

async function run(...args: string[]) {
  const { texts, streams: all } = streams();
  const exit = await hasen([...args, "--lang", "en"], all);
  await new Promise((resolve) => setImmediate(resolve));
  return { exit, ...texts };
}

describe.skipIf(!hasSocat)(`a console at a pseudo-terminal${lane}`, () => {
  it("gives answers of any length, though the line takes the bytes 17 and 19 for XON and XOFF", async () => {
    const board = await boardAt(newFolder());
    const wire = new SerialWire(board.port, 115200);
    const line = new ConsoleLine(wire);
    await wire.open();
    cleanUps.push(() => line.close());
    const repl = new Repl(line);
    await repl.wake();
    for (let length = 0; length < 300; length++) {
      expect(await repl.ask(`${JSON.stringify("a".repeat(length))}`)).toBe("a".repeat(length));
    }
  }, 60_000);
});

describe.skipIf(!hasSocat)(`hasen flash at a pseudo-terminal${lane}`, () => {
  it("brings the program there, tells how far it is without a terminal, and gives the result as JSON", async () => {
    const folder = newFolder();
    const board = await boardAt(folder);
    const bundle = bundleIn(folder, firmware.padEnd(6000, "/"));
    const args = ["--board", "puck-js", "--port", board.port, "--bundle", bundle, "--wait", "0", "--json"];
    const { exit, stdout, stderr } = await run("flash", ...args);
    expect(stderr).toContain("Espruino Puck.js (2v29.1) at");
    expect(stderr).toMatch(/writing 26 % {3}\d+ s left\n.*writing 53 %/);
    expect(stderr).toContain("app.a: 6000 bytes, read back, SHA-256 is right.");
    expect(exit).toBe(0);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
      board: "puck-js",
      slot: "app.a",
      sequence: 1,
      bytes: 6000,
      resumed: 0,
      hash: "SHA-256",
      confirmed: false,
    });
    await until("the firmware runs", () => board.board.globals["dreihasen"] !== undefined);
  });

  it("builds the firmware of an installation, and opens the console with the password of its keys", async () => {
    const folder = newFolder();
    const installation = poleIn(folder);
    const { buildOf } = await import("../../scripts/build.ts");
    const built = await buildOf({ board: "puck-js", installation, version });
    const board = await boardAt(folder, { password: consolePassword(nodeCrypto, built.installation) });
    const { exit, stderr } = await run(
      ...["flash", "--board", "puck-js", "--port", board.port, "--installation", installation, "--wait", "0"],
    );
    expect(stderr).toContain("read back, SHA-256 is right.");
    expect(exit).toBe(0);
    const kept = board.board.options.flash.storage().read("app.a") ?? "";
    expect(kept.startsWith(built.firmware.code)).toBe(true);
  });

  it("waits until the gateway has acknowledged a message of the new firmware", async () => {
    const folder = newFolder();
    const board = await boardAt(folder);
    const bundle = bundleIn(folder, `${firmware}setTimeout(function(){slot.confirm()},1500)`);
    const args = ["--board", "puck-js", "--port", board.port, "--bundle", bundle, "--wait", "20", "--json"];
    const { stdout, stderr } = await run("flash", ...args);
    expect(stderr).toContain("Confirmed: the gateway has acknowledged");
    expect(JSON.parse(stdout)).toMatchObject({ confirmed: true });
  });

  it("says that the firmware before runs, where the new one does not start", async () => {
    const folder = newFolder();
    const board = await boardAt(folder);
    const flash = (bundle: string) =>
      run("flash", "--board", "puck-js", "--port", board.port, "--bundle", bundle, "--wait", "4");
    await flash(bundleIn(folder, `${firmware}slot.confirm()`));
    const { stderr, exit } = await flash(bundleIn(folder, "throw new Error('broken')"));
    expect(stderr).toContain("The new firmware did not start; the board runs app.a, the one before.");
    expect(exit).toBe(0);
  });

  it("opens a console that is locked with the password from a file, and leaves it locked", async () => {
    const folder = newFolder();
    const board = await boardAt(folder, { password: "three hares" });
    const bundle = bundleIn(folder);
    const args = ["--board", "puck-js", "--port", board.port, "--bundle", bundle, "--wait", "0"];
    const refused = await run("flash", ...args);
    expect(refused.stderr).toContain("FLS-077");
    expect(refused.exit).toBe(77);
    const password = join(folder, "password");
    writeFileSync(password, "three hares\n");
    expect((await run("flash", ...args, "--password", password)).exit).toBe(0);
    await until("it runs", () => board.board.globals["dreihasen"] !== undefined);
    expect((await run("device", "status", "--port", board.port)).stderr).toContain("FLS-077");
  });

  it("lets the keys of its device open its console, to be asked and to blink", async () => {
    const folder = newFolder();
    const installation = poleIn(folder);
    const password = await passwordOf(installation);
    const board = await boardAt(folder, { password });
    const bundle = bundleIn(folder);
    await run(
      "flash",
      "--board",
      "puck-js",
      "--port",
      board.port,
      "--installation",
      installation,
      "--wait",
      "0",
    );
    rmSync(`${join(folder, "pb-pole-17.key.yaml")}.board`);
    const file = join(folder, "password");
    writeFileSync(file, password);
    const args = ["--board", "puck-js", "--port", board.port, "--wait", "0"];
    await run("flash", ...args, "--bundle", bundle, "--password", file);
    await until("it runs", () => board.board.globals["dreihasen"] !== undefined);
    const asked = await run("device", "status", "--port", board.port, "--installation", installation);
    expect(asked.exit, asked.stderr).toBe(0);
    expect(asked.stdout).toContain("outbox: 2");
    board.board.globals["NRF"] = { getAddress: () => "c2:71:35:02:ee:b8" };
    const radio = await run("device", "status", "--port", board.port, "--installation", installation);
    expect(radio.stdout).toContain("bluetooth: C2:71:35:02:EE:B8");
    const found = await run("identify", "--port", board.port, "--installation", installation);
    expect(found.exit, found.stderr).toBe(0);
  });

  it("refuses another board than the one asked for, before anything is written", async () => {
    const folder = newFolder();
    const flash = new BoardFlash(40960, seeded(1));
    const board = await boardAt(folder, { flash, board: "PICO_R1_3" });
    const { exit, stderr } = await run(
      ...["flash", "--board", "puck-js", "--port", board.port, "--bundle", bundleIn(folder)],
    );
    expect(stderr).toContain("is “espruino-pico”, not “puck-js”");
    expect(exit).toBe(65);
    expect(flash.steps).toBe(0);
  });

  it.each<[string, (file: string) => void, string, string]>([
    ["a bundle for another board", () => {}, "pixl-js", "FLS-082"],
    [
      "a file that says for no board what it is",
      (file) => writeFileSync(file, firmware),
      "puck-js",
      "FLS-080",
    ],
    ["a bundle that was changed", (file) => appendFileSync(file, " "), "puck-js", "FLS-080"],
    [
      "a file whose first line is nonsense",
      (file) => writeFileSync(file, "//dreihasen {\n1"),
      "puck-js",
      "FLS-080",
    ],
  ])("refuses %s, before a port is opened", async (_what, change, board, code) => {
    const folder = newFolder();
    const bundle = bundleIn(folder);
    change(bundle);
    const { exit, stderr } = await run("flash", "--board", board, "--port", "/dev/null", "--bundle", bundle);
    expect(stderr).toContain(code);
    expect(exit).toBe(65);
  });

  it("gives one device's keys to one board, which may have them again, and to no other", async () => {
    const folder = newFolder();
    const bundle = bundleIn(folder);
    const args = ["--board", "puck-js", "--bundle", bundle, "--wait", "0"];
    const first = await boardAt(folder, { serial: "chip-1" });
    expect((await run("flash", ...args, "--port", first.port, "--dry-run")).exit).toBe(0);
    expect((await run("flash", ...args, "--port", first.port)).exit).toBe(0);
    expect((await run("flash", ...args, "--port", first.port)).exit).toBe(0);
    await first.unplug();
    const flash = new BoardFlash(40960, seeded(1));
    const second = await boardAt(folder, { serial: "chip-2", flash });
    const refused = await run("flash", ...args, "--port", second.port);
    expect(refused.stderr).toContain("FLS-081");
    expect(refused.stderr).toContain("chip-1");
    expect(refused.stderr).toContain("hasen device replace pb-pole-17");
    expect(refused.exit).toBe(65);
    expect(flash.steps).toBe(0);
    writeFileSync(`${bundle}.board`, "nonsense");
    expect((await run("flash", ...args, "--port", second.port)).stderr).toContain("FLS-081");
  });

  it("writes nothing in a dry run, and stops nothing", async () => {
    const folder = newFolder();
    const flash = new BoardFlash(40960, seeded(1));
    const board = await boardAt(folder, { flash });
    board.board.globals["running"] = true;
    const { exit, stderr } = await run(
      ...["flash", "--board", "puck-js", "--port", board.port, "--bundle", bundleIn(folder), "--dry-run"],
    );
    expect(stderr).toMatch(/would go to app\.a; \d+ bytes are free/);
    expect(exit).toBe(0);
    expect(flash.steps).toBe(0);
    expect(board.board.globals["running"]).toBe(true);
  });

  it("takes one board after the other as they are plugged in, and ends with how many there were", async () => {
    const folder = newFolder();
    const bundle = bundleIn(folder);
    const first = await boardAt(folder);
    const { texts, streams: all } = streams();
    const stop = new AbortController();
    const options = { board: "puck-js", port: first.port, baud: "115200", bundle, wait: "0", batch: true };
    const running = flashCommand(
      { ...options, lang: "en", version: "1", stop: stop.signal, json: true },
      all,
    );
    await until("the first is done", () => texts.stderr.includes("1. "));
    await first.unplug();
    await until("it asks for the next", () => texts.stderr.split("Plug in the next board").length === 3);
    const wrong = await boardAt(folder, { board: "PIXLJS" });
    await until("the second has failed", () => texts.stderr.includes("2. "));
    await wrong.unplug();
    await until("it asks again", () => texts.stderr.split("Plug in the next board").length === 4);
    stop.abort();
    expect(await running).toBe(1);
    expect(texts.stderr).toMatch(/1\. \S+: done, app\.a, [\d.]+ s/);
    expect(texts.stderr).toMatch(/2\. \S+: failed, FLS-065/);
    expect(texts.stderr).toContain("1 boards are done, 1 failed.");
    expect(JSON.parse(texts.stdout.trim().split("\n").at(-1) ?? "")).toEqual({ good: 1, bad: 1 });
  });
});

describe.skipIf(!hasSocat)(`a box of boards and a folder of installations${lane}`, () => {
  it("become one device each, in the order of the files; a board that comes again stays what it is", async () => {
    const folder = newFolder();
    const poles = join(folder, "poles");
    mkdirSync(poles);
    for (const [number, name] of ["one", "two"].entries()) {
      const file = poleIn(poles);
      const text = readFileSync(file, "utf8").replaceAll("pb-pole-17", `pb-${name}`);
      writeFileSync(join(poles, `${number}-${name}.yaml`), text);
      const key = readFileSync(join(poles, "pb-pole-17.key.yaml"), "utf8");
      const own = key.replace("pb-pole-17", `pb-${name}`).replace("kid: 17", `kid: ${number + 1}`);
      writeFileSync(join(poles, `pb-${name}.key.yaml`), own, { mode: 0o600 });
      rmSync(file);
    }
    const flash = async (serial: string) => {
      const board = await boardAt(folder, { serial });
      const args = ["--port", board.port, "--installation", poles, "--wait", "0", "--json"];
      const done = await run("flash", "--board", "puck-js", ...args);
      await board.unplug();
      return done.exit === 0 ? JSON.parse(done.stdout.trim()).device : done.stderr;
    };
    expect(await flash("chip-1")).toBe("urn:dev:ops:pb-one");
    expect(await flash("chip-2")).toBe("urn:dev:ops:pb-two");
    expect(await flash("chip-1")).toBe("urn:dev:ops:pb-one");
    expect(await flash("chip-3")).toContain("FLS-083");
  }, 60_000);
});

describe.skipIf(!hasSocat)(`a board on a cable${lane}`, () => {
  it("is asked how it is while its firmware runs", async () => {
    const folder = newFolder();
    const board = await boardAt(folder);
    const bare = await run("device", "status", "--port", board.port);
    expect(bare.stderr).toContain("FLS-076");
    expect(bare.exit).toBe(69);
    await run(
      ...["flash", "--board", "puck-js", "--port", board.port, "--bundle", bundleIn(folder), "--wait", "0"],
    );
    await until("it runs", () => board.board.globals["dreihasen"] !== undefined);
    const { stdout, exit } = await run("device", "status", "--port", board.port);
    expect(stdout).toContain("slot app.a, sequence 1, not confirmed yet");
    expect(stdout).toContain("epoch: 3");
    expect(stdout).toContain("reading: [2140,4500]");
    expect(exit).toBe(0);
    const json = JSON.parse((await run("device", "status", "--port", board.port, "--json")).stdout);
    expect(json).toMatchObject({
      running: "app.a",
      device: { epoch: 3, uptime: 60_000, faults: [["silent", 1]] },
      board: "PUCKJS",
    });
  });

  it("blinks, with our firmware and without it", async () => {
    const board = await boardAt(newFolder());
    board.board.globals["dreihasen"] = undefined;
    expect((await run("identify", "--port", board.port)).stderr).toContain("FLS-076");
    board.board.globals["dreihasen"] = {
      identify: (ms: number) => {
        board.board.globals["blinked"] = ms;
      },
    };
    expect((await run("identify", "--port", board.port, "--seconds", "5")).exit).toBe(0);
    expect(board.board.globals["blinked"]).toBe(5000);
  });

  it("is listened to line by line", async () => {
    const board = await boardAt(newFolder());
    const { texts, streams: all } = streams();
    const { consoleCommand } = await import("../../scripts/flash/ask.ts");
    const stop = new AbortController();
    const order = {
      action: "logs",
      port: board.port,
      baud: "115200",
      lang: "en",
      stop: stop.signal,
    } as const;
    const running = consoleCommand(order, all);
    await until("it listens", () => texts.stderr.includes("Listening"));
    board.board.receive('print("fault silent: pmsx003 gave nothing")\n');
    await until("the line is there", () => texts.stdout.includes("pmsx003 gave nothing"));
    stop.abort();
    expect(await running).toBe(0);
    expect(texts.stdout).toMatch(/^\d\d:\d\d:\d\d {2}\S/m);
  });
});
