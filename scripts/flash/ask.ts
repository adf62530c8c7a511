/** `hasen identify`, `hasen logs`, `hasen device status`: what a board on a cable can be asked. */
import { slotNames } from "../../firmware/slot.ts";
import { ProblemError, problem } from "../../gateway/problem.ts";
import { diagnosePort } from "../../gateway/serial-port.ts";
import { type Language, say, type WordKey } from "../../gateway/words/words.ts";
import type { ConsoleCommandOrder } from "../console-command.ts";
import type { Streams } from "../streams.ts";
import { askStatus, type BoardStatus } from "./board-status.ts";
import { findPort } from "./find-port.ts";
import { LogLines } from "./log-lines.ts";
import { openConsole } from "./open-console.ts";
import { passwordIn } from "./password.ts";
import { passwordOf } from "./programs.ts";
import type { Repl } from "./repl.ts";
import { SerialWire } from "./serial-wire.ts";
import { consoleProblem } from "./session.ts";

/** How long to wait for a board that says nothing, s: longer than one is busy that calls a silent broker (repl.ts). */
const silence = 30;

export async function consoleCommand(order: ConsoleCommandOrder, streams: Streams): Promise<number> {
  const baud = Number(order.baud);
  const port = await findPort(order.port, baud);
  if (order.action === "logs") {
    return logs({ ...order, port, baud }, streams);
  }
  const tell = (key: WordKey, values: Parameters<typeof say>[2] = {}) =>
    void streams.stderr.write(`${say(order.lang, key, values)}\n`);
  const password = await passwordFor(order);
  const { repl, line } = await openConsole({ port, baud, password, silence, tell }).catch(
    (error: unknown) => {
      // On Linux the same line carries messages, not a console.
      throw error instanceof ProblemError && error.code === "FLS-075"
        ? problem("FLS-075", { port }, { where: port, steps: [{ word: "status.linux" }] })
        : error;
    },
  );
  try {
    return order.action === "identify"
      ? await identify(repl, { ...order, port }, streams, tell)
      : await status(repl, { ...order, port }, streams);
  } catch (error) {
    throw consoleProblem(error, port);
  } finally {
    repl.lock();
    await line.close();
  }
}

/** Of a console that is locked: from a file, or that of a device's keys. */
async function passwordFor({ password, installation }: ConsoleCommandOrder): Promise<string | null> {
  if (password !== undefined) {
    return passwordIn(password);
  }
  return installation === undefined ? null : passwordOf(installation);
}

interface At {
  readonly port: string;
  readonly lang: Language;
  readonly seconds?: string;
  readonly json?: boolean;
}

type Tell = (key: WordKey, values?: Parameters<typeof say>[2]) => void;

/** By the firmware where it runs, else by the interpreter, so that a bare board can be found too. */
async function identify(
  repl: Repl,
  { port, seconds, json }: At,
  streams: Streams,
  tell: Tell,
): Promise<number> {
  const duration = Math.min(60, Math.max(1, Number(seconds ?? 10)));
  const halves = 4 * duration;
  const bare = `(function(){var n=${halves},i=setInterval(function(){digitalWrite(LED1,n&1);if(--n<0)clearInterval(i)},250);return 1})()`;
  const blinks = await repl.ask(
    `global.dreihasen?(dreihasen.identify(${1000 * duration}),1):typeof LED1=="undefined"?0:${bare}`,
  );
  if (blinks !== 1) {
    throw problem("FLS-076", { port }, { where: port });
  }
  tell("console.identify", { port, seconds: duration });
  if (json === true) {
    streams.stdout.write(`${JSON.stringify({ port, seconds: duration })}\n`);
  }
  return 0;
}

async function status(repl: Repl, { port, lang, json }: At, streams: Streams): Promise<number> {
  const found = await askStatus(repl);
  // What a gateway's `kind: ble` link wants to know.
  const address = await repl.ask("global.NRF&&NRF.getAddress?NRF.getAddress():null");
  const bluetooth = typeof address === "string" ? { bluetooth: address.toUpperCase() } : {};
  if (json === true) {
    const slots = Object.fromEntries(slotNames.map((name, i) => [name, found.slots[i] ?? null]));
    const { running, device } = found;
    streams.stdout.write(
      `${JSON.stringify({ port, ...repl.identity, ...bluetooth, running, slots, device })}\n`,
    );
    return 0;
  }
  if (found.running === null && found.device === null) {
    throw problem("FLS-076", { port }, { where: port });
  }
  const lines = [...statusLines(found, lang), ...namedLines(bluetooth, lang)];
  streams.stdout.write(lines.join("\n").concat("\n"));
  return 0;
}

/** One line for the slot that runs, then one for each thing the firmware tells. */
function statusLines({ slots, running, device }: BoardStatus, lang: Language): string[] {
  const lines: string[] = [];
  const slot = slots[slotNames.indexOf(running ?? "")];
  if (slot !== null && slot !== undefined && running !== null) {
    const onTrial = slot.starts > 0 ? "status.slotTrial" : "status.slotUnconfirmed";
    const word = slot.confirmed ? "status.slotConfirmed" : onTrial;
    const state = { word, parameters: { starts: slot.starts } } as const;
    lines.push(say(lang, "status.slot", { slot: running, sequence: slot.sequence, state }));
  }
  return [...lines, ...namedLines(device ?? {}, lang)];
}

function namedLines(values: Readonly<Record<string, unknown>>, lang: Language): string[] {
  return Object.entries(values).map(([name, value]) => {
    const shown = typeof value === "object" ? JSON.stringify(value) : String(value);
    return say(lang, "status.line", { name, value: shown });
  });
}

/** Listens, and shows what comes as lines; ends with Ctrl-C, or with the problem where the port is gone. */
async function logs(
  order: At & Pick<ConsoleCommandOrder, "stop"> & { readonly baud: number },
  streams: Streams,
): Promise<number> {
  const { port, baud, json } = order;
  const wire = new SerialWire(port, baud);
  const lines = new LogLines((text) => {
    const time = new Date().toISOString();
    streams.stdout.write(
      json === true ? `${JSON.stringify({ time, text })}\n` : `${time.slice(11, 19)}  ${text}\n`,
    );
  });
  wire.onText((text) => lines.take(text));
  await wire.open();
  streams.stderr.write(`${say(order.lang, "console.listening", { port, baud: String(baud) })}\n`);
  const ended = new Promise<"asked" | "lost">((resolve) => {
    process.once("SIGINT", () => resolve("asked"));
    process.once("SIGTERM", () => resolve("asked"));
    order.stop?.addEventListener("abort", () => resolve("asked"));
    wire.onLost(() => resolve("lost"));
  });
  const reason = await ended;
  lines.end();
  await wire.close();
  if (reason === "lost") {
    throw await diagnosePort(port, new Error("gone"));
  }
  return 0;
}
