/** `hasen device run`: the shipped firmware core on a Raspberry Pi or any Linux machine. */
import { readFile } from "node:fs/promises";
import type { Platform } from "../boards/platform.ts";
import type { FirmataPlatform } from "../boards/platforms/firmata.ts";
import { linuxPlatform } from "../boards/platforms/linux.ts";
import { holdStorage } from "../boards/platforms/linux-storage.ts";
import { MqttLink } from "../boards/platforms/mqtt-link.ts";
import { SerialLink } from "../boards/platforms/serial-link.ts";
import { computerDrivers as drivers } from "../firmware/drivers/computer.ts";
import {
  type Credentials,
  credentialsSchema,
  type DeviceSettings,
  installationOf,
  installationSchema,
} from "../firmware/installation.ts";
import { matchSensors } from "../firmware/installation-check.ts";
import type { Installation } from "../firmware/installation-type.ts";
import type { SensorNode } from "../firmware/node.ts";
import { readConfig } from "../gateway/config/config-file.ts";
import { shortName } from "../gateway/config/forms.ts";
import { makeFolder } from "../gateway/durable-file.ts";
import { createLog, type Log } from "../gateway/log.ts";
import { type ProblemError, problem } from "../gateway/problem.ts";
import { problemOfSystemError } from "../gateway/system-error.ts";
import { type Language, say } from "../gateway/words/words.ts";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { mqttPassword } from "../protocols/envelope.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import { deviceLog } from "./device-log.ts";
import { isSerialPort, placedSensor, readSensorKeys, withBluetooth } from "./device-sensors.ts";
import { NodeRunner } from "./node-runner.ts";
import { checkPort } from "./port-check.ts";
import { checkSecret } from "./secret-file.ts";
import type { Streams } from "./streams.ts";

export interface DeviceRunOrder {
  /** device.yaml. */
  readonly config: string;
  /** Only read and check the two files. */
  readonly check?: boolean;
  readonly lang: Language;
  /** Of the firmware, for the hello. */
  readonly version: string;
  /** Ends the run as SIGTERM does; for tests. */
  readonly stop?: AbortSignal;
}

/** How long to wait at the end for the gateway to take what is in the outbox, ms. */
const farewell = 1500;

/** Runs until SIGTERM, SIGINT or the command `restart`; resolves with 0, rejects with the problems. */
export async function deviceRunCommand(order: DeviceRunOrder, streams: Streams): Promise<number> {
  const { settings, installation } = await readDevice(order);
  if (order.check === true) {
    streams.stderr.write(`${say(order.lang, "label.configGood", { file: order.config })}\n`);
    return 0;
  }
  const log = createLog({ format: "human", destination: streams.stderr });
  for (const { driver, port } of installation.sensors) {
    const isLine = drivers.some(({ name, kind }) => name === driver && (kind === "uart" || kind === "asked"));
    if (isLine && isSerialPort(port)) {
      await checkPort(port, 9600);
    }
  }
  if (settings.link.kind === "serial") {
    await checkPort(settings.link.port, settings.link.baud);
  }
  if (settings.firmata !== undefined) {
    await checkPort(settings.firmata.port, settings.firmata.baud);
  }
  await makeFolder(settings.storage);
  const hold = await holdStorage(settings.storage);
  if (isFault(hold)) {
    throw problem("FIL-075", { path: settings.storage }, { where: settings.storage });
  }
  const ended = new Ended(order.stop);
  const link = await openLink(settings, installation, log);
  try {
    const linux = linuxPlatform({
      board: settings.board,
      link,
      storage: hold.storage,
      clockTrusted: false,
      onIdentify: (duration) => log.info({}, `device ${installation.device}: here I am, for ${duration} ms`),
      onRestart: () => ended.end("restart"),
    });
    const own = withBluetooth(linux);
    const arduino = settings.firmata === undefined ? null : await borrowArduino(own, settings.firmata, log);
    try {
      await run({ installation, platform: arduino ?? own, log, ended, lang: order.lang });
    } finally {
      arduino?.close();
    }
    return 0;
  } finally {
    ended.forget();
    link.close();
    hold.release();
  }
}

/** Johnny-Five is loaded only where there is an Arduino: it takes a tenth of a second. */
async function borrowArduino(
  own: Platform,
  { port, baud }: NonNullable<DeviceSettings["firmata"]>,
  log: Log,
): Promise<FirmataPlatform> {
  const { firmataPlatform } = await import("../boards/platforms/firmata.ts");
  return firmataPlatform(own, {
    path: port,
    baud,
    onState: (state) =>
      state === null ? log.info({}, `arduino ${port}: answers`) : log.warn({}, `arduino: ${state.detail}`),
  });
}

