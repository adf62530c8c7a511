import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeCommand } from "../../scripts/decode.ts";
import { probeCommand } from "../../scripts/probe.ts";
import { D0Meter } from "../meters/d0-meter.ts";
import { type Line, openLine } from "../meters/line.ts";
import { SmlMeter } from "../meters/sml-meter.ts";
import { has } from "../programs.ts";

const here = has("socat") || has("python3");
let folder: string;
let line: Line;
let timer: NodeJS.Timeout | null = null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hasen-probe-"));
  line = await openLine({ paced: false });
});

afterEach(async () => {
  if (timer !== null) {
    clearInterval(timer);
    timer = null;
  }
  await line.close();
  rmSync(folder, { recursive: true });
});

/** Sends a meter's telegrams again and again. */
function pushing(meter: SmlMeter): void {
  timer = setInterval(() => {
    meter.step(1000);
    line.write(meter.telegram());
  }, 700);
}

async function probe(order: {
  json?: boolean;
  listen?: boolean;
  lang?: "de" | "en";
  seconds?: number;
  dump?: string;
}) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const exit = await probeCommand(
    { port: line.path, seconds: 20, json: false, listen: false, dump: false, lang: "en", ...order },
    streams,
  );
  return { exit, stdout: String(streams.stdout.read() ?? ""), stderr: String(streams.stderr.read() ?? "") };
}

describe.skipIf(!here)(
  `hasen probe at a pseudo-terminal${here ? "" : " (skipped: no socat, no python3)"}`,
  () => {
    it("names a meter that pushes, shows its readings and the lines for the config", async () => {
      pushing(new SmlMeter({ profile: "emh", number: 3, seed: 4 }));
      const { exit, stdout, stderr } = await probe({});
      expect(exit).toBe(0);
      expect(stdout).toContain("Found: Smart Message Language (sml) at 9600 8N1.");
      expect(stdout).toContain("EMH metering");
      expect(stdout).toMatch(/1-0:1\.8\.0\*255 +2941\.\d+ kWh/);
      expect(stdout).toContain(`port: ${line.path}`);
      expect(stderr).toContain("Listening at 9600 8N1");
    });

    it("says of a locked meter how to unlock it", async () => {
      pushing(new SmlMeter({ profile: "emh", number: 3, seed: 4, locked: true }));
      expect((await probe({ lang: "de" })).stdout).toContain("reduzierten Datensatz");
    });

    it("asks a meter that waits to be asked", async () => {
      const meter = new D0Meter({ profile: "modeC", number: 1, seed: 1 });
      line.onRequest = (bytes) => {
        for (const { bytes: answer, pause } of meter.receive(bytes)) {
          setTimeout(() => line.write(answer), pause + 500); // a busy machine changes speed late
        }
      };
      const { exit, stdout } = await probe({ json: true });
      expect(exit).toBe(0);
      expect(JSON.parse(stdout).found).toMatchObject({
        language: "d0",
        line: "300 7E1",
        dataBaud: 9600,
        asked: true,
      });
    });

    it("keeps what it heard in a file that decode reads", async () => {
      const meter = new SmlMeter({ profile: "iskra", number: 3, seed: 4 });
      pushing(meter);
      const dump = join(folder, "heard.hex");
      await probe({ dump });
      expect(readFileSync(dump, "utf8")).toContain("s, 9600 8N1");
      const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
      expect(await decodeCommand({ protocol: "sml", input: dump, hex: true }, streams)).toBe(0);
    });

    it("asks nobody where it is only to listen, and says what to do when nothing is heard", async () => {
      let asked = 0;
      line.onRequest = ({ length }) => {
        asked += length;
      };
      const { exit, stdout } = await probe({ listen: true, seconds: 5 });
      expect(exit).toBe(1);
      expect(asked).toBe(0);
      expect(stdout).toContain("INFO interface");
      expect(stdout).toContain("torch");
      expect(stdout).toMatch(/M-Bus \(mbus\): check the meter.s address, the bus voltage/);
      expect(stdout).toMatch(/\(wmbus\): check that the receiver is plugged in/);
    });

    it("ends with what is known so far at Ctrl-C", async () => {
      const probing = probe({ listen: true });
      const interrupt = setInterval(() => process.listenerCount("SIGINT") > 0 && process.emit("SIGINT"), 300);
      const { exit, stdout } = await probing;
      clearInterval(interrupt);
      expect(exit).toBe(1);
      expect(stdout).toMatch(/^Stopped after \d/);
    });

    it("says that a port is missing", async () => {
      await line.close();
      const gone = await probe({}).catch((error: unknown) => error);
      expect(gone).toMatchObject({ code: expect.stringMatching(/^SER-06[67]$/), exit: 66 });
      line = await openLine();
    });
  },
);
