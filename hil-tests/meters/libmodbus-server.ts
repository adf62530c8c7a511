import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { has } from "../programs.ts";

const source = new URL("modbus-server.c", import.meta.url).pathname;

/** Whether this machine can build it: a compiler, and the headers of libmodbus-dev. */
export const hasLibmodbus = has("gcc") && existsSync("/usr/include/modbus/modbus.h");

/** libmodbus' own server, compiled here, on a port of loopback or a serial line. */
export interface LibmodbusServer {
  close(): Promise<void>;
}

export async function libmodbusServer(kind: "tcp" | "rtu", place: string): Promise<LibmodbusServer> {
  const folder = mkdtempSync(join(tmpdir(), "modbus-server-"));
  const program = join(folder, "modbus-server");
  const built = spawnSync(
    "gcc",
    ["-O1", "-I/usr/include/modbus", "-o", program, source, "-lmodbus", "-lpthread"],
    {
      encoding: "utf8",
    },
  );
  if (built.status !== 0) {
    throw new Error(`gcc: ${built.stderr}`);
  }
  const server = spawn(program, [kind, place], { stdio: ["pipe", "pipe", "inherit"] });
  await ready(server);
  return {
    close: async () => {
      const exited = new Promise<void>((resolve) => server.once("exit", () => resolve()));
      server.stdin?.end();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    server.stdout?.once("data", () => {
      server.removeAllListeners("exit");
      resolve();
    });
  });
}

/** Two pseudo-terminals that are each other's line. */
export interface TerminalPair {
  readonly paths: readonly [string, string];
  close(): Promise<void>;
}

export async function terminalPair(): Promise<TerminalPair> {
  const socat = spawn("socat", ["-d", "-d", "PTY,raw,echo=0", "PTY,raw,echo=0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const paths = await new Promise<[string, string]>((resolve, reject) => {
    let said = "";
    socat.once("error", reject);
    socat.once("exit", () => reject(new Error(`socat: ${said}`)));
    socat.stderr?.on("data", (chunk) => {
      said += String(chunk);
      const found = [...said.matchAll(/PTY is (\S+)\s/g)].map(([, path]) => path!);
      if (found.length === 2) {
        resolve([found[0]!, found[1]!]);
      }
    });
  });
  return {
    paths,
    close: () =>
      new Promise((resolve) => {
        socat.removeAllListeners("exit");
        socat.once("exit", () => resolve());
        socat.kill("SIGTERM");
      }),
  };
}
