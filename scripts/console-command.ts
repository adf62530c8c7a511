/** `hasen identify`, `hasen logs`, `hasen device status`: their places on the command line; what they do is in flash/ask.ts. */
import type { Command } from "commander";
import type { Language } from "../gateway/words/words.ts";
import { whole } from "./flash-command.ts";
import { type Example, withExamples } from "./help.ts";

export interface ConsoleOptions {
  readonly port?: string;
  readonly baud: string;
  readonly password?: string;
  readonly installation?: string;
  readonly seconds?: string;
  readonly json?: boolean;
}

export interface ConsoleCommandOrder extends ConsoleOptions {
  readonly action: "identify" | "logs" | "status";
  readonly lang: Language;
  /** Ends `logs` as Ctrl-C does; for tests. */
  readonly stop?: AbortSignal;
}

type Action = ConsoleCommandOrder["action"];

/** The commands' places in `hasen`: two at its top, one below `device`. */
export function addConsole(
  program: Command,
  asked: () => Language,
  run: (action: Action, options: ConsoleOptions) => Promise<void>,
): void {
  const device = program.commands.find((command) => command.name() === "device") ?? program;
  const add = (parent: Command, action: Action, example: Example, description: string): Command =>
    withExamples(parent.command(action), asked, [example])
      .description(description)
      .option("--port <port>", "the serial port; not needed where there is only one")
      .option("--baud <rate>", "speed of the console; USB has none", whole(300, 4_000_000), "115200")
      .option("--json", "as JSON")
      .action((options: ConsoleOptions) => run(action, options));
  const installation = ["--installation <file>", "the device, whose keys open its console"] as const;
  const password = ["--password <file>", "holds the password of a console that is locked"] as const;
  add(
    program,
    "identify",
    [
      "hasen identify --port /dev/serial/by-id/usb-… --installation pole-17.yaml",
      "which of the boards it is",
    ],
    "Let the light of a board on a cable blink.",
  )
    .option("--seconds <count>", "how long", whole(1, 60), "10")
    .option(...installation)
    .option(...password);
  add(
    program,
    "logs",
    ["hasen logs --port /dev/serial/by-id/usb-…", "as it runs"],
    "What a board prints, line by line, until Ctrl-C.",
  );
  add(
    device,
    "status",
    [
      "hasen device status --port /dev/serial/by-id/usb-… --installation pole-17.yaml",
      "a board that is locked",
    ],
    "Ask a board on a cable how it is: epoch, outbox, faults, slot, last reading.",
  )
    .option(...installation)
    .option(...password);
}
