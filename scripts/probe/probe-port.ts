import { SerialPort } from "serialport";
import type { Dump } from "./dump.ts";
import type { ProbeOutcome, ProbeStep } from "./outcome.ts";
import type { Probe } from "./probe.ts";
import { isSame, type LineSetting, plain } from "./setting.ts";

export interface PortRun {
  readonly path: string;
  readonly probe: Probe;
  readonly dump: Dump | null;
  /** Ends the probe; what is known so far is the outcome. */
  readonly signal: AbortSignal;
  readonly onTrying: (step: Extract<ProbeStep, { type: "trying" }>, line: LineSetting) => void;
}

/** Lets a probe have a serial port until it is over. Rejects with what the port threw; `gone` for one that was pulled out. */
export async function probePort(run: PortRun): Promise<ProbeOutcome> {
  const host = new Host(run);
  try {
    return await host.run();
  } finally {
    await host.close();
  }
}

/** The port closed by itself. */
export class PortGone extends Error {}

class Host {
  private readonly order: PortRun;
  private port: SerialPort | null = null;
  private line: LineSetting = plain(9600);
  private readonly began = performance.now();
  private steps: ProbeStep[] = [];
  private isWorking = false;
  private timer: NodeJS.Timeout | null = null;
  private settle: { resolve: (outcome: ProbeOutcome) => void; reject: (error: unknown) => void } | null =
    null;

  constructor(run: PortRun) {
    this.order = run;
  }

  run(): Promise<ProbeOutcome> {
    const { probe, signal } = this.order;
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      const stop = () => this.follow(probe.stop(this.now()));
      signal.addEventListener("abort", stop, { once: true });
      this.follow(signal.aborted ? probe.stop(this.now()) : probe.start(this.now()));
    });
  }

  async close(): Promise<void> {
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    await this.closePort();
  }

  private now(): number {
    return performance.now() - this.began;
  }

  private follow(steps: readonly ProbeStep[]): void {
    this.steps.push(...steps);
    if (!this.isWorking) {
      this.isWorking = true;
      this.work().catch((error: unknown) => this.settle?.reject(error));
    }
  }

  /** Does the steps one after the other; then waits for bytes or for the probe's deadline. */
  private async work(): Promise<void> {
    const { probe } = this.order;
    for (let step = this.steps.shift(); step !== undefined; step = this.steps.shift()) {
      await this.step(step);
    }
    this.isWorking = false;
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    if (probe.outcome !== null) {
      this.settle?.resolve(probe.outcome);
    } else if (probe.deadline !== null) {
      const wait = Math.max(1, probe.deadline - this.now());
      this.timer = setTimeout(() => this.follow(probe.tick(this.now())), wait);
    }
  }

  private async step(step: ProbeStep): Promise<void> {
    if (step.type === "line") {
      await this.set(step.line);
      this.order.dump?.setting(step.line, this.now());
    } else if (step.type === "send") {
      this.order.dump?.sent(step.bytes);
      await this.send(step.bytes);
    } else if (step.type === "trying") {
      this.order.onTrying(step, this.line);
    }
  }

  /** Another speed is set on the open port, and a meter may answer at once; other parity needs it opened anew. */
  private async set(line: LineSetting): Promise<void> {
    const { port } = this;
    const onlyBaud = isSame({ ...this.line, baud: line.baud }, line);
    this.line = line;
    if (port !== null && port.isOpen && onlyBaud) {
      await promised((done) => port.update({ baudRate: line.baud }, done));
    } else {
      await this.closePort();
      await this.open(line);
    }
  }

  private async open({ baud, dataBits, parity, stopBits }: LineSetting): Promise<void> {
    const { path } = this.order;
    const port = new SerialPort({ path, baudRate: baud, dataBits, parity, stopBits, autoOpen: false });
    port.on("data", (bytes: Uint8Array) => this.take(new Uint8Array(bytes), port));
    port.on("error", (error) => this.settle?.reject(error));
    port.on("close", () => {
      if (this.port === port) {
        this.settle?.reject(new PortGone());
      }
    });
    await promised((done) => port.open(done));
    this.port = port;
  }

  private take(bytes: Uint8Array, port: SerialPort): void {
    if (this.port === port) {
      this.order.dump?.heard(bytes);
      this.follow(this.order.probe.push(bytes, this.now()));
    }
  }

  private async send(bytes: Uint8Array): Promise<void> {
    const port = this.port!;
    port.write(Buffer.from(bytes));
    await promised((done) => port.drain(done));
  }

  private async closePort(): Promise<void> {
    const { port } = this;
    this.port = null;
    if (port?.isOpen) {
      await promised((done) => port.close(done)).catch(() => undefined);
    }
  }
}

function promised(act: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => act((error) => (error ? reject(error) : resolve())));
}
