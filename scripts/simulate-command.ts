import { type Command, InvalidArgumentError } from "commander";
import type { Language } from "../gateway/words/words.ts";
import { type Example, withExamples } from "./help.ts";
import type { SimulateOrder } from "./simulate-order.ts";
import type { Streams } from "./streams.ts";

/** What the options alone say. */
type Options = Omit<SimulateOrder, "language" | "lang" | "once" | "stop"> & { readonly once?: boolean };

const examples: readonly Example[] = [
  ["hasen simulate sml", "a meter at a pseudo-terminal, until Ctrl-C; it says where, and what to type next"],
  ["hasen simulate sml --once | hasen decode sml -", "one telegram"],
  [
    "hasen simulate d0 --profile modeC --port /dev/ttyUSB0",
    "a meter that waits to be asked, at the other end of a real cable",
  ],
  ["hasen simulate bthome", "a Bluetooth sensor without radio, on a message bus of its own"],
  [
    "hasen simulate lorawan --port mqtt://127.0.0.1:1883",
    "a network server that tells of a parking bay and a room",
  ],
];

/** Adds `simulate` to the command. */
export function addSimulate(
  program: Command,
  streams: Streams,
  { exit, asked }: { readonly exit: (code: number) => void; readonly asked: () => Language },
): void {
  const command = program.command("simulate <language>").helpCommand(false).showSuggestionAfterError(true);
  withExamples(command, asked, examples)
    .description("Be a meter of this language: real bytes, at a pseudo-terminal or a serial port.")
    .option("--profile <name>", "make or way of speaking; the command names those there are")
    .option(
      "--port <path>",
      "a serial port that is there, instead of a pseudo-terminal; of lorawan: the URL of a broker",
    )
    .option(
      "--baud <n>",
      "speed of the line, instead of the language's usual one",
      within(300, 921_600, true),
    )
    .option("--noise <rate>", "chance of each byte to be lost, 0 to 1", within(0, 1, false), 0)
    .option("--seed <n>", "seed of load and noise", within(0, 1_000_000, true), 1)
    .option("--speed <x>", "how much faster the meter's own time passes", within(0.01, 100_000, false), 1)
    .option("--once", "one telegram, to stdout or the port, then the end")
    .action(async (language: string, options: Options) => {
      const { simulateCommand } = await import("./simulate.ts");
      const order = { ...options, language, once: options.once === true, lang: asked() };
      exit(await simulateCommand(order, streams));
    });
}

function within(least: number, most: number, whole: boolean): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      throw new InvalidArgumentError(`Allowed choices are ${least} to ${most}.`);
    }
    return value;
  };
}
