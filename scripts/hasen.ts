/** `hasen`: one command for technicians and operators. Every command loads only what it needs. */
import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { ProblemError, problem, renderProblem } from "../gateway/problem.ts";
import { type Language, language } from "../gateway/words/words.ts";
import { addBuild } from "./build-command.ts";
import { addConsole } from "./console-command.ts";
import { addFlash } from "./flash-command.ts";
import { type Example, helpIn, withExamples } from "./help.ts";
import { addProbe } from "./probe-command.ts";
import { addSimulate } from "./simulate-command.ts";
import type { SpoolOrder } from "./spool.ts";
import type { Streams } from "./streams.ts";
import { missing, usageProblem } from "./usage.ts";

declare const __DREIHASEN_VERSION__: string | undefined;

/** What `hasen --version` says; the build fills it in. */
export const version = typeof __DREIHASEN_VERSION__ === "string" ? __DREIHASEN_VERSION__ : packageVersion();

const exitUsage = 64;
const configOption = "--config <file>";

/** Runs one command line, without `node` and the script's name; resolves with the exit code. */
export async function hasen(args: readonly string[], streams: Streams): Promise<number> {
  let exit = 0;
  const program: Command = commands(
    streams,
    (code) => {
      exit = code;
    },
    () => askedLanguage(program, args),
  );
  try {
    await program.parseAsync([...args], { from: "user" });
    return exit;
  } catch (error) {
    const wrong = error instanceof CommanderError ? usageProblem(error) : error;
    if (wrong === null) {
      return error instanceof CommanderError && error.exitCode === 0 ? 0 : exitUsage;
    }
    return tell(wrong, askedLanguage(program, args), streams);
  }
}

/** Shows any failure as a problem; what is none is a mistake of ours and says so. */
export function tell(error: unknown, lang: Language, streams: Streams): number {
  const problems = error instanceof AggregateError ? error.errors : [error];
  const color = "isTTY" in streams.stderr && streams.stderr.isTTY === true && !process.env["NO_COLOR"];
  let exit = 0;
  for (const one of problems) {
    const shown =
      one instanceof ProblemError
        ? one
        : problem("BUG-001", { reason: one instanceof Error ? one.message : String(one) });
    streams.stderr.write(`${renderProblem(shown, { lang, color })}\n`);
    exit = exit === 0 ? shown.exit : exit;
  }
  return exit;
}

/** Every command; `asked` tells the language of its help. */
export function commands(streams: Streams, exit: (code: number) => void, asked: () => Language): Command {
  const program = new Command("hasen")
    .configureHelp(helpIn(asked))
    .description(
      "From the meter's optical head to the city's broker: authenticated, buffered, nothing lost unnamed.",
    )
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .addOption(new Option("--lang <language>", "language of what people read").choices(["de", "en"]))
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
      outputError: () => {}, // usageProblem says it, in the person's language
    })
    .showSuggestionAfterError(true);
  withExamples(program, asked, programExamples);
  addDecode(program, streams, { exit, asked });
  addGateway(program, streams, { exit, asked });
  addDevice(program, streams, { exit, asked });
  addProbe(program, streams, { exit, asked });
  addGaps(program, streams, { exit, asked });
  addSimulate(program, streams, { exit, asked });
  addSpool(program, streams, { exit, asked });
  addBuild(program, asked, async (order, run) =>
    exit(await run({ ...order, lang: asked(), version }, streams)),
  );
  addFlash(program, asked, async (options) => {
    const { flashCommand } = await import("./flash/flash.ts");
    exit(await flashCommand({ ...options, lang: asked(), version }, streams));
  });
  addConsole(program, asked, async (action, options) => {
    const { consoleCommand } = await import("./flash/ask.ts");
    exit(await consoleCommand({ ...options, action, lang: asked() }, streams));
  });
  return program;
}

/** What commands share: where their exit code goes, and the language of their help. */
interface Shared {
  readonly exit: (code: number) => void;
  readonly asked: () => Language;
}

const programExamples = [
  ["hasen decode sml capture.bin", "read a recorded meter line"],
  ["hasen probe /dev/ttyUSB0", "find out what speaks on a line"],
  ["hasen device new pb-rathaus-meter-017 --config gateway.yaml", "make a device and its keys"],
  ["hasen device run --config device.yaml", "read the meter, send to the gateway"],
  ["hasen flash --board puck-js --installation pole-17.yaml", "build a board's firmware and bring it there"],
  ["hasen gateway --config gateway.yaml", "receive, keep, forward"],
] as const;

