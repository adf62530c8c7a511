import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { SerialPort } from "serialport";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { has, until } from "../programs.ts";

const root = join(import.meta.dirname, "..", "..");
const program = join(root, "dist", `s0-counter-${process.pid}.mjs`);
/** A pulse and the pause behind it, ms: as fast as an S0 output may be (EN 62053-31). */
const pulseTime = 60;
let folder = "";
const ends: (() => void)[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hasen-s0-"));
  buildSync({
    entryPoints: [join(import.meta.dirname, "s0-counter.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["serialport"], // found from dist/, with its native part
  });
});

afterAll(() => {
  for (const end of ends.reverse()) {
    end();
  }
  rmSync(folder, { recursive: true, force: true });
  rmSync(program, { force: true });
});

/** Counts what comes at a port; `reading` is what it said last, in thousandths of a Wh. */
function startCounter(port: string): { child: ChildProcess; reading: () => number } {
  const child = spawn(process.execPath, [program, port, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  ends.push(() => child.kill("SIGKILL"));
  let text = "";
  child.stdout?.on("data", (chunk) => {
    text += chunk;
  });
  return { child, reading: () => Number(text.trim().split("\n").at(-1) || Number.NaN) };
}

describe.skipIf(!has("socat"))("an S0 output at a serial port (needs socat)", () => {
  it("is counted pulse by pulse, over the deaths of the process that counts", async () => {
    const [near, far] = [join(folder, "near"), join(folder, "far")];
    const socat = spawn("socat", [`pty,rawer,link=${near}`, `pty,rawer,link=${far}`]);
    ends.push(() => socat.kill());
    const exists = (path: string): boolean => {
      try {
        return realpathSync(path) !== "";
      } catch {
        return false;
      }
    };
    await until("the line is there", () => exists(near) && exists(far));
    const meter = new SerialPort({ path: far, baudRate: 300 });
    await new Promise((resolve) => meter.once("open", resolve));
    ends.push(() => meter.close());

    let pulses = 0;
    for (let life = 0; life < 3; life++) {
      const { child, reading } = startCounter(near);
      await until("it counts on from where it was", () => reading() === pulses * 1000, 20_000);
      for (let i = 0; i < 20; i++) {
        pulses++;
        await new Promise((resolve) => setTimeout(resolve, pulseTime));
        meter.write(Uint8Array.of(0, 0xf0)); // a contact that bounces once
        await until(`pulse ${pulses} is counted`, () => reading() === pulses * 1000, 20_000);
      }
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
    }
    expect(pulses).toBe(60);
  });
});
