import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../hil-tests/programs.ts";
import type { Bench } from "./bench.ts";
import { hasenProgram } from "./hasen-program.ts";
import { median } from "./runner.ts";

const readyWithin = 30_000; // ms
const helpRounds = 5;

/** From the start of the process to the first answer of /healthz: a gateway that hears MQTT and keeps a spool it has had before. */
export const start: Bench = {
  name: "start",
  unit: "ms",
  peer: null,
  lessIsBetter: true,
  prepare: async () => {
    const folder = mkdtempSync(join(tmpdir(), "hasen-bench-start-"));
    return {
      ours: () => readyAfter(folder),
      theirs: null,
      extra: () => ({
        "hasen --help": Math.round(median(Array.from({ length: helpRounds }, helpTakes))),
        "node -e 0": Math.round(median(Array.from({ length: helpRounds }, nodeTakes))),
      }),
      close: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};

async function readyAfter(folder: string): Promise<number> {
  const ports = { devices: await freePort(), health: await freePort() };
  const config = join(folder, "gateway.yaml");
  writeFileSync(config, configText(ports), { mode: 0o600 });
  const begun = performance.now();
  const child = spawn(process.execPath, [hasenProgram, "gateway", "--config", config], { stdio: "ignore" });
  try {
    while (!(await answers(ports.health))) {
      if (child.exitCode !== null || performance.now() - begun > readyWithin) {
        throw new Error(`the gateway is not ready after ${Math.round(performance.now() - begun)} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return performance.now() - begun;
  } finally {
    await stop(child);
  }
}

function configText(ports: { readonly devices: number; readonly health: number }): string {
  return [
    "version: 1",
    "deployment: bench",
    "gateway: bench",
    "spool: { folder: ./spool, bytes: 64 MiB }",
    "devices: ./devices.d",
    `links: [{ kind: mqtt, listen: "127.0.0.1:${ports.devices}" }]`,
    "sinks: [{ kind: file, name: notebook, path: ./records.ndjson }]",
    `health: { listen: "127.0.0.1:${ports.health}" }`,
    "",
  ].join("\n");
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path: "/healthz", agent: false }, (response) => {
      response.resume();
      resolve(true);
    });
    request.once("error", () => resolve(false));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await exited;
  }
}

function helpTakes(): number {
  return runTakes([hasenProgram, "--help"]);
}

/** What an empty program takes: the part of it that is not ours. */
function nodeTakes(): number {
  return runTakes(["-e", "0"]);
}

function runTakes(args: readonly string[]): number {
  const begun = performance.now();
  spawnSync(process.execPath, args, { stdio: "ignore" });
  return performance.now() - begun;
}
