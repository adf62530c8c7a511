/** An outbox that spills, on the real interpreter, whose flash is a file: it is killed with messages in it, and all of them arrive. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { setUpScript } from "../../boards/platforms/espruino-setup.ts";
import { encodeFrame, FrameReader } from "../../protocols/framing.ts";
import { espruinoLane, espruinoPath } from "../interpreters/espruino-program.ts";
import { buildPole, poleSettings } from "../interpreters/pole.ts";
import { has, until } from "../programs.ts";
import { TestGateway } from "../test-gateway.ts";
import { boardStubs, onLinuxFlash, onStubs, serialStub } from "./linux-stubs.ts";
import { PtyPair } from "./pty-pair.ts";

const patience = 60_000;
const folder = mkdtempSync(join(tmpdir(), "dreihasen-spill-"));
let board: ChildProcess | null = null;
let line: PtyPair | null = null;

afterEach(async () => {
  board?.kill("SIGKILL");
  await line?.close();
  rmSync(folder, { recursive: true });
});

describe.skipIf(espruinoPath() === null || !has("socat"))(`an outbox that spills, ${espruinoLane}`, () => {
  it(
    "outlives a kill -9 in the middle of an outage: all that lay in flash arrives once, and what was acknowledged never again",
    async () => {
      const [sensor] = poleSettings().sensors;
      const { firmware, installation } = await buildPole({
        board: "esp32",
        link: { kind: "serial", port: "Serial1", baud: 115200 },
        sensors: [{ ...sensor, interval: 250 } as typeof sensor],
        batch: { rows: 2, delay: 1000 },
        outbox: { bytes: 1024, frames: 8, spill: { bytes: 16_384, after: 60_000 } },
      });
      const pair = new PtyPair(folder);
      line = pair;
      let isDeaf = true;
      const gateway = new TestGateway(installation, (frame) => pair.write(Buffer.from(encodeFrame(frame))));
      const reader = new FrameReader();
      await pair.open((bytes) =>
        reader.push(
          new Uint8Array(bytes),
          (frame) => (isDeaf ? undefined : gateway.receive(frame)),
          () => {},
        ),
      );
      const script = join(folder, "script.js");
      const tell = 'setInterval(function(){print("told "+JSON.stringify(dreihasen.status()))},250);';
      const program = `${boardStubs}${serialStub(pair.port)}\n${onStubs(onLinuxFlash(firmware.code))}`;
      writeFileSync(script, `${setUpScript}\n${program}\n${tell}\n`);
      let told: Told = { outbox: 0, spilled: 0, pages: 0, text: "" };
      const start = () => {
        const started = spawn(espruinoPath() ?? "", [script], {
          cwd: folder,
          stdio: ["pipe", "pipe", "ignore"],
        });
        board = started;
        let text = "";
        started.stdout.setEncoding("latin1").on("data", (more: string) => {
          text += more;
          told = toldIn(text) ?? told;
        });
      };
      const kill = async () => {
        board?.kill("SIGKILL");
        await once(board as ChildProcess, "exit");
      };

      start();
      await until("messages lie in flash", () => told.spilled >= 30, patience);
      const { spilled, pages } = told;
      expect(pages).toBe(16);
      await kill();
      told = { outbox: 1, spilled: 1, pages: 0, text: "" };
      isDeaf = false;
      start();
      const packs = () => gateway.of("pack").filter(({ epoch }) => epoch === 0).length;
      await until("all of them have come", () => told.spilled === 0 && packs() >= spilled, patience);
      expect([gateway.repeatedNonces, gateway.refused]).toEqual([[], 0]);
      expect(gateway.of("hello").map(({ epoch }) => epoch)).toEqual([1]);

      await kill();
      const before = packs();
      const { replays } = gateway;
      told = { outbox: 1, spilled: 1, pages: 0, text: "" };
      start();
      await until("it runs again", () => gateway.of("hello").length === 2 && told.spilled === 0, patience);
      expect([packs(), gateway.replays]).toEqual([before, replays]);
    },
    4 * patience,
  );
});

interface Told {
  readonly outbox: number;
  readonly spilled: number;
  readonly pages: number;
  readonly text: string;
}

/** The last whole line of what the board says of itself. */
function toldIn(text: string): Told | null {
  const last = [...text.matchAll(/told (\[.*\])\r?\n/g)].at(-1)?.[1];
  if (last === undefined) {
    return null;
  }
  const [, , outbox, , , [spilled, , pages]] = JSON.parse(last) as [0, 0, number, 0, 0, number[]];
  return { outbox, spilled: spilled ?? 0, pages: pages ?? 0, text };
}
