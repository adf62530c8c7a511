import { problem } from "../../gateway/problem.ts";
import type { say, WordKey } from "../../gateway/words/words.ts";
import { ConsoleLine } from "./console-line.ts";
import { NoAnswer, Repl } from "./repl.ts";
import { SerialWire } from "./serial-wire.ts";
import { consoleProblem } from "./session.ts";

export interface ConsoleOrder {
  readonly port: string;
  readonly baud: number;
  readonly password: string | null;
  /** How long a board that says nothing may take, s; the person is asked to press its reset button. */
  readonly silence?: number;
  readonly tell: (key: WordKey, values?: Parameters<typeof say>[2]) => void;
}

const silenceUsual = 60; // s
/** Before the person is asked to do something, ms. */
const firstTry = 3000;

/** Opens a port and wakes the board behind it. Rejects with the problem. */
export async function openConsole(order: ConsoleOrder): Promise<{ repl: Repl; line: ConsoleLine }> {
  const { port, baud, tell } = order;
  const wire = new SerialWire(port, baud);
  const line = new ConsoleLine(wire);
  const repl = new Repl(line, order.password);
  await wire.open();
  try {
    await repl.wake(firstTry).catch(async (error: unknown) => {
      const seconds = order.silence ?? silenceUsual;
      if (!(error instanceof NoAnswer) || seconds <= 0) {
        throw error;
      }
      tell("flash.silent", { port, seconds });
      await repl.wake(seconds * 1000);
    });
    return { repl, line };
  } catch (error) {
    await line.close();
    throw error instanceof NoAnswer
      ? problem("FLS-075", { port }, { where: port })
      : consoleProblem(error, port);
  }
}
