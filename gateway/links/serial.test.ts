import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SerialPort } from "serialport";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { has, programPath, until } from "../../hil-tests/programs.ts";
import { encodeFrame, FrameReader } from "../../protocols/framing.ts";
import type { FrameSource } from "../link.ts";
import { silentLog } from "../log.ts";
import { SerialLink } from "./serial.ts";

const here = has("socat");
const context = { log: silentLog(), gateway: "g", random: () => 0, authenticate: () => null };

let folder = "";
let line: ChildProcess | null = null;
const endings: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hasen-serial-"));
});

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) {
    await end();
  }
  await unplug();
  rmSync(folder, { recursive: true, force: true });
});

const gatewaySide = () => join(folder, "gateway");
const deviceSide = () => join(folder, "device");

/** A line between two ptys, as socat makes one. */
async function plug(): Promise<void> {
  const side = (path: string) => `pty,raw,echo=0,link=${path}`;
  line = spawn(programPath("socat") ?? "socat", [side(gatewaySide()), side(deviceSide())], {
    stdio: "ignore",
  });
  await until("both ends are there", () => existsSync(gatewaySide()) && existsSync(deviceSide()));
}

async function unplug(): Promise<void> {
  const ending = line;
  line = null;
  if (ending !== null) {
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill("SIGTERM");
    await gone;
  }
}

async function openLink(silence = 3_600_000) {
  const link = new SerialLink({ port: gatewaySide(), baud: 9600, silence }, context);
  const arrivals: { frame: Uint8Array; source: FrameSource }[] = [];
  endings.push(() => link.stop());
  await link.start((frame, source, settled) => {
    arrivals.push({ frame, source });
    settled();
  });
  return { link, arrivals };
}

async function device() {
  const port = new SerialPort({ path: deviceSide(), baudRate: 9600, autoOpen: false });
  port.on("error", () => {});
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  endings.push(async () => {
    if (port.isOpen) {
      await new Promise<void>((resolve) => port.close(() => resolve()));
    }
  });
  return port;
}

describe.skipIf(!here)(`a serial link${here ? "" : " (skipped: no socat)"}`, () => {
  it("hands on the frames of the line, and sends frames back on it", async () => {
    await plug();
    const { link, arrivals } = await openLink();
    const port = await device();
    const answers: number[][] = [];
    const reader = new FrameReader();
    port.on("data", (bytes: Buffer) =>
      reader.push(
        bytes,
        (frame) => answers.push([...frame]),
        () => {},
      ),
    );
    port.write(Buffer.from(encodeFrame(Uint8Array.of(1, 0, 2))));
    port.write(Buffer.from(encodeFrame(Uint8Array.of(3))));
    await until("both came", () => arrivals.length === 2);
    expect(arrivals.map(({ frame }) => [...frame])).toEqual([[1, 0, 2], [3]]);
    expect(arrivals[0]!.source.address).toBe(`serial:${gatewaySide()}`);
    expect(arrivals[0]!.source.reply(Uint8Array.of(9, 0, 9))).toBe(true);
    await until("the answer came", () => answers.length === 1);
    expect(answers[0]).toEqual([9, 0, 9]);
    expect(link.counters).toMatchObject({ connections: 1, framesIn: 2, framesOut: 1, refused: {} });
  });

  it("counts damaged frames and finds the next good one", async () => {
    await plug();
    const { link, arrivals } = await openLink();
    const port = await device();
    const bad = Buffer.from(encodeFrame(Uint8Array.of(1, 2, 3, 4)));
    bad[2]! ^= 1;
    port.write(Buffer.concat([bad, Buffer.from(encodeFrame(Uint8Array.of(5)))]));
    await until("the good one came", () => arrivals.length === 1);
    expect([...arrivals[0]!.frame]).toEqual([5]);
    expect(link.counters.refused).toEqual({ checksum: 1 });
  });

  it("comes back when the adapter is plugged in again", async () => {
    await plug();
    const { link, arrivals } = await openLink();
    await unplug();
    await until("it noticed", () => link.trouble() !== null);
    expect(link.trouble()).toContain(gatewaySide());
    await plug();
    await until("it is open again", () => link.trouble() === null);
    const port = await device();
    port.write(Buffer.from(encodeFrame(Uint8Array.of(7))));
    await until("a frame came", () => arrivals.length === 1);
  });

  it("opens a port anew that has been silent for too long", async () => {
    await plug();
    const { link, arrivals } = await openLink(1000);
    await until("it noticed", () => link.trouble()?.includes("no byte for 1 s") === true);
    await until("it is open again", () => link.trouble() === null);
    const port = await device();
    port.write(Buffer.from(encodeFrame(Uint8Array.of(7))));
    await until("a frame came", () => arrivals.length === 1);
  });

  it("says that nothing can be sent once the line is gone", async () => {
    await plug();
    const { link, arrivals } = await openLink();
    const port = await device();
    port.write(Buffer.from(encodeFrame(Uint8Array.of(7))));
    await until("a frame came", () => arrivals.length === 1);
    await link.stop();
    expect(arrivals[0]!.source.reply(Uint8Array.of(1))).toBe(false);
  });
});

describe("a serial port that is not there at the start", () => {
  it("is told with its name and what to do, and stops nobody", async () => {
    const link = new SerialLink({ port: "/dev/ttyNOWHERE", baud: 9600, silence: 1000 }, context);
    await link.start(() => {});
    expect(link.trouble()).toContain("/dev/ttyNOWHERE");
    expect(link.trouble()).toContain("adapter");
    await link.stop();
  });

  it.skipIf(!here)("is taken when it comes (needs socat)", async () => {
    const { link, arrivals } = await openLink();
    expect(link.trouble()).toContain(gatewaySide());
    await plug();
    await until("the port is open", () => link.trouble() === null);
    const port = await device();
    port.write(Buffer.from(encodeFrame(Uint8Array.of(7))));
    await until("a frame came", () => arrivals.length === 1);
  });
});
