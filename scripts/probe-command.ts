import { type Command, InvalidArgumentError } from "commander";
import type { Language } from "../gateway/words/words.ts";
import { withExamples } from "./help.ts";
import type { ProbeOrder } from "./probe.ts";
import type { Streams } from "./streams.ts";

const secondsMax = 3600;

/** The command line of `hasen probe`. */
export function addProbe(
  program: Command,
  streams: Streams,
  { exit, asked }: { readonly exit: (code: number) => void; readonly asked: () => Language },
): void {
  withExamples(program.command("probe [port]").helpCommand(false), asked, [
    ["hasen probe", "which ports there are; probes the only one"],
    ["hasen probe /dev/ttyUSB0", "what speaks there, at which speed, and its first readings"],
  ])
    .description("Find out how a meter's line is set and what it speaks. It listens first, then asks.")
    .option("--seconds <count>", "how long at most", wholeSeconds, 60)
    .option("--listen", "only listen, ask nobody")
    .option("--json", "the result as JSON")
    .option("--dump <file>", "where to keep all that was heard (default: a new file for temporary files)")
    .option("--no-dump", "keep nothing")
    .option("--key <hex>", "key of a meter that encrypts")
    .option("--auth <hex>", "authentication key of a DLMS meter that encrypts")
    .action(async (port: string | undefined, options: Omit<ProbeOrder, "port" | "lang">) => {
      const lang = asked();
      const { json, listen, dump = true } = options;
      const { probeCommand } = await import("./probe.ts");
      exit(
        await probeCommand(
          { ...options, dump, json: !!json, listen: !!listen, ...(port && { port }), lang },
          streams,
        ),
      );
    });
}

function wholeSeconds(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 1 || Number(text) > secondsMax) {
    throw new InvalidArgumentError(`Allowed choices are 1 to ${secondsMax}.`);
  }
  return Number(text);
}
