/** `npm start`: the street on a terminal, with faults on keys; lines or one JSON object without one. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { language } from "../../gateway/words/words.ts";
import { parseFaults, type ScheduledFault } from "./faults.ts";
import { balances } from "./ledger.ts";
import {
  ledgerLines,
  type Note,
  refusedText,
  type StreetLanguage,
  type StreetView,
  screen,
  streetWords,
} from "./screen.ts";
import { Street } from "./street.ts";

interface Options {
  readonly seconds?: number;
  readonly json: boolean;
  readonly fault: readonly ScheduledFault[];
  readonly seed: number;
  readonly lang: StreetLanguage;
}

/** How long the end waits for what is still on its way, ms. */
const patience = 8000;
const readyMax = 10_000; // ms
const redrawEvery = 500; // ms
const lineEvery = 5000; // ms

async function run(options: Options): Promise<number> {
  const program = join(import.meta.dirname, "hasen.mjs");
  if (!existsSync(program)) {
    console.error("dist/hasen.mjs is missing. Next: npm run build");
    return 69;
  }
  const words = streetWords[options.lang];
  const terminal = process.stdout.isTTY === true && process.stdin.isTTY === true && !options.json;
  const say = (line: string): void => {
    (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  };
  const street = new Street({ program, seed: options.seed });
  let stopping: (() => void) | null = null;
  const stop = new Promise<void>((resolve) => {
    stopping = resolve;
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => stopping?.());
  }
  try {
    const began = performance.now();
    await street.open();
    const ready = await street.ready(readyMax);
    if (!terminal) {
      say(
        ready
          ? words.ready.replace("{seconds}", ((performance.now() - began) / 1000).toFixed(1))
          : words.notReady,
      );
    }
    const player = new Player(street, options.lang);
    const timers = options.fault.map(({ at, action }) =>
      setTimeout(() => void player.play(action), at * 1000 - (performance.now() - began)),
    );
    if (options.seconds !== undefined) {
      timers.push(
        setTimeout(() => stopping?.(), Math.max(0, options.seconds * 1000 - (performance.now() - began))),
      );
    }
    const show = terminal
      ? showScreen(street, player, options.lang, () => stopping?.())
      : showLines(street, player, options.lang, say);
    await stop;
    timers.forEach(clearTimeout);
    show.end();
    await player.idle();
    const view = await street.finish(patience);
    report(view, options, say);
    return balances(view.ledger) && view.falseRecords === 0 ? 0 : 1;
  } finally {
    await street.close();
  }
}

/** Does what a key or the schedule asks, one thing after the other, and remembers what to say about it. */
class Player {
  note: string;
  readonly #street: Street;
  readonly #notes: Record<Note, string>;
  #turn: Promise<void> = Promise.resolve();

  constructor(street: Street, lang: StreetLanguage) {
    this.#street = street;
    this.#notes = streetWords[lang].notes;
    this.note = this.#notes.start;
  }

  play(action: ScheduledFault["action"] | "uplink-toggle"): Promise<void> {
    this.#turn = this.#turn.then(() =>
      this.#do(action === "uplink-toggle" ? (this.#street.uplink ? "uplink-off" : "uplink-on") : action),
    );
    return this.#turn;
  }

  idle(): Promise<void> {
    return this.#turn;
  }

  async #do(action: ScheduledFault["action"]): Promise<void> {
    this.note = this.#notes[action];
    if (action === "uplink-off") {
      await this.#street.cutUplink();
    } else if (action === "uplink-on") {
      await this.#street.healUplink();
    } else if (action === "kill") {
      await this.#street.killGateway();
    } else if (action === "forge") {
      this.#street.forge();
    } else if (!this.#street.replay()) {
      this.note = this.#notes.nothingToReplay;
    }
  }
}

const keys: Readonly<Record<string, Parameters<Player["play"]>[0]>> = {
  u: "uplink-toggle",
  f: "forge",
  r: "replay",
  k: "kill",
};

