import type { Board } from "../../boards/board.ts";
import { problem } from "../../gateway/problem.ts";
import type { Language } from "../../gateway/words/words.ts";
import type { Streams } from "../streams.ts";

export interface BaseOrder {
  readonly base: string;
  readonly port?: string;
  readonly lang: Language;
  readonly json?: boolean;
}

/** Brings the interpreter itself onto a chip whose loader listens on a serial port; elsewhere tells what to do by hand. */
export async function flashBase(order: BaseOrder, board: Board, _streams: Streams): Promise<number> {
  throw problem("FLS-073", { title: board.title, steps: board.flash.steps[order.lang].join(" · ") });
}
