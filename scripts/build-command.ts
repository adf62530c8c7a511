/** The place of `hasen build` on the command line; what it does is in build.ts, which is loaded when it is asked for. */
import type { Command } from "commander";
import type { Language } from "../gateway/words/words.ts";
import type { BuildOrder, buildCommand } from "./build.ts";
import { withExamples } from "./help.ts";

type Order = Pick<BuildOrder, "board" | "installation" | "out" | "json">;

export function addBuild(
  program: Command,
  asked: () => Language,
  run: (order: Order, build: typeof buildCommand) => Promise<void>,
): void {
  const command = program.command("build").helpCommand(false).showSuggestionAfterError(true);
  withExamples(command, asked, [
    [
      "hasen build --installation pole-17.yaml",
      "writes pb-pole-17.puck-js.js, and says what is left on the board",
    ],
    [
      "hasen build --board puck-js --installation pole-17.yaml --out pole.js --json",
      "the same to pole.js, with its size, hash and parts as JSON",
    ],
  ])
    .description("Make the firmware of one device for its board, as one JavaScript file.")
    .requiredOption("--installation <file>", "what the device is: sensors, pins, link, credentials")
    .option("--board <board>", "the board, where the file must be for this one")
    .option("--out <file>", "where to write it (default: <device>.<board>.js in this folder)")
    .option("--json", "size, hash, estimated variables and parts as JSON")
    .action(async (order: Order) => {
      const { buildCommand } = await import("./build.ts");
      await run(order, buildCommand);
    });
}