/** Redraws in place and listens to keys. */
function showScreen(street: Street, player: Player, lang: StreetLanguage, quit: () => void): { end(): void } {
  const color = !process.env["NO_COLOR"];
  const { stdin, stdout } = process;
  const onKey = (key: Buffer): void => {
    const name = key.toString("utf8").toLowerCase();
    const action = keys[name];
    if (name === "q" || name === "\u0003" || name === "\u0004") {
      quit();
    } else if (action !== undefined) {
      void player.play(action);
    }
  };
  stdin.setRawMode(true);
  stdin.resume();
  stdin.on("data", onKey);
  stdout.write("\u001b[?25l\u001b[2J");
  const draw = async (): Promise<void> => {
    const lines = screen(await street.view(player.note), lang, color);
    stdout.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join("\n")}\n\u001b[J`);
  };
  void draw();
  const timer = setInterval(() => void draw(), redrawEvery);
  return {
    end: () => {
      clearInterval(timer);
      stdin.off("data", onKey);
      stdin.setRawMode(false);
      stdin.pause();
      stdout.write("\u001b[?25h\n");
    },
  };
}

/** Without a terminal: a line now and then, and one whenever something is done to the street. */
function showLines(
  street: Street,
  player: Player,
  lang: StreetLanguage,
  say: (line: string) => void,
): { end(): void } {
  let note = player.note;
  const line = async (): Promise<void> => {
    const view = await street.view(player.note);
    say(`${Math.floor(view.seconds)} s  ${ledgerLines(view.ledger, lang).join(" ").replace(/\s+/g, " ")}`);
  };
  const slow = setInterval(() => void line(), lineEvery);
  const quick = setInterval(() => {
    if (player.note !== note) {
      note = player.note;
      say(note);
    }
  }, 100);
  return {
    end: () => {
      clearInterval(slow);
      clearInterval(quick);
    },
  };
}

function report(view: StreetView, options: Options, say: (line: string) => void): void {
  const words = streetWords[options.lang];
  if (options.json) {
    const { ledger, refused, duplicates } = view;
    const balanced = balances(ledger) && view.falseRecords === 0;
    process.stdout.write(
      `${JSON.stringify({ devices: view.devices.length, ...ledger, refused, duplicates, balanced })}\n`,
    );
    return;
  }
  say("");
  say(words.summary.replace("{seconds}", view.seconds.toFixed(0)).replace("{city}", view.city));
  ledgerLines(view.ledger, options.lang).forEach(say);
  say(
    `${words.refused}: ${refusedText(view.refused) || words.nothing}   ${words.duplicates}: ${view.duplicates}   ${words.falseRecords}: ${view.falseRecords}`,
  );
}

function parse(args: readonly string[]): Options | number {
  const program = new Command("npm start --")
    .description("A street of twelve devices, a gateway and a city broker on this computer.")
    .addHelpText(
      "before",
      "Examples:\n  $ npm start\n      watch, and cause faults with the keys u f r k\n  $ npm start -- --seconds 20 --json --fault uplink@5-10,kill@12,forge@14,replay@15\n      one JSON object at the end, exit 0 only if nothing is lost\n",
    )
    .option("--seconds <n>", "end by itself after this many seconds", positive)
    .option("--json", "print one JSON object at the end", false)
    .option("--fault <list>", "faults at seconds, e.g. uplink@5-10,kill@12,forge@14,replay@15", faults, [])
    .option("--seed <n>", "seed of the load, the cars and the weather", positive, 1)
    .option("--lang <language>", "de or en")
    .exitOverride();
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    return error instanceof CommanderError && error.exitCode === 0 ? 0 : 64;
  }
  const options = program.opts();
  return { ...(options as Omit<Options, "lang">), lang: language(process.env, options["lang"]) };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || value > 86_400) {
    throw new InvalidArgumentError("a number greater than 0, e.g. 20");
  }
  return value;
}

function faults(text: string): readonly ScheduledFault[] {
  const schedule = parseFaults(text);
  if (typeof schedule === "string") {
    throw new InvalidArgumentError(schedule);
  }
  return schedule;
}

const options = parse(process.argv.slice(2));
process.exitCode = typeof options === "number" ? options : await run(options);
// Sockets of killed processes may linger; everything worth waiting for has been waited for.
setTimeout(() => process.exit(), 1000).unref();