/** Reads device.yaml, the credentials and the keys of meters that it names; throws every mistake in them. */
async function readDevice(
  order: DeviceRunOrder,
): Promise<{ settings: DeviceSettings; installation: Installation }> {
  const settings = await readConfig(installationSchema(drivers), order.config);
  if (Array.isArray(settings)) {
    throw new AggregateError(settings);
  }
  await checkSecret(settings.credentials);
  const credentials: Credentials | ProblemError[] = await readConfig(
    credentialsSchema,
    settings.credentials,
    true,
  );
  if (Array.isArray(credentials)) {
    throw new AggregateError(credentials);
  }
  const keys = await readSensorKeys(settings.sensors);
  const read = installationOf(settings, credentials, order.version, drivers, keys);
  const installation = { ...read, sensors: read.sensors.map(placedSensor) };
  const unfit = matchSensors(installation, drivers);
  if (isFault(unfit)) {
    throw problemOf(unfit, order.config);
  }
  return { settings, installation };
}

type ClosableLink = SerialLink | MqttLink;

async function openLink(
  settings: DeviceSettings,
  installation: Installation,
  log: Log,
): Promise<ClosableLink> {
  const { link } = settings;
  const name = link.kind === "serial" ? link.port : link.url;
  const onState = (state: Fault | null) =>
    state === null ? log.info({}, `link ${name}: open`) : log.warn({}, `link: ${state.detail}`);
  if (link.kind === "serial") {
    return new SerialLink({ path: link.port, baud: link.baud, onState });
  }
  const ca = link.caFile === undefined ? null : await readCertificates(link.caFile);
  const { root, deployment, kid } = installation;
  const password = mqttPassword(nodeCrypto, { root, deployment, kid });
  return new MqttLink({ url: link.url, device: shortName(installation.device), password, ca, onState });
}

function readCertificates(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error) => {
    throw problemOfSystemError(error, path);
  });
}

interface Run {
  readonly installation: Installation;
  readonly platform: Platform;
  readonly log: Log;
  readonly ended: Ended;
  readonly lang: Language;
}

/** Boots the node and ticks it until the end. */
async function run({ installation, platform, log, ended, lang }: Run): Promise<void> {
  const observer = deviceLog(log, () => performance.now(), lang);
  const runner = new NodeRunner({ installation, platform, drivers, observer });
  const refused = runner.boot();
  if (refused !== null) {
    throw problemOf(refused, installation.device);
  }
  log.info({}, `device ${installation.device}: epoch ${runner.node.uplink.epoch}, ${platform.link.name}`);
  const reason = await ended.promise;
  log.info({}, `device ${installation.device}: stops (${reason})`);
  await runner.stop(farewell);
  tellRest(runner.node, log);
}

function tellRest(node: SensorNode, log: Log): void {
  const frames = node.uplink.outbox.frames;
  if (frames > 0 && node.installation.outbox.persistent) {
    log.info({}, `outbox: messages kept for the next start: ${frames}`);
  } else if (frames > 0) {
    log.warn({}, `outbox: messages lost, because outbox.persistent is false: ${frames}`);
  }
}

function problemOf(bad: Fault, where: string): ProblemError {
  const words = {
    reason: bad.detail,
    means: { word: `fault.${bad.fault}.means` },
    next: { word: `fault.${bad.fault}.next` },
  } as const;
  if (bad.fault === "not-allowed") {
    return problem("DEV-078", {}, { where });
  }
  return bad.fault === "unsupported" || bad.fault === "range"
    ? problem("DEV-070", words, { where })
    : problem("DEV-074", words, { where });
}

/** The end of a run: a signal, a test's wish, or the gateway's command. */
class Ended {
  readonly promise: Promise<string>;
  #resolve: (reason: string) => void = () => {};
  readonly #onSignal = (signal: string) => this.end(signal);

  constructor(stop: AbortSignal | undefined) {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    process.once("SIGTERM", this.#onSignal);
    process.once("SIGINT", this.#onSignal);
    stop?.addEventListener("abort", () => this.end("asked to"));
  }

  end(reason: string): void {
    this.#resolve(reason);
  }

  forget(): void {
    process.off("SIGTERM", this.#onSignal);
    process.off("SIGINT", this.#onSignal);
  }
}
