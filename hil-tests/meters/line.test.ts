import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, describe, expect, it } from "vitest";
import { concat } from "../../protocols/bytes.ts";
import { isFault } from "../../protocols/fault.ts";
import { SmlDecoder } from "../../protocols/sml.ts";
import { has, until } from "../programs.ts";
import { type Line, type LineKind, openLine } from "./line.ts";
import { reader } from "./reader.ts";
import { SmlMeter } from "./sml-meter.ts";

const lines: Line[] = [];

async function open(kind: LineKind, paced: boolean): Promise<Line> {
  const line = await openLine({ kind, paced });
  lines.push(line);
  return line;
}

afterEach(async () => {
  await Promise.all(lines.splice(0).map((line) => line.close()));
});

describe.each(["socat", "python3", "memory"] as const)("a meter's line over %s", (kind) => {
  const possible = it.skipIf(kind !== "memory" && !has(kind));

  possible(`carries telegrams to a serial port's reader, byte for byte (needs ${kind})`, async () => {
    const line = await open(kind, false);
    const end = await reader(line);
    const meter = new SmlMeter({ profile: "holley", number: 1, seed: 1 });
    const sent = Array.from({ length: 5 }, () => {
      meter.step(1000);
      return meter.telegram();
    });
    for (const telegram of sent) {
      line.write(telegram);
    }
    await until("all bytes have arrived", () => end.received().length >= concat(sent).length);
    expect(end.received()).toEqual(concat(sent));
    const results = new SmlDecoder({ correctSigns: true }).push(end.received());
    expect(results.filter((result) => !isFault(result))).toHaveLength(5);
    await end.close();
  });

  possible(`carries a reader's request to the meter (needs ${kind})`, async () => {
    const line = await open(kind, false);
    const requests: Uint8Array[] = [];
    line.onRequest = (bytes) => requests.push(Uint8Array.from(bytes));
    const end = await reader(line);
    const request = Uint8Array.from({ length: 256 }, (_, i) => i);
    end.send(request);
    await until("the request has arrived", () => concat(requests).length === 256, 30_000);
    expect(concat(requests)).toEqual(request);
    await end.close();
  });

  possible(`outlives a reader that goes and comes back (needs ${kind})`, async () => {
    const line = await open(kind, false);
    await (await reader(line)).close();
    const end = await reader(line);
    line.write(Uint8Array.of(1, 2, 3));
    await until("the bytes have arrived", () => end.received().length === 3);
    await end.close();
  });

  possible(`takes 315 ms for 302 bytes at 9600 baud (needs ${kind})`, async () => {
    const line = await open(kind, true);
    const end = await reader(line);
    const start = performance.now();
    line.write(new Uint8Array(302).fill(0x55));
    await until("some bytes have arrived", () => end.received().length > 0);
    expect(end.received().length).toBeLessThan(302);
    await until("all bytes have arrived", () => end.received().length === 302);
    expect(performance.now() - start).toBeGreaterThan(310);
    await end.close();
  });

  possible(`loses and counts what a slow line cannot take (needs ${kind})`, async () => {
    const line = await open(kind, true);
    line.write(new Uint8Array(8000));
    line.write(new Uint8Array(500));
    expect(line.lost).toBe(500);
  });
});

describe("the program behind a line", () => {
  it.skipIf(!has("socat") && !has("python3"))(
    "ends with its parent, also when that is killed, and needs no source files (needs socat or python3)",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "dreihasen-line-"));
      const outfile = join(folder, "line.mjs");
      await build({
        stdin: {
          contents: `import { openLine } from "./line.ts"; const line = await openLine(); console.log(line.path);`,
          resolveDir: import.meta.dirname,
          loader: "ts",
        },
        bundle: true,
        platform: "node",
        format: "esm",
        outfile,
      });
      const parent = spawn(process.execPath, [outfile], { stdio: ["ignore", "pipe", "inherit"] });
      let path = "";
      parent.stdout.on("data", (chunk) => {
        path += chunk;
      });
      await until("the line is open", () => path.includes("\n"));
      const children = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, "utf8").trim();
      expect(children).toMatch(/^\d+$/);
      parent.kill("SIGKILL");
      await until("the helper has ended", () => !isRunning(Number(children)));
      await rm(folder, { recursive: true });
    },
  );
});

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
