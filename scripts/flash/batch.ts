import { stat } from "node:fs/promises";
import { ProblemError, problem, renderProblem } from "../../gateway/problem.ts";
import { listPorts } from "../../gateway/serial-port.ts";
import type { Language, say, WordKey } from "../../gateway/words/words.ts";
import type { Streams } from "../streams.ts";
import { findPort } from "./find-port.ts";
import type { Flashed } from "./flash.ts";

export interface BatchOrder {
  /** The one port that boards are plugged into by turns; without it, any that appears. */
  readonly port?: string;
  readonly baud: number;
  readonly lang: Language;
  readonly json?: boolean;
  readonly stop?: AbortSignal;
}

type Tell = (key: WordKey, values?: Parameters<typeof say>[2]) => void;

const lookEvery = 300; // ms

/** One board after the other, as they are plugged in, until Ctrl-C; 1 where one of them failed. */
export async function batch(
  order: BatchOrder,
  one: (port: string) => Promise<Flashed | null>,
  streams: Streams,
  tell: Tell,
): Promise<number> {
  const ended = new Ended(order.stop);
  let good = 0;
  let bad = 0;
  try {
    for (;;) {
      tell("flash.batchNext");
      const port = await ended.race(plugged(order, ended));
      if (port === null) {
        break;
      }
      const flashed = await ended.race(
        findPort(port, order.baud)
          .then(one)
          .catch((error: unknown) => failure(error)),
      );
      if (flashed === null) {
        break;
      }
      const number = good + bad + 1;
      if (flashed instanceof ProblemError) {
        bad++;
        streams.stderr.write(`${renderProblem(flashed, { lang: order.lang, color: false })}\n`);
        const result = { word: "flash.batchBad", parameters: { code: flashed.code } } as const;
        tell("flash.batchLine", { number, port, result });
      } else {
        good++;
        const { slot, seconds } = flashed;
        tell("flash.batchLine", {
          number,
          port,
          result: { word: "flash.batchGood", parameters: { slot, seconds } },
        });
        streams.stdout.write(order.json === true ? `${JSON.stringify(flashed)}\n` : "");
      }
      tell("flash.batchUnplug");
      await ended.race(unplugged(port, ended));
    }
    tell("flash.batchEnd", { good, bad });
    if (order.json === true) {
      streams.stdout.write(`${JSON.stringify({ good, bad })}\n`);
    }
    return bad > 0 ? 1 : 0;
  } finally {
    ended.forget();
  }
}

function failure(error: unknown): ProblemError {
  return error instanceof ProblemError
    ? error
    : problem("BUG-001", { reason: error instanceof Error ? error.message : String(error) });
}

/** The port of the board that is there, or comes next. */
async function plugged(order: BatchOrder, ended: Ended): Promise<string> {
  const before = order.port === undefined ? await listPorts() : [];
  if (before.length === 1) {
    return before[0] ?? "";
  }
  for (;;) {
    const now =
      order.port === undefined ? await listPorts() : (await isThere(order.port)) ? [order.port] : [];
    const port = now.find((path) => !before.includes(path));
    if (port !== undefined || ended.isOver) {
      return port ?? "";
    }
    await ended.rest(lookEvery);
  }
}

async function unplugged(port: string, ended: Ended): Promise<void> {
  while (!ended.isOver && (await isThere(port))) {
    await ended.rest(lookEvery);
  }
}

function isThere(port: string): Promise<boolean> {
  return stat(port).then(
    () => true,
    () => false,
  );
}

/** The end of a batch: Ctrl-C, or a test's wish. */
class Ended {
  isOver = false;
  readonly #promise: Promise<null>;
  #end: () => void = () => {};
  readonly #onSignal = () => this.#end();

  constructor(stop: AbortSignal | undefined) {
    this.#promise = new Promise((resolve) => {
      this.#end = () => {
        this.isOver = true;
        resolve(null);
      };
    });
    process.once("SIGINT", this.#onSignal);
    process.once("SIGTERM", this.#onSignal);
    stop?.addEventListener("abort", this.#onSignal);
  }

  /** What comes first; null where that is the end. */
  race<T>(work: Promise<T>): Promise<T | null> {
    return Promise.race([work, this.#promise]);
  }

  async rest(duration: number): Promise<void> {
    await this.race(new Promise((resolve) => setTimeout(resolve, duration)));
  }

  forget(): void {
    process.off("SIGINT", this.#onSignal);
    process.off("SIGTERM", this.#onSignal);
  }
}
