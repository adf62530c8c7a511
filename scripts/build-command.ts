/** The place of `hasen build` on the command line; what it does is in build.ts, which is loaded when it is asked for. */
import type { Command } from "commander";
import type { BuildOrder, buildCommand } from "./build.ts";

type Asked = Pick<BuildOrder, "board" | "installation" | "out" | "json">;

export function addBuild(
  program: Command,
  run: (asked: Asked, build: typeof buildCommand) => Promise<void>,
): void {
  program
    .command("build")
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .addHelpText(
      "before",
      [
        "Examples:",
        "  $ hasen build --installation pole-17.yaml",
        "      writes pb-pole-17.puck-js.js, and says what is left on the board",
        "  $ hasen build --board puck-js --installation pole-17.yaml --out pole.js --json",
        "      the same to pole.js, with its size, hash and parts as JSON",
        "",
      ].join("\n"),
    )
    .description("Make the firmware of one device for its board, as one JavaScript file.")
    .requiredOption("--installation <file>", "what the device is: sensors, pins, link, credentials")
    .option("--board <board>", "the board, where the file must be for this one")
    .option("--out <file>", "where to write it (default: <device>.<board>.js in this folder)")
    .option("--json", "size, hash, estimated variables and parts as JSON")
    .action(async (asked: Asked) => {
      const { buildCommand } = await import("./build.ts");
      await run(asked, buildCommand);
    });
}
