/** A device as a user runs it, with its files in a folder of its own, at a serial line to the least gateway there is; for tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { SerialPort } from "serialport";
import type { Installation } from "../firmware/installation-type.ts";
import { ProblemError } from "../gateway/problem.ts";
import { fromHex } from "../protocols/bytes.ts";
import { decimalText } from "../protocols/decimal.ts";
import { isFault } from "../protocols/fault.ts";
import { encodeFrame, FrameReader } from "../protocols/framing.ts";
import { decodePack, packShapeId } from "../protocols/pack.ts";
import { deviceRunCommand } from "../scripts/device-run.ts";
import { until } from "./programs.ts";
import { installationOf } from "./simulated-device.ts";
import { TestGateway } from "./test-gateway.ts";

export const deviceKey = "000102030405060708090a0b0c0d0e0f";

/** A serial line with the least gateway at its other end. */
export interface GatewayWire {
  readonly devicePath: string;
  readonly gateway: TestGateway;
}

export interface StartedDevice {
  readonly exit: Promise<number>;
  readonly stop: AbortController;
  /** What it has said to people so far. */
  said(): string;
}

export interface DeviceChanges {
  /** Rights of the credentials' file. */
  readonly mode?: number;
  readonly alg?: string;
  readonly lang?: "de" | "en";
  readonly check?: boolean;
}

export class DeviceSite {
  readonly folder: string;
  readonly #ends: (() => unknown)[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.#ends.push(() => rm(folder, { recursive: true }));
  }

  static async open(): Promise<DeviceSite> {
    return new DeviceSite(await realpath(await mkdtemp(join(tmpdir(), "dreihasen-device-"))));
  }

  /** What is to be done at the end, last come first served. */
  atEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  async close(): Promise<void> {
    for (const end of this.#ends.reverse()) {
      await end();
    }
  }

  /** A file beside device.yaml. */
  async file(name: string, text: string, mode = 0o600): Promise<void> {
    await writeFile(join(this.folder, name), text);
    await chmod(join(this.folder, name), mode);
  }

  async gatewayWire(): Promise<GatewayWire> {
    const devicePath = join(this.folder, "to-gateway");
    const gatewayPath = join(this.folder, "to-device");
    const socat: ChildProcess = spawn("socat", [
      `pty,rawer,link=${devicePath}`,
      `pty,rawer,link=${gatewayPath}`,
    ]);
    this.atEnd(() => socat.kill());
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
    this.atEnd(() => new Promise<void>((resolve) => port.close(() => resolve())));
    return { devicePath, gateway };
  }

  /** Starts the device with these sensors, each the YAML of one, on one line. */
  async start(
    sensors: readonly string[],
    linkPort: string,
    changes: DeviceChanges = {},
  ): Promise<StartedDevice> {
    const { mode = 0o600, alg = "ccm", lang = "en", check = false } = changes;
    await this.file(
      "device.key.yaml",
      `version: 1\ndeployment: paderborn\ndevice: urn:dev:ops:pb-test-001\nkid: 3\nalg: ${alg}\nkey: "${deviceKey}"\n`,
      mode,
    );
    const lines = [
      "version: 1",
      "credentials: ./device.key.yaml",
      "board: test-board",
      `link: { kind: serial, port: ${linkPort} }`,
      "sensors:",
      ...sensors.map((sensor) => `  - ${sensor}`),
      "batch: { rows: 1, delay: 0 s }",
      "storage: ./storage",
    ];
    await this.file("device.yaml", `${lines.join("\n")}\n`);
    const stop = new AbortController();
    const stderr = new PassThrough();
    let said = "";
    stderr.on("data", (text) => {
      said += text;
    });
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr };
    const config = join(this.folder, "device.yaml");
    const exit = deviceRunCommand({ config, lang, check, version: "test", stop: stop.signal }, streams);
    exit.catch(() => undefined);
    this.atEnd(async () => {
      stop.abort();
      await exit.catch(() => undefined);
    });
    return { exit, stop, said: () => said };
  }
}

function identity(): Installation {
  return installationOf({ root: fromHex(deviceKey)!, kid: 3, deployment: "paderborn" });
}

/** The values of a quantity that the gateway has, in their order; packs whose shape is still to come are left out. */
export function valuesAt(gateway: TestGateway, quantity: string): string[] {
  return readingsAt(gateway, quantity).map(({ value }) => value);
}

/** When they were taken, ms, of the packs' quality. */
export function timesAt(gateway: TestGateway, quantity: string): number[] {
  return readingsAt(gateway, quantity).map(({ time }) => time);
}

function readingsAt(gateway: TestGateway, quantity: string): { value: string; time: number }[] {
  return gateway.of("pack").flatMap(({ message }) => {
    const id = packShapeId(message.value);
    const shape = isFault(id) ? undefined : gateway.shapes.get(id);
    const pack = shape === undefined ? null : decodePack(message.value, shape);
    if (shape === undefined || pack === null || isFault(pack)) {
      return [];
    }
    const at = shape.columns.findIndex((column) => column.quantity === quantity);
    return pack.rows.flatMap(({ values, time }) => {
      const value = at < 0 ? null : values[at]!;
      return value === null ? [] : [{ value: decimalText(value, shape.columns[at]!.exponent), time }];
    });
  });
}

/** The first problem for which a device did not start; null where it did. */
export async function problemOf(exit: Promise<number>): Promise<ProblemError | null> {
  const error: unknown = await exit.then(
    () => null,
    (reason) => (reason instanceof AggregateError ? reason.errors[0] : reason),
  );
  if (error !== null && !(error instanceof ProblemError)) {
    throw error;
  }
  return error;
}
