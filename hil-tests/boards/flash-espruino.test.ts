/** Flashing the real interpreter: what of the simulated board is an assumption shows here. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loaderText } from "../../firmware/loader-text.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { consolePassword } from "../../protocols/envelope.ts";
import { buildOf } from "../../scripts/build.ts";
import { askStatus } from "../../scripts/flash/board-status.ts";
import { ConsoleLine } from "../../scripts/flash/console-line.ts";
import { Repl } from "../../scripts/flash/repl.ts";
import { SerialWire } from "../../scripts/flash/serial-wire.ts";
import { flashBoard } from "../../scripts/flash/session.ts";
import { padded } from "../../scripts/flash/upload.ts";
import { espruinoLane, espruinoPath } from "../interpreters/espruino-program.ts";
import { has } from "../programs.ts";
import { EspruinoBoard } from "./espruino-board.ts";
import { poleIn } from "./pole.ts";

const runs = espruinoPath() !== null && has("socat");

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
});

async function newBoard(password: string | null = null) {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-espruino-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  const board = new EspruinoBoard(folder);
  cleanUps.push(() => board.unplug());
  await board.plugIn();
  const wire = new SerialWire(board.port, 115200);
  const line = new ConsoleLine(wire);
  await wire.open();
  cleanUps.push(() => line.close());
  // A busy machine: ^C twice within five seconds would end this interpreter.
  const repl = new Repl(line, password, { answer: 10_000, echo: 4000, start: 20_000, busy: 20_000 });
  const flash = (program: string) =>
    flashBoard(
      repl,
      {
        program: padded(program),
        loader: loaderText,
        where: board.port,
        tidy: false,
        replaceBoot: false,
        freshKeys: false,
      },
      { progress: () => {}, resumed: () => {} },
    );
  const restart = async () => {
    repl.say("E.reboot()");
    await line.until(
      (heard) => (heard.includes("REBOOTING") || heard.includes("Espruino") ? true : null),
      4000,
    );
    await repl.wake();
  };
  return { board, repl, flash, restart };
}

/** As long as a real one, and with every kind of character; a zero ends what the interpreter reads. */
function program(name: string): string {
  const odd = `//\\ "quoted" 'too' \x04\x10\x01\xff\x00`;
  return `global.ran=${JSON.stringify(name)};`.padEnd(3001, "0;") + odd;
}

describe.skipIf(!runs)(`a board ${espruinoLane}`, () => {
  it("says what it is, and answers in packets", async () => {
    const { repl } = await newBoard();
    expect(await repl.wake()).toMatchObject({ board: "LINUX" });
    expect(repl.hasPackets).toBe(true);
    expect(await repl.ask("[1,'two',{three:3.5}]")).toEqual([1, "two", { three: 3.5 }]);
    await expect(repl.ask("nonsense.at.all")).rejects.toThrow("nonsense");
  }, 60_000);

  it("takes a program, starts it, and goes back to the one before after three starts in vain", async () => {
    const { repl, flash, restart } = await newBoard();
    await repl.wake();
    expect(await flash(program("one"))).toMatchObject({ slot: "app.a", sequence: 1, hash: "SHA-256" });
    await restart();
    expect(await repl.ask("ran")).toBe("one");
    expect(await repl.ask("(slot.confirm(),slot.name)")).toBe("app.a");
    expect(await flash(program("two"))).toMatchObject({ slot: "app.b", sequence: 2, fallBack: true });
    const ran: unknown[] = [];
    for (let start = 0; start < 4; start++) {
      await restart();
      ran.push(await repl.ask("ran"));
    }
    expect(ran).toEqual(["two", "two", "two", "one"]);
    const { slots, running } = await askStatus(repl);
    expect(running).toBe("app.a");
    expect(slots).toMatchObject([
      { sequence: 1, confirmed: true, starts: 0 },
      { sequence: 2, confirmed: false, starts: 3 },
    ]);
    expect(await flash(program("three"))).toMatchObject({ slot: "app.b", sequence: 3 });
    await restart();
    expect(await repl.ask("(slot.confirm(),ran)")).toBe("three");
    expect((await askStatus(repl)).slots[1]).toMatchObject({ confirmed: true, starts: 1 });
  }, 120_000);

  it("runs the firmware that is built for a pole, behind its locked console", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dreihasen-pole-"));
    cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
    const built = await buildOf({ board: "puck-js", installation: poleIn(folder), version: "1" });
    const password = consolePassword(nodeCrypto, built.installation);
    const { repl, flash, restart } = await newBoard(password);
    await repl.wake();
    expect(await flash(built.firmware.code)).toMatchObject({ slot: "app.a", hash: "SHA-256" });
    await restart();
    const first = await askStatus(repl);
    expect(first).toMatchObject({ running: "app.a", device: { outbox: 1 } });
    await restart();
    const epoch = Number(first.device?.["epoch"]);
    expect(await askStatus(repl)).toMatchObject({ running: "app.a", device: { epoch: epoch + 1 } });
  }, 120_000);

  it("answers what is typed, each character after the echo of the one before", async () => {
    const { repl } = await newBoard();
    await repl.wake();
    Object.defineProperty(repl, "hasPackets", { value: false });
    expect(await repl.ask("[1,'t\\x04wo']")).toEqual([1, "t\x04wo"]);
    await expect(repl.ask("no.thing")).rejects.toThrow("Uncaught");
  }, 60_000);
});
