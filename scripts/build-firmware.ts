/** What `hasen build` does: a board's bundle from an installation, or what keeps it from being one. */
import { createHash } from "node:crypto";
import { type Board, classOf, mayCarry } from "../boards/board.ts";
import { boards } from "../boards/index.ts";
import type { BoardSensor } from "../firmware/board-installation.ts";
import { tooFine } from "../firmware/channels.ts";
import type { Channels, DriverColumn } from "../firmware/driver.ts";
import { columnsOf } from "../firmware/installation-check.ts";
import { type ProblemError, problem } from "../gateway/problem.ts";
import type { Word } from "../gateway/words/words.ts";
import { type Budget, budgetOf, leanMark } from "./board-build/budget.ts";
import { carriedParts } from "./board-build/carried-parts.ts";
import { compile, type Part } from "./board-build/compile.ts";
import { type EntryOrder, entryText } from "./board-build/entry-text.ts";
import { leanEntry, unlean } from "./board-build/lean-entry.ts";
import { linkProblems } from "./board-build/link-check.ts";
import { carriesDriver } from "./board-build/meter-text.ts";
import { sleepProblems } from "./board-build/sleep-text.ts";
import { spillProblems } from "./board-build/spill-check.ts";
import { spillStorage } from "./board-build/spill-text.ts";
import { estimateMost, estimateVariables } from "./board-build/variables.ts";
import { checkDialect, checkText, type DialectError } from "./dialect.ts";
import { sourceRoot } from "./source-root.ts";

export interface FirmwareOrder extends EntryOrder {
  /** The installation's file, for problems. */
  readonly file: string;
}

export interface Firmware {
  readonly code: string;
  readonly readable: string;
  /** The entry it was made from. */
  readonly entry: string;
  readonly manifest: Manifest;
}

/** What `hasen build --json` prints and `hasen flash` reads. */
export interface Manifest {
  readonly board: string;
  readonly device: string;
  readonly firmware: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Of the interpreter, estimated: once it runs with nothing to send, and the most at once. */
  readonly variables: number;
  readonly variablesMost: number;
  /** What bytes and the most variables may be: of the board, or what `lean` promises where that is less. */
  readonly budget: Budget;
  /** Of the board, with the bundle once in its storage and the most variables in use, and what its outbox spills to. */
  readonly left: { readonly storage: number; readonly variables: number };
  readonly parts: readonly Part[];
}

/** Boards whose interpreter runs a bundle. */
export const buildable: readonly Board[] = boards.filter(({ runs }) => runs === "espruino");

/** The bundle; throws every problem that stands in its way. */
export async function buildFirmware(order: FirmwareOrder): Promise<Firmware> {
  refuseUnfit(order);
  const entry = order.settings.lean ? leanEntry(order) : entryText(order);
  const { errors } = await checkDialect({
    contents: entry,
    loader: "ts",
    resolveDir: sourceRoot(),
    sourcefile: "entry.ts",
  });
  throwAll(errors.map(dialectProblem));
  const { code, readable, parts } = await compile(entry, carriedParts(order));
  throwAll(checkText(code, "bundle.js").map(dialectProblem));
  const manifest = manifestOf(order, code, parts);
  throwAll([...budgetProblems(order, manifest), ...spillProblems(order, manifest.bytes, buildable)]);
  return { code, readable, entry, manifest };
}

function dialectProblem({ text, instead, file, line, column }: DialectError): ProblemError {
  return problem("BLD-065", { text, instead }, { where: { file, line, column } });
}

/** Throws what keeps such a device from this board, before anything is made. */
export function refuseUnfit(order: FirmwareOrder): void {
  throwAll([
    ...boardProblems(order),
    ...linkProblems(order, buildable),
    ...sensorProblems(order),
    ...leanProblems(order),
    ...sleepProblems(order),
    ...spillProblems(order, 0, buildable),
  ]);
}

function throwAll(problems: readonly ProblemError[]): void {
  if (problems.length > 0) {
    throw new AggregateError(problems);
  }
}

function boardProblems({ board, installation, file }: FirmwareOrder): ProblemError[] {
  if (board.runs !== "espruino") {
    return [notBuilt(board, file)];
  }
  if (installation.alg === 0 && classOf(board) !== "A") {
    const device = installation.device.slice(installation.device.lastIndexOf(":") + 1);
    const parameters = {
      board: board.title,
      reason: word("build.noAes"),
      device,
      boards: names(encrypting()),
    };
    return [problem("BLD-071", parameters, { where: file })];
  }
  return [];
}

/** For a board that runs no bundle. */
export function notBuilt(board: Board, where: string): ProblemError {
  const reason = word(board.runs === "node" ? "build.linux" : "build.firmata");
  return problem("BLD-069", { board: board.title, reason, boards: names(buildable) }, { where });
}

function leanProblems(order: FirmwareOrder): ProblemError[] {
  const reason = order.settings.lean ? unlean(order) : null;
  return reason === null
    ? []
    : [problem("BLD-073", { reason: word(reason) }, { where: `${order.file}: lean` })];
}

/** Bytes of storage from which on a count of pulses, 6 KiB every three weeks that come free only by tidying up, has room for years. */
const countStorageLeast = 192 * 1024;

