/** `hasen gateway`: check the config, or run until somebody says stop. */
import { askSystemClock } from "../boards/platforms/linux-clock.ts";
import { type GatewayConfig, readGatewayConfig } from "../gateway/config.ts";
import { createLog, silentLog } from "../gateway/log.ts";
import { checkParts, startGateway } from "../gateway/main.ts";
import { checkMeters } from "../gateway/meters/meters.ts";
import { type ProblemError, problemText, renderProblem } from "../gateway/problem.ts";
import { DeviceRegistry } from "../gateway/registry/registry.ts";
import { diagnosePort } from "../gateway/serial-port.ts";
import { type Language, say } from "../gateway/words/words.ts";
import { fitRuntime } from "./gateway-runtime.ts";
import type { Streams } from "./streams.ts";

export interface GatewayOrder {
  readonly config: string;
  readonly check?: boolean;
  readonly json?: boolean;
  readonly logFormat?: "json" | "human";
  readonly lang: Language;
  readonly version: string;
}

/** Resolves with the exit code: after the check, or when the gateway has stopped. Rejects with a ProblemError. */
export async function gatewayCommand(order: GatewayOrder, streams: Streams): Promise<number> {
  const config = await readGatewayConfig(order.config);
  if (Array.isArray(config)) {
    return report(config, order, streams);
  }
  if (order.check === true) {
    const registry = await DeviceRegistry.open(config.devices);
    const found = [
      ...checkParts(config, silentLog()),
      ...registry.problems(),
      ...(await checkMeters(config.meters, registry)),
      ...(await checkPorts(config)),
    ];
    return report(found, order, streams);
  }
  const started = fitRuntime();
  const terminal = "isTTY" in streams.stderr && streams.stderr.isTTY === true;
  const log = createLog({
    format: order.logFormat ?? (terminal ? "human" : "json"),
    level: config.log.level,
    color: terminal && !process.env["NO_COLOR"],
    destination: streams.stderr,
  });
  const asked = askedToStop();
  const gateway = await startGateway({
    config,
    log,
    version: order.version,
    askClock: askSystemClock,
    // The firmware, its drivers and their ports are loaded only for a gateway that reads meters itself.
    ...(config.meters.length > 0 && { meter: (await import("./gateway-meters.ts")).meterMaker(order) }),
  });
  started();
  const signal = await asked;
  log.info({ signal }, `gateway: ${signal}, stopping`);
  await gateway.stop();
  return 0;
}

/** Serial ports that the config names and that are not there, or not for this user. One that is in use may be in use by the gateway. */
async function checkPorts({ links, meters }: GatewayConfig): Promise<ProblemError[]> {
  const named = [
    ...links.flatMap((link) => (link.kind === "serial" ? [link.port] : [])),
    ...meters.map(({ port }) => port).filter((port) => port.startsWith("/")),
  ];
  // A meter's port may be something else, such as a broker's URL.
  const ports = [...new Set(named)].filter((port) => port.startsWith("/"));
  const found = await Promise.all(ports.map((port) => diagnosePort(port)));
  return found.filter(({ code }) => code !== "SER-074" && code !== "SER-075");
}

/** The first SIGTERM or Ctrl-C. A second one ends the process as usual: whoever asks twice means it. */
function askedToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const listener = (signal: NodeJS.Signals): void => {
      process.removeListener("SIGTERM", listener);
      process.removeListener("SIGINT", listener);
      resolve(signal);
    };
    process.on("SIGTERM", listener);
    process.on("SIGINT", listener);
  });
}

/** Shows what a check found; 0 when it found nothing, else the first problem's exit code. */
function report(problems: readonly ProblemError[], order: GatewayOrder, streams: Streams): number {
  const color = "isTTY" in streams.stderr && streams.stderr.isTTY === true && !process.env["NO_COLOR"];
  for (const one of problems) {
    streams.stderr.write(`${renderProblem(one, { lang: order.lang, color })}\n`);
  }
  if (order.json === true) {
    streams.stdout.write(
      `${JSON.stringify({ problems: problems.map((one) => problemText(one, order.lang)) })}\n`,
    );
  } else if (problems.length === 0 && order.check === true) {
    streams.stdout.write(`${say(order.lang, "label.configGood", { file: order.config })}\n`);
  }
  return problems[0]?.exit ?? 0;
}
