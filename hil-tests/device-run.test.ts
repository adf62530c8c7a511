import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { SerialPort } from "serialport";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Installation } from "../firmware/installation-type.ts";
import { ProblemError } from "../gateway/problem.ts";
import { fromHex } from "../protocols/bytes.ts";
import { encodeFrame, FrameReader } from "../protocols/framing.ts";
import { deviceRunCommand } from "../scripts/device-run.ts";
import { type Line, openLine } from "./meters/line.ts";
import { SmlMeter } from "./meters/sml-meter.ts";
import { has, until } from "./programs.ts";
import { installationOf } from "./simulated-device.ts";
import { TestGateway } from "./test-gateway.ts";

/** The device as a user runs it: two files, a meter at a pseudo-terminal, a serial line to the gateway. */

const key = "000102030405060708090a0b0c0d0e0f";
let folder: string;
let ends: (() => void | Promise<void>)[];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "dreihasen-device-")));
  ends = [() => rm(folder, { recursive: true })];
});

afterEach(async () => {
  for (const end of ends.reverse()) {
    await end();
  }
});

describe("hasen device run", () => {
  it.skipIf(!has("socat"))(
    "carries a meter's readings to the gateway, and ends in order on a signal (needs socat)",
    async () => {
      const meter = await meterLine();
      const wire = await gatewayWire();
      const device = await start(meter.path, wire.devicePath);
      await until("three packs have come", () => wire.gateway.of("pack").length >= 3, 15_000);
      device.stop.abort();
      expect(await device.exit).toBe(0);
      const [first] = wire.gateway.stored;
      expect(first.message).toMatchObject({ type: "hello", board: "test-board", bootReason: "first" });
      const [pack] = wire.gateway.packs();
      expect(pack.rows[0].values[0]).not.toBeNull();
      expect(device.said()).toMatch(/reading activeEnergyImported: [0-9.]+ Wh/);

      const again = await start(meter.path, wire.devicePath);
      await until("the second hello has come", () => wire.gateway.of("hello").length === 2, 15_000);
      const last = Math.max(...wire.gateway.stored.filter(({ epoch }) => epoch === 0).map(({ piv }) => piv));
      const [, hello] = wire.gateway.of("hello");
      expect(hello.message).toMatchObject({ bootReason: "stopped", previousEpoch: 0 });
      expect(hello.message.lastPiv).toBeGreaterThanOrEqual(last);
      again.stop.abort();
      expect(await again.exit).toBe(0);
    },
  );

  it("names a missing serial port", async () => {
    const device = await start("/dev/ttyNotThere", "/dev/ttyNotThereEither");
    expect(await problemOf(device.exit)).toMatchObject({ exit: 66 });
  });

  it.skipIf(!has("socat"))("names a serial port that another program has locked (needs socat)", async () => {
    const meter = await meterLine();
    const port = new SerialPort({ path: meter.path, baudRate: 9600 });
    await new Promise((resolve) => port.once("open", resolve));
    const device = await start(meter.path, meter.path);
    expect(await problemOf(device.exit)).toMatchObject({ code: "SER-075", exit: 75 });
    await new Promise<void>((resolve) => port.close(() => resolve()));
  });

  it("refuses a key file that others can read", async () => {
    const device = await start("/dev/ttyNotThere", "/dev/ttyNotThere", { mode: 0o644 });
    expect(await problemOf(device.exit)).toMatchObject({ code: "FIL-078", exit: 77 });
  });

  it("refuses to send a meter's readings without encryption", async () => {
    const device = await start("/dev/ttyNotThere", "/dev/ttyNotThere", { alg: "hmac" });
    expect(await problemOf(device.exit)).toMatchObject({ code: "DEV-078", exit: 65 });
  });
});

/** A meter that pushes once a second. */
async function meterLine(): Promise<Line> {
  const line = await openLine({ kind: "socat" });
  const meter = new SmlMeter({ profile: "holley", number: 1, seed: 1 });
  const timer = setInterval(() => {
    meter.step(1000);
    line.write(meter.telegram());
  }, 1000);
  ends.push(async () => {
    clearInterval(timer);
    await line.close();
  });
  return line;
}

/** A serial line with the test gateway at its other end. */
async function gatewayWire(): Promise<{ devicePath: string; gateway: TestGateway }> {
  const devicePath = join(folder, "to-gateway");
  const gatewayPath = join(folder, "to-device");
  const socat: ChildProcess = spawn("socat", [
    `pty,rawer,link=${devicePath}`,
    `pty,rawer,link=${gatewayPath}`,
  ]);
  ends.push(() => void socat.kill());
  await until(
    "socat has made the line",
    async () => (await realpath(gatewayPath).catch(() => null)) !== null,
  );
  const port = new SerialPort({ path: gatewayPath, baudRate: 115200 });
  const gateway = new TestGateway(identity(), (frame) => port.write(encodeFrame(frame)));
  gateway.unix = () => Date.now();
  const reader = new FrameReader();
  port.on("data", (bytes: Uint8Array) =>
    reader.push(
      bytes,
      (frame) => gateway.receive(frame),
      () => {},
    ),
  );
  ends.push(() => new Promise<void>((resolve) => port.close(() => resolve())));
  return { devicePath, gateway };
}

function identity(): Installation {
  return installationOf({ root: fromHex(key) as Uint8Array, kid: 3, deployment: "paderborn" });
}

async function start(meterPort: string, linkPort: string, changes: { mode?: number; alg?: string } = {}) {
  const { mode = 0o600, alg = "ccm" } = changes;
  const config = join(folder, "device.yaml");
  const credentials = join(folder, "device.key.yaml");
  await writeFile(
    credentials,
    `version: 1\ndeployment: paderborn\ndevice: urn:dev:ops:pb-test-001\nkid: 3\nalg: ${alg}\nkey: "${key}"\n`,
  );
  await chmod(credentials, mode);
  await writeFile(
    config,
    `version: 1
credentials: ./device.key.yaml
board: test-board
link:
  kind: serial
  port: ${linkPort}
sensors:
  - driver: sml-meter
    port: ${meterPort}
    interval: 1 s
batch:
  rows: 1
  delay: 0 s
storage: ./storage
`,
  );
  const stop = new AbortController();
  const stderr = new PassThrough();
  let said = "";
  stderr.on("data", (text) => {
    said += text;
  });
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr };
  const exit = deviceRunCommand({ config, lang: "en", version: "test", stop: stop.signal }, streams);
  exit.catch(() => undefined);
  return { exit, stop, said: () => said };
}

async function problemOf(exit: Promise<number>): Promise<ProblemError | null> {
  try {
    await exit;
    return null;
  } catch (error) {
    const first = error instanceof AggregateError ? error.errors[0] : error;
    expect(first).toBeInstanceOf(ProblemError);
    return first;
  }
}