function sensorProblems({ board, installation, settings, drivers, file }: FirmwareOrder): ProblemError[] {
  return installation.sensors.flatMap((installed, i) => {
    const driver = drivers.find(({ name }) => name === installed.driver);
    const where = `${file}: sensors[${i}].driver`;
    const columns = driver === undefined ? null : columnsOf(driver, installed);
    const unnamed = driver?.channels === undefined ? null : channelProblem(driver.channels, columns, i, file);
    if (unnamed !== null) {
      return [unnamed];
    }
    if (driver === undefined || columns === null) {
      const parameters = { driver: installed.driver, board: board.title, reason: word("build.meter") };
      return [problem("BLD-067", parameters, { where })];
    }
    if (!carriesDriver(driver) && installed.options["salvage"] === true) {
      const reason = word("build.noSalvage");
      return [problem("BLD-067", { driver: driver.name, board: board.title, reason }, { where })];
    }
    const bus = driver.kind === "asked" ? "uart" : driver.kind;
    if (!board.buses[bus]) {
      const reason = { word: "build.noBus", parameters: { bus: bus.toUpperCase() } } as const;
      return [problem("BLD-067", { driver: driver.name, board: board.title, reason }, { where })];
    }
    const enables = settings.sensors.filter(({ port }) => port === installed.port).map(enableOf);
    if (new Set(enables.filter((pin) => pin !== undefined)).size > 1) {
      const reason = { word: "build.enableTwice", parameters: { port: installed.port } } as const;
      return [problem("BLD-067", { driver: driver.name, board: board.title, reason }, { where })];
    }
    if (driver.kind === "pulse" && board.storage < countStorageLeast) {
      const reason = { word: "build.noCount", parameters: { least: countStorageLeast / 1024 } } as const;
      return [problem("BLD-067", { driver: driver.name, board: board.title, reason }, { where })];
    }
    const forbidden = columns.map(({ quantity }) => mayCarry(board, quantity)).find((bad) => bad !== null);
    if (forbidden === undefined || forbidden === null) {
      return [];
    }
    const parameters = {
      board: board.title,
      driver: driver.name,
      reason: forbidden.detail,
      boards: names(encrypting()),
    };
    return [problem("BLD-068", parameters, { where })];
  });
}

function enableOf({ driverEnable }: BoardSensor): string | undefined {
  return driverEnable;
}

/** Columns that nobody has named, or that no pack holds. */
function channelProblem(
  channels: Channels,
  columns: readonly DriverColumn[] | null,
  place: number,
  file: string,
): ProblemError | null {
  const where = `${file}: sensors[${place}].channels`;
  if (columns === null) {
    const parameters = { reason: word("build.noChannels"), channels: channels.possible().join(", ") };
    return problem("BLD-074", parameters, { where });
  }
  const fine = tooFine(columns);
  if (fine === null) {
    return null;
  }
  const reason = {
    word: "build.fineChannel",
    parameters: { quantity: fine.quantity, decimals: -fine.exponent },
  } as const;
  return problem("BLD-074", { reason, channels: channels.possible().join(", ") }, { where });
}

function budgetProblems({ board, settings, file }: FirmwareOrder, manifest: Manifest): ProblemError[] {
  const { bytes, variablesMost, budget, parts } = manifest;
  const largest = parts.slice(0, 5).map((part) => `${part.file} ${part.bytes}`);
  const roomy = buildable.filter(
    (other) => budgetOf(other).bytes > bytes && budgetOf(other).variables > variablesMost,
  );
  const next = settings.lean
    ? word("build.leaveOutLean")
    : ({ word: "build.leaveOut", parameters: { boards: names(roomy) } } as const);
  const over = (amount: number, most: number, unit: string) => {
    const words = { amount, most, over: amount - most, unit, parts: largest.join(", "), next };
    return amount <= most ? [] : [problem("BLD-066", { board: board.title, ...words }, { where: file })];
  };
  return [...over(bytes, budget.bytes, "bytes"), ...over(variablesMost, budget.variables, "variables")];
}

/** What a bundle may take. */
function budgetFor({ board, settings }: FirmwareOrder): Budget {
  const { bytes, variables } = budgetOf(board);
  return settings.lean
    ? { bytes: Math.min(bytes, leanMark.bytes), variables: Math.min(variables, leanMark.variables) }
    : { bytes, variables };
}

function manifestOf(order: FirmwareOrder, code: string, parts: readonly Part[]): Manifest {
  const { board, installation } = order;
  const variables = estimateVariables(code);
  const variablesMost = estimateMost(variables, installation.outbox);
  return {
    board: board.name,
    device: installation.device,
    firmware: installation.firmware,
    bytes: code.length,
    sha256: createHash("sha256").update(code, "latin1").digest("hex"),
    variables,
    variablesMost,
    budget: budgetFor(order),
    left: {
      storage: board.storage - code.length - spillStorage(order, board),
      variables: board.variables - variablesMost,
    },
    parts,
  };
}

function encrypting(): readonly Board[] {
  return buildable.filter((board) => classOf(board) === "A");
}

function names(list: readonly Board[]): string {
  return list.map(({ name }) => name).join(", ");
}

function word(key: Word["word"]): Word {
  return { word: key };
}
