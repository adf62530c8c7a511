import { type ChildProcessByStdio, spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { programPath } from "../programs.ts";

export type LineKind = "socat" | "python3" | "memory";

/** A serial line with a reader's end that has a path, as a USB optical head has one. */
export interface Line {
  /** What a reader opens, e.g. /dev/pts/3; for kind "memory" a mere name. */
  readonly path: string;
  readonly kind: LineKind;
  /** Sends bytes to the reader, in order; what exceeds `queueMax` waiting bytes is lost, as on a line. */
  write(bytes: Uint8Array): void;
  /** Kind "memory": who gets the bytes, in place of an open path. */
  onBytes: ((bytes: Uint8Array) => void) | null;
  /** Who gets what the reader sends: a meter that answers requests. */
  onRequest: ((bytes: Uint8Array) => void) | null;
  /** Bytes that found no room. */
  readonly lost: number;
  /** Ends the line and the program behind it. */
  close(): Promise<void>;
}

export interface LineOptions {
  /** Without it: socat where it is installed, else python3, else memory. */
  readonly kind?: LineKind;
  /** False: bytes go at once. Else as a line carries them. */
  readonly paced?: boolean;
  readonly baud?: number;
}

/** Bytes that may wait: some seconds of a line at 9600 baud. */
const queueMax = 8192;
const tick = 20; // ms
/** Start bit, eight data bits, stop bit. */
const bitsPerByte = 10;
const startMax = 5000; // ms

/**
 * A line at 9600 baud 8N1 unless told otherwise: a pseudo-terminal behind a helper program, or memory where there is none. The helper
 * lives on our pipe: it ends when we close the line and when we are killed.
 */
export async function openLine(options: LineOptions = {}): Promise<Line> {
  const kind =
    options.kind ?? (programPath("socat") ? "socat" : programPath("python3") ? "python3" : "memory");
  const baud = options.baud ?? 9600;
  const end = kind === "memory" ? memoryEnd() : await terminalEnd(kind, baud);
  let lost = 0;
  const send = (bytes: Uint8Array) => {
    lost += end.send(bytes) ? 0 : bytes.length;
  };
  const pacer = options.paced === false ? null : new Pacer(baud / bitsPerByte, send);
  const line: Line = {
    path: end.path,
    kind,
    onBytes: null,
    onRequest: null,
    get lost() {
      return lost;
    },
    write: (bytes) => {
      if (pacer === null) {
        send(bytes);
      } else if (!pacer.write(bytes)) {
        lost += bytes.length;
      }
    },
    close: async () => {
      pacer?.stop();
      await end.close();
    },
  };
  end.attach(line);
  return line;
}

interface End {
  readonly path: string;
  /** False where there is no room. */
  send(bytes: Uint8Array): boolean;
  attach(line: Line): void;
  close(): Promise<void>;
}

let memoryLines = 0;

function memoryEnd(): End {
  let line: Line | null = null;
  return {
    path: `memory:${++memoryLines}`,
    send: (bytes) => {
      line?.onBytes?.(bytes);
      return true;
    },
    attach: (to) => {
      line = to;
    },
    close: async () => {
      line = null;
    },
  };
}

type Helper = ChildProcessByStdio<Writable, Readable, Readable>;

/** One pseudo-terminal: what goes into the helper's standard input comes out at `path`, and the other way round. */
async function terminalEnd(kind: "socat" | "python3", baud: number): Promise<End> {
  const helper = spawn(programPath(kind)!, helperArguments(kind, baud), {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exited = new Promise<void>((resolve) => helper.once("exit", () => resolve()));
  helper.on("error", () => undefined);
  helper.stdin.on("error", () => undefined);
  const path = await pathOf(helper, kind);
  // A terminal nobody has open ends the helper; held open here, it outlives a reader that comes and goes.
  const held = openSync(path, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
  return {
    path,
    send: (bytes) => {
      const room = helper.stdin.writable && helper.stdin.writableLength < queueMax;
      if (room) {
        helper.stdin.write(bytes);
      }
      return room;
    },
    attach: (line) => {
      helper.stdout.on("data", (bytes: Buffer) => line.onRequest?.(bytes));
    },
    close: async () => {
      helper.stdin.destroy();
      helper.kill("SIGTERM");
      await exited;
      closeSync(held);
    },
  };
}

function helperArguments(kind: "socat" | "python3", baud: number): string[] {
  return kind === "socat" ? ["-d", "-d", "STDIO", `PTY,raw,echo=0,b${baud}`] : ["-c", pythonHelper];
}

/** Says its terminal as socat does. A full terminal loses bytes, since nobody reads. */
const pythonHelper = `
import os, pty, select, sys, tty
master, slave = pty.openpty()
tty.setraw(slave)
os.set_blocking(master, False)
sys.stderr.write("PTY is " + os.ttyname(slave) + "\\n")
sys.stderr.flush()
while True:
    ready = select.select([0, master], [], [])[0]
    if master in ready:
        os.write(1, os.read(master, 4096))
    if 0 in ready:
        data = os.read(0, 4096)
        if not data:
            break
        try:
            os.write(master, data)
        except BlockingIOError:
            pass
`;

/** The path the helper names on its standard error. */
function pathOf(helper: Helper, kind: LineKind): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (why: string) => {
      clearTimeout(timer);
      helper.kill("SIGKILL");
      reject(new Error(`${kind} gave no pseudo-terminal: ${why}`));
    };
    const timer = setTimeout(() => fail(`nothing within ${startMax} ms`), startMax);
    helper.once("error", (error) => fail(error.message));
    helper.once("exit", () => fail(said.trim()));
    helper.stderr.on("data", (chunk: Buffer) => {
      said = (said + String(chunk)).slice(-2000);
      const path = /PTY is (\S+)\s/.exec(said)?.[1];
      if (path !== undefined) {
        clearTimeout(timer);
        resolve(path);
      }
    });
  });
}

/** Lets bytes out as fast as the line carries them, in the small pieces in which an adapter hands them over. */
class Pacer {
  private readonly bytesPerMs: number;
  private readonly send: (bytes: Uint8Array) => void;
  private queue: Uint8Array[] = [];
  private waiting = 0;
  private timer: NodeJS.Timeout | null = null;
  private since = 0;
  private credit = 0;

  constructor(bytesPerSecond: number, send: (bytes: Uint8Array) => void) {
    this.bytesPerMs = bytesPerSecond / 1000;
    this.send = send;
  }

  /** False where there is no room. */
  write(bytes: Uint8Array): boolean {
    if (this.waiting + bytes.length > queueMax) {
      return false;
    }
    this.queue.push(Uint8Array.from(bytes));
    this.waiting += bytes.length;
    if (this.timer === null) {
      this.since = performance.now();
      this.credit = 0;
      this.timer = setInterval(() => this.letOut(), tick);
    }
    return true;
  }

  stop(): void {
    if (this.timer !== null) {
      clearInterval(this.timer);
      this.timer = null;
    }
    this.queue = [];
    this.waiting = 0;
  }

  private letOut(): void {
    const now = performance.now();
    this.credit += (now - this.since) * this.bytesPerMs;
    this.since = now;
    let count = Math.min(Math.floor(this.credit), this.waiting);
    this.credit -= count;
    while (count > 0) {
      const first = this.queue[0]!;
      const part = first.subarray(0, count);
      if (part.length === first.length) {
        this.queue.shift();
      } else {
        this.queue[0] = first.subarray(part.length);
      }
      count -= part.length;
      this.waiting -= part.length;
      this.send(part);
    }
    if (this.waiting === 0) {
      this.stop();
    }
  }
}
