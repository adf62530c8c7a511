/** `hasen flash`: firmware onto a board, proved and with a way back. */
import type { Board } from "../../boards/board.ts";
import { boardOf, boards } from "../../boards/index.ts";
import { loaderText } from "../../firmware/loader-text.ts";
import { slotNames, slotToWrite } from "../../firmware/slot.ts";
import { shortName } from "../../gateway/config/forms.ts";
import { nearest } from "../../gateway/config/nearest.ts";
import { problem } from "../../gateway/problem.ts";
import { say, type WordKey } from "../../gateway/words/words.ts";
import type { FlashOrder } from "../flash-command.ts";
import type { Streams } from "../streams.ts";
import { batch } from "./batch.ts";
import { askStatus } from "./board-status.ts";
import { findPort } from "./find-port.ts";
import { openConsole } from "./open-console.ts";
import { type Programs, programsOf } from "./programs.ts";
import { Progress } from "./progress.ts";
import type { Repl } from "./repl.ts";
import { awaitConfirmation, consoleProblem, flashBoard, identifyBoard } from "./session.ts";
import { padded, type Uploaded } from "./upload.ts";

/** What was done to one board, as `--json` prints it. */
export interface Flashed {
  readonly port: string;
  readonly board: string;
  readonly device: string;
  readonly interpreter: string;
  readonly slot: string;
  readonly sequence: number;
  readonly bytes: number;
  readonly resumed: number;
  readonly hash: string;
  /** Whether a message of it was acknowledged while the command waited. */
  readonly confirmed: boolean;
  readonly seconds: number;
}

export async function flashCommand(order: FlashOrder, streams: Streams): Promise<number> {
  const board = boardNamed(order.board);
  const tell = (key: WordKey, values: Parameters<typeof say>[2] = {}) =>
    void streams.stderr.write(`${say(order.lang, key, values)}\n`);
  if (board.runs !== "espruino") {
    throw problem("FLS-062", { title: board.title, steps: board.flash.steps[order.lang].join(" · ") });
  }
  if (order.base !== undefined) {
    const { flashBase } = await import("./base.ts");
    return flashBase({ ...order, base: order.base }, board, streams);
  }
  const programs = await programsOf(order);
  const one = (port: string): Promise<Flashed | null> =>
    flashOne({ order, board, port, programs }, streams, tell);
  if (order.batch === true) {
    return batch({ ...order, baud: Number(order.baud) }, one, streams, tell);
  }
  const flashed = await one(await findPort(order.port, Number(order.baud)));
  if (order.json === true && flashed !== null) {
    streams.stdout.write(`${JSON.stringify(flashed)}\n`);
  }
  return 0;
}

function boardNamed(name: string): Board {
  const board = boardOf(name);
  if (board !== null) {
    return board;
  }
  const names = boards.map((known) => known.name);
  const suggestion = nearest(name, names);
  const hints = suggestion === null ? [] : [{ word: "hint.didYouMean", parameters: { suggestion } } as const];
  throw problem("FLS-063", { board: name, boards: names }, { hints });
}

interface One {
  readonly programs: Programs;
  readonly order: FlashOrder;
  readonly board: Board;
  readonly port: string;
}

type Tell = (key: WordKey, values?: Parameters<typeof say>[2]) => void;

/** One board, from its first answer to its first confirmed message; null for a dry run. */
async function flashOne(one: One, streams: Streams, tell: Tell): Promise<Flashed | null> {
  const { order, board, port, programs } = one;
  const start = performance.now();
  const password = await programs.password();
  const { repl, line } = await openConsole({ port, baud: Number(order.baud), password, tell });
  try {
    await identifyBoard(repl, board, port);
    const interpreter = repl.identity.version;
    tell("flash.found", { title: board.title, interpreter, port });
    const dry = order.dryRun === true;
    const { device, text } = await programs.programFor(await serialOf(repl, port), dry);
    tell("flash.device", { device: shortName(device) });
    const program = padded(text);
    if (dry) {
      await dryRun(repl, program, port, tell);
      return null;
    }
    const done = await uploadShown({ order, program, port }, repl, streams, tell);
    repl.say("E.reboot?E.reboot():load()");
    tell("flash.started");
    await line.reopen();
    const confirmed = await confirmation(repl, done, Number(order.wait), tell);
    const seconds = Math.round((performance.now() - start) / 100) / 10;
    const { slot, sequence, resumed, hash } = done;
    const bytes = program.length;
    return {
      port,
      board: board.name,
      device,
      interpreter,
      slot,
      sequence,
      bytes,
      resumed,
      hash,
      confirmed,
      seconds,
    };
  } finally {
    repl.lock();
    await line.close();
  }
}

/** The chip's own number. */
async function serialOf(repl: Repl, port: string): Promise<string> {
  try {
    return String(await repl.ask("getSerial()"));
  } catch (error) {
    throw consoleProblem(error, port);
  }
}

async function uploadShown(
  { order, program, port }: Pick<One, "order" | "port"> & { readonly program: string },
  repl: Repl,
  streams: Streams,
  tell: Tell,
): Promise<Uploaded> {
  const progress = new Progress(streams.stderr, order.lang);
  const image = {
    program,
    loader: loaderText,
    where: port,
    tidy: order.tidy === true,
    replaceBoot: order.replaceBoot === true,
    freshKeys: order.freshKeys === true,
  };
  const done = await flashBoard(repl, image, {
    progress: (bytes, of) => progress.show(bytes, of),
    resumed: (bytes) => tell("flash.resumed", { bytes }),
  }).finally(() => progress.end());
  if (done.resumed === program.length) {
    tell("flash.already");
  }
  tell("flash.proved", { slot: done.slot, bytes: program.length, hash: done.hash });
  return done;
}

/** Looks at what runs without stopping it. */
async function dryRun(repl: Repl, program: string, port: string, tell: Tell): Promise<void> {
  try {
    const { slots } = await askStatus(repl);
    const free = await repl.ask("require('Storage').getFree()");
    const slot = slotNames[slotToWrite(slots[0] ?? null, slots[1] ?? null)] ?? "";
    tell("flash.wouldWrite", { bytes: program.length, slot, free: Number(free) });
    tell("flash.dry");
  } catch (error) {
    throw consoleProblem(error, port);
  }
}

async function confirmation(repl: Repl, done: Uploaded, seconds: number, tell: Tell): Promise<boolean> {
  if (seconds <= 0) {
    tell(done.fallBack ? "flash.unconfirmed" : "flash.unconfirmedFirst");
    return false;
  }
  tell("flash.waiting", { seconds });
  const status = await awaitConfirmation(repl, slotNames.indexOf(done.slot), seconds);
  if (status === null) {
    tell(done.fallBack ? "flash.lineInUse" : "flash.unconfirmedFirst");
    return false;
  }
  if (status.slots[slotNames.indexOf(done.slot)]?.confirmed === true) {
    tell("flash.confirmed");
    return true;
  }
  if (status.running !== null && status.running !== done.slot) {
    tell("flash.fellBack", { slot: status.running });
  } else {
    tell(done.fallBack ? "flash.unconfirmed" : "flash.unconfirmedFirst");
  }
  return false;
}
