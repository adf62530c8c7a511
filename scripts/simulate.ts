/** `hasen simulate`: a simulated meter that speaks real bytes, at a pseudo-terminal of its own or at a serial port. */
import { SerialPort } from "serialport";
import { problem } from "../gateway/problem.ts";
import { diagnosePort } from "../gateway/serial-port.ts";
import { type Language, say } from "../gateway/words/words.ts";
import { airSimulators } from "../hil-tests/meters/air-sensor.ts";
import { openLine } from "../hil-tests/meters/line.ts";
import { LineMeter, type MeterLine } from "../hil-tests/meters/line-meter.ts";
import { noisy } from "../hil-tests/meters/noise.ts";
import type { Simulator } from "../hil-tests/meters/simulator.ts";
import { simulators } from "../hil-tests/meters/simulators.ts";
import { checkPort } from "./port-check.ts";
import { askedToStop, profileOf, type SimulateOrder } from "./simulate-order.ts";
import type { Streams } from "./streams.ts";

/** Runs until Ctrl-C, or for one telegram; resolves with 0, rejects with the problems. */
export async function simulateCommand(order: SimulateOrder, streams: Streams): Promise<number> {
  const air = airSimulators.find(({ language }) => language === order.language);
  if (air !== undefined) {
    const { simulateAir } = await import("./simulate-air.ts"); // looks for python
    return simulateAir(air, order, streams);
  }
  if (order.language === "lorawan") {
    const { simulateLorawan } = await import("./simulate-lorawan.ts");
    return simulateLorawan(order, streams);
  }
  const simulator = simulators.find(({ language }) => language === order.language);
  if (simulator === undefined) {
    const named = [...airSimulators, ...simulators].map(({ language }) => language);
    const allowed = [...named, "lorawan"].sort();
    throw problem("USE-002", { option: "<language>", value: order.language, allowed });
  }
  const profile = profileOf(simulator.profiles, order);
  return order.once ? once(simulator, profile, order, streams) : speak(simulator, profile, order, streams);
}

async function once(
  simulator: Simulator,
  profile: string,
  order: SimulateOrder,
  streams: Streams,
): Promise<number> {
  const telegram = simulator.create({ profile, seed: order.seed }).telegram();
  if (telegram === null) {
    throw problem("SIM-064", { language: simulator.language, profile });
  }
  const bytes = noisy(telegram, { seed: order.seed, kind: "loss", rate: order.noise });
  if (order.port === undefined) {
    streams.stdout.write(bytes);
    return 0;
  }
  const line = await portLine(order.port, lineOf(simulator, order));
  line.write(bytes);
  await line.close();
  return 0;
}

async function speak(
  simulator: Simulator,
  profile: string,
  order: SimulateOrder,
  streams: Streams,
): Promise<number> {
  const { baud, form } = lineOf(simulator, order);
  const line =
    order.port === undefined ? await terminalLine(baud) : await portLine(order.port, { baud, form });
  const { noise: rate, seed, speed, lang } = order;
  const meter = new LineMeter(line, simulator.create({ profile, seed }), {
    period: simulator.period,
    speed,
    noise: { rate, seed },
  });
  try {
    tell(
      simulator,
      { profile, path: line.path, line: `${baud} ${form}`, lang, made: order.port === undefined },
      streams,
    );
    await askedToStop(order.stop);
    return 0;
  } finally {
    meter.end();
    await line.close();
  }
}

function tell(
  simulator: Simulator,
  words: {
    readonly profile: string;
    readonly path: string;
    readonly line: string;
    readonly lang: Language;
    readonly made: boolean;
  },
  streams: Streams,
): void {
  const { language, profiles, decode } = simulator;
  const { path, lang, profile, line, made } = words;
  const asks = simulator.create({ profile, seed: 1 }).telegram() === null;
  const needs = typeof decode === "string" ? decode : decode(profile);
  const example = [`hasen decode ${language}`, needs, path].filter((part) => part !== "").join(" ");
  const more = simulator.settings?.(profile) ?? "";
  const keys = [`language: ${language}`, `port: ${path}`, ...(more === "" ? [] : [more]), "interval: 1 s"];
  const config = `meters: [{ name: pb-test-meter-1, ${keys.join(", ")} }]`;
  const sentences = [
    say(lang, asks ? "simulate.waits" : "simulate.speaks", { language, profile, path, line }),
    ...(made
      ? [say(lang, asks ? "simulate.tryGateway" : "simulate.tryDecode", { example, config, path })]
      : []),
    say(lang, "simulate.others", { profiles: profiles.join(", ") }),
    say(lang, "simulate.end"),
  ];
  streams.stderr.write(`${sentences.join("\n")}\n`);
  streams.stdout.write(`${path}\n`);
}

interface OpenLine extends MeterLine {
  readonly path: string;
  close(): Promise<void>;
}

async function terminalLine(baud: number): Promise<OpenLine> {
  const line = await openLine({ baud });
  if (line.kind === "memory") {
    throw problem("SIM-069", {});
  }
  return line;
}

function lineOf({ line }: Simulator, { baud }: SimulateOrder): { baud: number; form: string } {
  return { baud: baud ?? line.baud, form: line.form };
}

/** Bits of "8N1", "7E1". */
function bitsOf(form: string) {
  const parities = { N: "none", E: "even" } as const;
  return {
    dataBits: form.startsWith("7") ? 7 : 8,
    parity: parities[form.charAt(1) as keyof typeof parities],
    stopBits: 1,
  } as const;
}

/** A serial port, as the meter's end of its line. What is said at another speed is said at that, and the line goes back to its own. */
async function portLine(path: string, { baud, form }: { baud: number; form: string }): Promise<OpenLine> {
  await checkPort(path, baud);
  const port = new SerialPort({ path, baudRate: baud, ...bitsOf(form), autoOpen: false });
  port.on("error", () => undefined);
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(error) : resolve()));
  }).catch(async (error) => {
    throw await diagnosePort(path, error);
  });
  let turn = Promise.resolve();
  const line: OpenLine = {
    path,
    onRequest: null,
    write: (bytes, speed = baud) => {
      turn = turn.then(() => sent(port, bytes, speed === baud ? null : { speed, own: baud }));
    },
    close: async () => {
      await turn;
      await new Promise<void>((resolve) => port.close(() => resolve()));
    },
  };
  port.on("data", (bytes: Buffer) => line.onRequest?.(bytes));
  return line;
}

async function sent(
  port: SerialPort,
  bytes: Uint8Array,
  change: { readonly speed: number; readonly own: number } | null,
): Promise<void> {
  if (change !== null) {
    await new Promise<void>((resolve) => port.update({ baudRate: change.speed }, () => resolve()));
  }
  port.write(bytes);
  await new Promise<void>((resolve) => port.drain(() => resolve()));
  if (change !== null) {
    await new Promise<void>((resolve) => port.update({ baudRate: change.own }, () => resolve()));
  }
}
