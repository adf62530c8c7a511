/** The shipped gateway as its own process: started, killed without warning, started again, asked how it is. */
import { type ChildProcess, spawn } from "node:child_process";
import { until } from "../programs.ts";

export interface GatewayHealth {
  readonly up: boolean;
  readonly spoolBytes: number;
  readonly spoolCapacity: number;
  readonly sinkConnected: boolean;
  /** Refused messages by reason, since the street began, over all starts of the gateway. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface GatewayOptions {
  /** Path of the built hasen.mjs. */
  readonly program: string;
  readonly config: string;
  readonly healthPort: number;
  /** Last lines of its log, for the summary when it does not come up. */
  readonly onLog: (line: string) => void;
  /** A program with its arguments to start it under, such as strace; it has to become the gateway itself. */
  readonly under?: readonly string[];
}

export class GatewayProcess {
  readonly #options: GatewayOptions;
  #child: ChildProcess | null = null;
  /** Refusals counted by starts that are over. */
  readonly #earlier = new Map<string, number>();
  #current = new Map<string, number>();
  #health: GatewayHealth = { up: false, spoolBytes: 0, spoolCapacity: 0, sinkConnected: false, refused: {} };

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** Resolves when its health page answers; rejects with its last words when it ends instead. */
  async start(): Promise<void> {
    const { program, config, under = [] } = this.#options;
    const [command, ...args] = [...under, process.execPath, program, "gateway", "--config", config];
    const child = spawn(command, [...args, "--log-format", "json"], { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    const began = performance.now();
    let last = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      last = text.trim().split("\n").at(-1) ?? last;
      text
        .split("\n")
        .filter((line) => line !== "")
        .forEach(this.#options.onLog);
    });
    await until("the gateway answers", async () => {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`the gateway ended: ${last}`);
      }
      // Asking takes its time from the start, so not before it says that it is there.
      const soon = last.includes(": ready") || performance.now() - began > 1000;
      return soon && (await this.#ask()) !== null;
    });
  }

  /** Null while it does not run. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Ends it as a power cut ends a process: no signal it could answer. */
  async kill(): Promise<void> {
    await this.health();
    await this.#end("SIGKILL");
    for (const [reason, count] of this.#current) {
      this.#earlier.set(reason, (this.#earlier.get(reason) ?? 0) + count);
    }
    this.#current = new Map();
  }

  /** Ends it in order: it flushes and writes its cursors. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** How it is now; what was last known while it does not answer. */
  async health(): Promise<GatewayHealth> {
    const metrics = await this.#ask();
    if (metrics === null) {
      this.#health = { ...this.#health, up: false, sinkConnected: false };
      return this.#health;
    }
    this.#current = new Map(
      [...metrics.matchAll(/^dreihasen_messages_rejected_total\{reason="([^"]+)"\} (\d+)/gm)].map((match) => [
        match[1],
        Number(match[2]),
      ]),
    );
    const refused = new Map(this.#earlier);
    for (const [reason, count] of this.#current) {
      refused.set(reason, (refused.get(reason) ?? 0) + count);
    }
    this.#health = {
      up: true,
      spoolBytes: value(metrics, "dreihasen_spool_bytes"),
      spoolCapacity: value(metrics, "dreihasen_spool_capacity_bytes"),
      sinkConnected: value(metrics, "dreihasen_sink_connected") === 1,
      refused: Object.fromEntries([...refused].filter(([, count]) => count > 0)),
    };
    return this.#health;
  }

  async #ask(): Promise<string | null> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.#options.healthPort}/metrics`, {
        signal: AbortSignal.timeout(1000),
      });
      return answer.ok ? await answer.text() : null;
    } catch {
      return null;
    }
  }

  /** Whether it runs: it was started, and nobody has ended it. */
  get running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Whether it was ended by a signal that it could not answer. */
  get killed(): boolean {
    return this.#child?.signalCode === "SIGKILL";
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill(signal);
      await exited;
    }
  }
}

function value(metrics: string, name: string): number {
  const match = new RegExp(`^${name}(?:\\{[^}]*\\})? ([0-9.e+]+)`, "m").exec(metrics);
  return match === null ? 0 : Number(match[1]);
}
