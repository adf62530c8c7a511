import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { has } from "../../hil-tests/programs.ts";
import { SmlDecoder } from "../../protocols/sml.ts";
import { sourceRoot } from "../source-root.ts";
import type { Bench, PreparedBench } from "./bench.ts";
import { cpuEach } from "./cpu-time.ts";
import { decodePass, smlLines } from "./sml-lines.ts";

/** CPU time of one of libsml's rounds, ms. */
const roundCpu = 250;

/**
 * The same telegrams, each from its start sequence on, to values with scaler and unit, all checksums checked; per second of CPU time, so
 * that who else is on the machine matters little. Only what both read alike is measured.
 */
export const smlLibsml: Bench = {
  name: "sml-libsml",
  unit: "frames/s",
  peer: "libsml",
  prepare: async () => {
    if (!has("gcc") || !existsSync("/usr/include/sml/sml_file.h")) {
      return { unmeasured: "gcc or libsml-dev is missing" };
    }
    const folder = mkdtempSync(join(tmpdir(), "sml-libsml-"));
    const trouble = build(folder);
    if (trouble !== null) {
      rmSync(folder, { recursive: true });
      return { unmeasured: trouble };
    }
    return measured(folder);
  },
};

async function measured(folder: string): Promise<PreparedBench> {
  const { lines, source } = smlLines();
  const first = new Peer(folder, lines.flat());
  const theirs = (await first.ask("check")).map(Number);
  await first.close();
  let at = 0;
  const alike = lines.map((line) => line.filter((frame) => theirs[at++] === readings(frame)));
  const frames = alike.flat();
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
  const peer = new Peer(folder, frames);
  const pass = decodePass(alike.filter((line) => line.length > 0));
  return {
    ours: async () => 1e6 / cpuEach(pass),
    theirs: async () => {
      const [done, used] = (await peer.ask(String(roundCpu))).map(Number);
      return (done! * 1e9) / used!;
    },
    extra: () => ({
      frames: frames.length,
      notAlike: theirs.length - frames.length,
      source,
      meanBytes: Math.round(bytes / frames.length),
    }),
    close: async () => {
      await peer.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function readings(frame: Uint8Array): number {
  const [result] = new SmlDecoder({}).push(frame);
  return result !== undefined && "readings" in result ? result.readings.length : -1;
}

/** Null, or what the compiler says. */
function build(folder: string): string | null {
  const source = join(sourceRoot(), "scripts", "bench", "sml-libsml.c");
  const { status, stderr } = spawnSync("gcc", ["-O2", "-o", join(folder, "peer"), source, "-lsml", "-lm"], {
    encoding: "utf8",
  });
  return status === 0 ? null : `gcc: ${stderr.trim()}`;
}

/** The C program with its telegrams; a line to it, a line from it. */
class Peer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(folder: string, frames: readonly Buffer[]) {
    const file = join(folder, "telegrams.bin");
    const parts = frames.flatMap((frame) => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(frame.length);
      return [head, frame];
    });
    writeFileSync(file, Buffer.concat(parts));
    // It warns of every telegram with fill bytes that it does not expect.
    this.#child = spawn(join(folder, "peer"), [file], { stdio: ["pipe", "pipe", "ignore"] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async ask(what: string): Promise<string[]> {
    this.#child.stdin!.write(`${what}\n`);
    const { value, done } = await this.#lines.next();
    if (done) {
      throw new Error("the program with libsml has ended");
    }
    return value.split(" ");
  }

  async close(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin!.end();
    await exited;
  }
}
