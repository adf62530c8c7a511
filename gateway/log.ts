/** The gateway's log: one line per event, JSON for machines or a short form for a terminal. */
import pino from "pino";

export interface Log {
  debug(fields: LogFields, event: string): void;
  info(fields: LogFields, event: string): void;
  warn(fields: LogFields, event: string): void;
  error(fields: LogFields, event: string): void;
  /** The same log with fields that every line carries. */
  child(fields: LogFields): Log;
}

export type LogFields = Readonly<Record<string, unknown>>;

export interface LogOptions {
  readonly format: "json" | "human";
  readonly level?: "debug" | "info" | "warn" | "error" | "silent";
  /** Where lines go; standard error by default, because standard output is for data. */
  readonly destination?: { write(line: string): unknown };
  readonly color?: boolean;
}

/** Names under which something secret could come into a line; at any of the first three depths they are blanked. */
const secretNames = ["root", "key", "password", "passwordText", "secret", "token", "psk"];
const lineMax = 4096; // characters: one event may not fill the journal

/** Makes the log. Writes synchronously, so the last line before an exit is there. */
export function createLog(options: LogOptions): Log {
  const destination = options.destination ?? pino.destination({ fd: 2, sync: true });
  return pino(
    {
      level: options.level ?? "info",
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths(), censor: "[secret]" },
      messageKey: "event",
    },
    options.format === "json" ? destination : humanStream(destination, options.color ?? false),
  );
}

/** A log that says nothing, for tests and for commands that only look. */
export function silentLog(): Log {
  return pino({ level: "silent" });
}

function secretPaths(): string[] {
  return secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
}

/** `12:00:01 warn  link serial-0: 3 frames lost  device=pb-rathaus-meter-017` */
export function humanLine(json: string, color: boolean): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(json);
  } catch {
    return json;
  }
  const { level, time, event, ...rest } = fields;
  const clock = String(time).slice(11, 19);
  const details = Object.entries(rest).map(([name, value]) => `${name}=${plain(value)}`);
  const said = oneLine([plain(event), ...details].join("  "));
  return `${clock} ${tinted(String(level).padEnd(5), String(level), color)} ${said}`;
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : String(JSON.stringify(value));
}

/** A device's or broker's words may hold anything: nothing of them may move the cursor or start a new line. */
function oneLine(text: string): string {
  return text.slice(0, lineMax).replace(/\p{Cc}/gu, " ");
}

const tints: Readonly<Record<string, string>> = { debug: "90", info: "36", warn: "33", error: "31" };

function tinted(text: string, level: string, color: boolean): string {
  const tint = tints[level];
  return color && tint !== undefined ? `\u001b[${tint}m${text}\u001b[0m` : text;
}

function humanStream(destination: { write(line: string): unknown }, color: boolean) {
  return { write: (json: string) => void destination.write(humanLine(json, color) + "\n") };
}
