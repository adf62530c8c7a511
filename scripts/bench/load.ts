import { type ChildProcess, fork } from "node:child_process";
import type { LineOrder, LoadAnswer, LoadOrder, PayloadKind, Sent } from "./load-order.ts";

/** What starts the load generator instead of the benches (run.ts). */
export const loadArgument = "--load-generator";
const answerWithin = 180_000; // ms

/** The load generator, in a process of its own: the same for a gateway and for its peers. */
export class Load {
  readonly #child: ChildProcess;

  static async start(port: number, lines: readonly LineOrder[]): Promise<Load> {
    const load = new Load();
    await load.#order({ type: "connect", port, lines });
    return load;
  }

  private constructor() {
    this.#child = fork(process.argv[1], [loadArgument], { serialization: "advanced", execArgv: [] });
  }

  /** Makes the messages of the next run; `lines` where not all are to send. */
  async load(each: number, payload: PayloadKind, lines?: number): Promise<void> {
    await this.#order({ type: "load", each, payload, ...(lines !== undefined && { lines }) });
  }

  /** Sends what is loaded, as fast as the windows allow or at a rate; resolves when the last PUBACK is there. */
  async send(perSecond?: number): Promise<Sent> {
    const { sent } = await this.#order({ type: "send", ...(perSecond !== undefined && { perSecond }) });
    return sent!;
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }

  #order(order: LoadOrder): Promise<LoadAnswer> {
    return new Promise((resolve, reject) => {
      const end = (error: Error | null, answer: LoadAnswer): void => {
        clearTimeout(timer);
        this.#child.removeListener("message", take);
        this.#child.removeListener("exit", gone);
        error === null ? resolve(answer) : reject(error);
      };
      const timer = setTimeout(() => end(new Error(`no answer to ${order.type}`), {}), answerWithin);
      const gone = () => end(new Error("the load generator ended"), {});
      const take = (answer: LoadAnswer) =>
        end(answer.error === undefined ? null : new Error(answer.error), answer);
      this.#child.once("message", take);
      this.#child.once("exit", gone);
      this.#child.send(order);
    });
  }
}