interface DecodeOptions {
  readonly explain?: boolean;
  readonly json?: boolean;
  readonly hex?: boolean;
  readonly key?: string;
  readonly auth?: string;
  readonly mac?: string;
  readonly map?: string;
  readonly salvage?: boolean;
  readonly correctSigns?: boolean;
  readonly receiver?: string;
}

function addDecode(program: Command, streams: Streams, { exit, asked }: Shared): void {
  command(program, "decode <protocol> [file]", asked, [
    ["hasen decode sml capture.bin", "one line of JSON for each telegram"],
    ["hasen decode sml --hex telegrams.txt", "one telegram a line, as hexadecimal text"],
    ["hasen decode sml --explain capture.bin", "what every byte means"],
    ["cat /dev/ttyUSB0 | hasen decode sml -", "a live line"],
  ])
    .description("Turn a meter's bytes into readings, as NDJSON on stdout.")
    .option("--hex", "the input is text with one telegram per line, in hexadecimal")
    .option("--key <hex>", "key of encrypted telegrams")
    .option("--auth <hex>", "authentication key of encrypted DLMS telegrams")
    .option("--mac <hex>", "address of the sensor that sent encrypted BTHome data")
    .option("--receiver <name>", "of wireless meters: whose frames the telegrams are in, e.g. im871a")
    .option("--map <meter>", "name the registers of this Modbus meter, e.g. sdm630")
    .option(
      "--salvage",
      "SML on a bad line: also whole messages of telegrams that are damaged, marked as salvaged",
    )
    .option("--no-correct-signs", "SML: leave the wrong sign of power of DZG DVS74 meters as it is sent")
    .option("--explain", "for people: every byte with its meaning, in place of the readings")
    .option("--json", "with --explain: as JSON lines")
    .action(async (protocol: string, file: string | undefined, options: DecodeOptions) => {
      const { decodeCommand } = await import("./decode.ts");
      const lang = asked();
      exit(
        await decodeCommand({ ...options, protocol, input: file ?? "-", hex: !!options.hex, lang }, streams),
      );
    });
}

function addGateway(program: Command, streams: Streams, { exit, asked }: Shared): void {
  command(program, "gateway", asked, [
    ["hasen gateway --config gateway.yaml --check", "validate the config, start nothing"],
    ["hasen gateway --config gateway.yaml", "run until SIGTERM or Ctrl-C"],
  ])
    .description("Receive from devices, keep on disk, forward to the city.")
    .option(configOption, "the gateway's config (YAML)")
    .option("--check", "only validate the config and the registry")
    .option("--json", "with --check: the result as JSON")
    .addOption(new Option("--log-format <format>", "form of the log lines").choices(["json", "human"]))
    .action(
      async (options: { config?: string; check?: boolean; json?: boolean; logFormat?: "json" | "human" }) => {
        const config = needed(options.config, configOption);
        const { gatewayCommand } = await import("./gateway.ts");
        exit(await gatewayCommand({ ...options, config, lang: asked(), version }, streams));
      },
    );
}

function addGaps(program: Command, streams: Streams, { exit, asked }: Shared): void {
  command(program, "gaps", asked, [
    ["hasen gaps --config gateway.yaml", "which messages are missing, device by device"],
  ])
    .description("Ask the running gateway what is missing; exit 1 when something is.")
    .option(configOption, "the gateway's config (YAML)")
    .option("--json", "the gaps as JSON")
    .action(async (options: { config?: string; json?: boolean }) => {
      const config = needed(options.config, configOption);
      const { gapsCommand } = await import("./gaps.ts");
      exit(await gapsCommand({ ...options, config, lang: asked() }, streams));
    });
}

