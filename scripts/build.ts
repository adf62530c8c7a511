/** `hasen build`: what it reads, what it writes, what it says. */
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Board } from "../boards/board.ts";
import { boardOf } from "../boards/index.ts";
import {
  type BoardSettings,
  boardInstallationOf,
  boardInstallationSchema,
} from "../firmware/board-installation.ts";
import type { BoardLink } from "../firmware/board-link.ts";
import { drivers } from "../firmware/drivers/index.ts";
import { type Credentials, credentialsSchema } from "../firmware/installation.ts";
import { matchSensors } from "../firmware/installation-check.ts";
import type { Installation } from "../firmware/installation-type.ts";
import { readConfig } from "../gateway/config/config-file.ts";
import { shortName } from "../gateway/config/forms.ts";
import { ProblemError, problem } from "../gateway/problem.ts";
import { problemOfSystemError } from "../gateway/system-error.ts";
import { type Language, say } from "../gateway/words/words.ts";
import { isFault } from "../protocols/fault.ts";
import type { Firmware, FirmwareOrder } from "./build-firmware.ts";
import { bundleText } from "./flash/bundle-file.ts";
import { passwordIn } from "./flash/password.ts";
import { checkSecret } from "./secret-file.ts";
import type { Streams } from "./streams.ts";

export interface BuildOrder {
  /** Of the board; without it the one that the installation names. */
  readonly board?: string;
  readonly installation: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly lang: Language;
  /** Of the firmware. */
  readonly version: string;
}

/** Builds, writes the bundle, and says what it is. */
export async function buildCommand(order: BuildOrder, streams: Streams): Promise<number> {
  const { firmware, board, installation, settings } = await buildOf(order);
  const { manifest } = firmware;
  const file = order.out ?? `${shortName(manifest.device)}.${board.name}.js`;
  // Keys stand in it: nobody else may read it.
  const head = { ...installation, board: board.name, firmware: order.version };
  const text = bundleText(head, firmware.code);
  await writeFile(file, text, { encoding: "latin1", mode: 0o600 }).catch((error) => {
    throw problemOfSystemError(error, file);
  });
  if (order.json === true) {
    streams.stdout.write(`${JSON.stringify({ file, ...manifest })}\n`);
    return 0;
  }
  const { bytes, variables, variablesMost, budget, left, device } = manifest;
  const done = {
    file: basename(file),
    bytes,
    bytesMax: budget.bytes,
    variables,
    variablesMost,
    variablesMax: budget.variables,
    device: shortName(device),
    board: board.title,
  };
  streams.stdout.write(`${say(order.lang, "build.done", done)}\n`);
  const { lean } = settings;
  if (lean) {
    const more = { bytes: budget.bytes - bytes, variables: budget.variables - variablesMost };
    streams.stdout.write(`${say(order.lang, "build.leanLeft", more)}\n`);
  }
  const rest = { bytes: left.storage, variables: left.variables };
  streams.stdout.write(`${say(order.lang, "build.left", rest)}\n`);
  return 0;
}

type InstallationOrder = Pick<BuildOrder, "board" | "installation" | "version">;

/** The firmware of an installation file, for whoever builds or flashes it; throws every problem. */
export async function buildOf(order: InstallationOrder): Promise<{
  firmware: Firmware;
  board: Board;
  installation: Installation;
  settings: BoardSettings;
}> {
  const { buildFirmware, refuseUnfit } = await import("./build-firmware.ts");
  const whole = await readInstallation(order);
  refuseUnfit(whole);
  const { board, installation, settings } = whole;
  const unfit = matchSensors(installation, drivers);
  if (isFault(unfit)) {
    const words = {
      reason: unfit.detail,
      next: { word: `fault.${unfit.fault}.next` },
    } as const;
    throw problem("DEV-070", words, { where: order.installation });
  }
  const firmware = await buildFirmware(whole);
  return { firmware, board, installation, settings };
}

/** What an installation file and the files it names say; throws every problem. */
export async function readInstallation(order: InstallationOrder): Promise<FirmwareOrder> {
  const { buildable, notBuilt } = await import("./build-firmware.ts");
  const names = buildable.map(({ name }) => name);
  const asked = order.board === undefined ? null : known(order.board, names);
  if (asked !== null && asked.runs !== "espruino") {
    throw notBuilt(asked, order.installation);
  }
  const settings = read(await readConfig(boardInstallationSchema(drivers, names), order.installation));
  const board = asked ?? known(settings.board, names);
  if (asked !== null && asked.name !== settings.board) {
    const parameters = { written: settings.board, board: asked.name };
    throw problem("BLD-070", parameters, { where: `${order.installation}: board` });
  }
  const credentials = await readCredentials(settings.credentials);
  const installation = boardInstallationOf(settings, credentials, order.version, drivers);
  const wifiPassword = await wifiPasswordOf(settings.link);
  return { board, settings, installation, drivers, file: order.installation, wifiPassword };
}

/** A missing file is told with how to make one. */
async function readCredentials(file: string): Promise<Credentials> {
  await checkSecret(file).catch((error: unknown) => {
    throw error instanceof ProblemError && error.code === "FIL-066"
      ? problem(
          "FIL-066",
          { path: file, folder: process.cwd() },
          { where: file, steps: [{ word: "build.makeKey" }] },
        )
      : error;
  });
  return read(await readConfig(credentialsSchema, file, true));
}

/** Nobody but who builds may read it, and it stands in nothing but the bundle. */
async function wifiPasswordOf(link: BoardLink): Promise<string | undefined> {
  const file = link.kind === "mqtt" ? link.wifi.passwordFile : undefined;
  if (file === undefined) {
    return undefined;
  }
  await checkSecret(file);
  return passwordIn(file);
}

function known(name: string, names: readonly string[]): Board {
  const board = boardOf(name);
  if (board === null) {
    throw problem("BLD-064", { board: name, boards: names.join(", ") });
  }
  return board;
}

function read<Value>(result: Value | ProblemError[]): Value {
  if (Array.isArray(result)) {
    throw new AggregateError(result);
  }
  return result;
}
