import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProblemError, problem, problemText } from "../gateway/problem.ts";
import { diagnosePort, listPorts } from "../gateway/serial-port.ts";
import { problemOfSystemError } from "../gateway/system-error.ts";
import type { Language } from "../gateway/words/words.ts";
import { fromHex } from "../protocols/bytes.ts";
import { nodeCiphers } from "../protocols/crypto-node.ts";
import { jsonLine } from "./json-line.ts";
import { checkPort } from "./port-check.ts";
import { Dump } from "./probe/dump.ts";
import { Probe } from "./probe/probe.ts";
import { PortGone, probePort } from "./probe/probe-port.ts";
import { languageTitle, type ReportContext, reportJson, reportLines } from "./probe/report.ts";
import { settingText } from "./probe/setting.ts";
import { say } from "./probe/words.ts";
import type { Streams } from "./streams.ts";

export interface ProbeOrder {
  /** Without it the only one there is. */
  readonly port?: string;
  readonly seconds: number;
  readonly json: boolean;
  /** Only listens. */
  readonly listen: boolean;
  /** A file; true: one in the folder for temporary files; false: none. */
  readonly dump: string | boolean;
  /** In hexadecimal. */
  readonly key?: string;
  readonly auth?: string;
  readonly lang: Language;
}

const exitFound = 0;
const exitUnknown = 1;
const exitNoPort = 66;

/** `hasen probe`: finds out what speaks on a serial port, and says what to do where nothing does. Resolves with the exit code. */
export async function probeCommand(order: ProbeOrder, streams: Streams): Promise<number> {
  const port = order.port ?? (await onlyPort(order, streams));
  if (port === null) {
    return exitNoPort;
  }
  const key = secret("--key", order.key);
  const auth = secret("--auth", order.auth);
  await checkPort(port, 9600);
  const probe = new Probe({
    duration: order.seconds * 1000,
    asks: !order.listen,
    keys: { ciphers: nodeCiphers, key, auth },
  });
  const dump = openDump(order, port);
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    const outcome = await probePort({
      path: port,
      probe,
      dump,
      signal: stopped.signal,
      onTrying: ({ what, language: name }, line) => {
        const gaps = { setting: settingText(line), language: name === null ? "" : languageTitle(name) };
        tell(streams, say(order.lang, `trying.${what}`, gaps));
      },
    });
    const context: ReportContext = {
      port,
      dump: dump !== null && dump.bytes > 0 ? dump.path : null,
      isStopped: stopped.signal.aborted,
      asks: !order.listen,
      hasKey: key !== null,
      lang: order.lang,
    };
    if (order.json) {
      streams.stdout.write(jsonLine(reportJson(outcome, context)));
    } else {
      streams.stdout.write(`${reportLines(outcome, context).map(printable).join("\n")}\n`);
    }
    return outcome.found === null ? exitUnknown : exitFound;
  } catch (error) {
    throw error instanceof ProblemError
      ? error
      : await diagnosePort(port, error instanceof PortGone ? undefined : error);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    dump?.close();
  }
}

/** The only serial port there is; else they are listed, and null. */
async function onlyPort({ lang }: ProbeOrder, streams: Streams): Promise<string | null> {
  const ports = await listPorts();
  if (ports.length === 0) {
    throw problem("SER-067", { port: "/dev/ttyUSB0" });
  }
  if (ports.length === 1) {
    tell(streams, say(lang, "only", { port: ports[0]! }));
    return ports[0]!;
  }
  tell(streams, say(lang, "ports"));
  for (const port of ports) {
    tell(streams, `  ${port}  (${await stateOf(port, lang)})`);
  }
  tell(streams, say(lang, "choose"));
  return null;
}

/** What is known of a port without opening it. */
async function stateOf(port: string, lang: Language): Promise<string> {
  const found = await diagnosePort(port);
  const state = found.code === "SER-074" ? say(lang, "port.free") : problemText(found, lang).what;
  return /\/tty[^/]*$/.test(port) ? `${state}; ${say(lang, "port.passing")}` : state;
}

function openDump({ dump }: ProbeOrder, port: string): Dump | null {
  if (dump === false) {
    return null;
  }
  const now = new Date().toISOString();
  const stamp = now.replace(/\D/g, "").slice(0, 14);
  const path = dump === true ? join(tmpdir(), `hasen-probe-${stamp}-${process.pid}.hex`) : dump;
  try {
    return new Dump(path, `hasen probe ${port}, ${now}`);
  } catch (error) {
    throw problemOfSystemError(error, path);
  }
}

function secret(option: string, text: string | undefined): Uint8Array | null {
  const bytes = text === undefined ? null : fromHex(text);
  if (text !== undefined && bytes === null) {
    throw problem("USE-007", { option });
  }
  return bytes;
}

function tell({ stderr }: Streams, line: string): void {
  stderr.write(`${printable(line)}\n`);
}

/** What a meter sends must not command a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, " ");
}