function addDevice(program: Command, streams: Streams, { exit, asked }: Shared): void {
  const device = command(program, "device", asked, [
    ["hasen device new pb-rathaus-meter-017 --config gateway.yaml", "make a device and its keys"],
    ["hasen device run --config device.yaml", "run the firmware on this computer"],
  ]).description("Make, run and retire devices.");
  command(device, "run", asked, [["hasen device run --config device.yaml", "run until SIGTERM or Ctrl-C"]])
    .description("Run the firmware on a Raspberry Pi or any Linux computer.")
    .option(configOption, "the device's config (YAML)")
    .option("--check", "only validate the config")
    .action(async (options: { config?: string; check?: boolean }) => {
      const config = needed(options.config, configOption);
      const { deviceRunCommand } = await import("./device-run.ts");
      exit(await deviceRunCommand({ ...options, config, lang: asked(), version }, streams));
    });
  for (const [name, description, example] of [
    ["new", "Make a device: a random key, the gateway's entry, the device's file.", "pb-rathaus-meter-017"],
    ["replace", "Give a device new keys; the old ones are refused at once.", "pb-rathaus-meter-017"],
    ["revoke", "Refuse a device from now on.", "pb-rathaus-meter-017"],
  ] as const) {
    const sub = command(device, `${name} <name>`, asked, [
      [`hasen device ${name} ${example} --config gateway.yaml`, "as it runs"],
    ])
      .description(description)
      .option(configOption, "the gateway's config (YAML): where its registry is")
      .option("--json", "the result as JSON, on the last line of stdout");
    if (name !== "revoke") {
      sub.option("--out <folder>", "where the device's files go", ".");
    }
    if (name === "new") {
      sub.option("--urn <urn>", "full device URN; default urn:dev:ops:<name>");
      sub.addOption(
        new Option("--alg <algorithm>", "envelope: ccm encrypts, hmac only authenticates")
          .choices(["ccm", "hmac"])
          .default("ccm"),
      );
    }
    sub.action(
      async (
        short: string,
        options: { config?: string; json?: boolean; out?: string; urn?: string; alg?: "ccm" | "hmac" },
      ) => {
        const config = needed(options.config, configOption);
        const { deviceCommand } = await import("./device.ts");
        exit(await deviceCommand({ ...options, config, action: name, name: short, lang: asked() }, streams));
      },
    );
  }
}

function addSpool(program: Command, streams: Streams, { exit, asked }: Shared): void {
  const spool = command(program, "spool", asked, [
    ["hasen spool status --config gateway.yaml", "how full, how far each sink is behind"],
    ["hasen spool tail --config gateway.yaml --follow", "the newest messages, and those that come"],
    ["hasen spool verify --config gateway.yaml", "read everything, name what is damaged"],
    ["hasen spool export --config gateway.yaml --from '2 h' > records.ndjson", "records as lines"],
  ]).description("Look at what waits on the disk, also while the gateway runs. Changes nothing.");
  const action = (name: SpoolOrder["action"], example: string, description: string): Command =>
    command(spool, name, asked, [[`hasen spool ${name} --config gateway.yaml`, example]])
      .description(description)
      .requiredOption("--config <file>", "the gateway's config (YAML): where its spool is")
      .action(async (options: Omit<SpoolOrder, "action" | "lang">) => {
        const { spoolCommand } = await import("./spool.ts");
        exit(await spoolCommand({ ...options, action: name, lang: asked() }, streams));
      });
  action(
    "status",
    "as it runs",
    "How full it is, how far each sink is behind, what it cost the card.",
  ).option("--json", "the figures as JSON");
  action("tail", "the last ten messages", "The newest messages.")
    .option("--lines <count>", "how many messages", "10")
    .option("--follow", "go on with those that come, until Ctrl-C")
    .option("--json", "one message a line, with its records, as JSON");
  action(
    "verify",
    "exit code 1 when something is damaged",
    "Read everything and name what does not hold.",
  ).option("--json", "the findings as JSON");
  action("export", "everything", "Records and gaps as NDJSON, one a line, as the file sink writes them.")
    .option("--from <time>", "not what came before: 2026-11-23, 2026-11-23T14:00:00Z, or '2 h' ago")
    .option("--to <time>", "only what came before")
    .option("--device <name>", "only this device")
    .option("--json", "the same: it is JSON already");
}

/** A command whose help starts with examples. */
function command(parent: Command, usage: string, asked: () => Language, lines: readonly Example[]): Command {
  const made = parent.command(usage).helpCommand(false).showSuggestionAfterError(true);
  return withExamples(made, asked, lines);
}

/** The language that is asked for; the option may stand behind a mistake, or behind --help. */
function askedLanguage(program: Command, args: readonly string[]): Language {
  const line = args.join(" ");
  return language(
    process.env,
    program.opts<{ lang?: string }>().lang ?? /(?:^| )--lang[ =](de|en)(?: |$)/.exec(line)?.[1],
  );
}

/** What was given for an option that a command cannot do without. Unknown options are told first: they may be the same, misspelt. */
function needed(value: string | undefined, wanted: string): string {
  if (value === undefined) {
    throw missing(wanted);
  }
  return value;
}

function packageVersion(): string {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}

/** Whether this file is what node was started with, as the built hasen.mjs is. */
if (typeof __DREIHASEN_VERSION__ === "string") {
  const { stdin, stdout, stderr } = process;
  // A reader that goes away early (`| head`) is no error.
  stdout.on("error", () => process.exit(0));
  process.exitCode = await hasen(process.argv.slice(2), { stdin, stdout, stderr });
}
