/** `hasen flash`: its place on the command line; what it does is in flash/. */
import { type Command, InvalidArgumentError } from "commander";
import type { Language } from "../gateway/words/words.ts";
import { withExamples } from "./help.ts";

export interface FlashOptions {
  readonly board: string;
  readonly port?: string;
  readonly baud: string;
  readonly installation?: string;
  readonly bundle?: string;
  readonly base?: readonly string[];
  readonly password?: string;
  /** Seconds. */
  readonly wait: string;
  readonly batch?: boolean;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly tidy?: boolean;
  readonly replaceBoot?: boolean;
  readonly freshKeys?: boolean;
}

export interface FlashOrder extends FlashOptions {
  readonly lang: Language;
  /** Of the firmware. */
  readonly version: string;
  /** Ends a batch as Ctrl-C does; for tests. */
  readonly stop?: AbortSignal;
}

/** The command's place in `hasen`. */
export function addFlash(
  program: Command,
  asked: () => Language,
  run: (options: FlashOptions) => Promise<void>,
): void {
  withExamples(program.command("flash"), asked, [
    [
      "hasen flash --board puck-js --port /dev/serial/by-id/usb-… --installation pole-17.yaml",
      "build the device's firmware and bring it onto its board",
    ],
    [
      "hasen flash --board esp32 --port /dev/serial/by-path/… --installation poles/ --batch",
      "one board after the other, each the next device of a folder of installations",
    ],
    [
      "hasen flash --board esp32 --port /dev/serial/by-path/… --base espruino_esp32.bin@0x10000",
      "the interpreter itself onto a new chip",
    ],
  ])
    .description("Bring firmware onto a board over its serial console, prove it, and keep a way back.")
    .requiredOption("--board <name>", "which board it is, e.g. puck-js")
    .option("--port <port>", "the serial port; not needed where there is only one")
    .option("--baud <rate>", "speed of the console; USB has none", whole(300, 4_000_000), "115200")
    .option(
      "--installation <file>",
      "the device: its firmware is built and brought there; or a folder of them",
    )
    .option("--bundle <file>", "in its place, what hasen build has written")
    .option("--base <file...>", "bring the interpreter itself: its makers' images, as file or file@address")
    .option("--password <file>", "holds the password of a console that is locked")
    .option("--wait <seconds>", "how long to wait for the first acknowledged message", whole(0, 86_400), "60")
    .option("--batch", "then the next board, and the next, until Ctrl-C")
    .option("--dry-run", "say what would be done, write nothing")
    .option("--tidy", "let the board tidy up its flash; a power cut then can lose files")
    .option("--replace-boot", "delete boot code that is not ours")
    .option("--fresh-keys", "the program has new keys: go on although the board has lost its count of epochs")
    .option("--json", "the result as JSON, on the last line of stdout")
    .action(run);
}

/** Takes a whole number within bounds as it was typed. */
export function whole(least: number, most: number): (text: string) => string {
  return (text) => {
    if (!/^\d{1,9}$/.test(text) || Number(text) < least || Number(text) > most) {
      throw new InvalidArgumentError(`Allowed choices are ${least} to ${most}.`);
    }
    return text;
  };
}
