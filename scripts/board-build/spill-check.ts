/** Whether a board has room for what its outbox shall spill. */
import type { Board } from "../../boards/board.ts";
import { type ProblemError, problem } from "../../gateway/problem.ts";
import type { Word } from "../../gateway/words/words.ts";
import { slotReserve } from "./budget.ts";
import type { EntryOrder } from "./entry-text.ts";
import { spillStorage } from "./spill-text.ts";

type SpillOrder = EntryOrder & { readonly file: string };

/** Pages are used in turn: while one is erased another must hold what waits. */
const pagesLeast = 2;

/** Nothing, or the problem. `bytes`: of the bundle, 0 before it is built. */
export function spillProblems(order: SpillOrder, bytes: number, among: readonly Board[]): ProblemError[] {
  const reason = order.settings.outbox.spill === undefined ? null : unspillable(order, order.board, bytes);
  if (reason === null) {
    return [];
  }
  const able = among.filter((board) => unspillable(order, board, bytes) === null);
  const parameters = { board: order.board.title, reason, boards: able.map(({ name }) => name).join(", ") };
  return [problem("BLD-075", parameters, { where: `${order.file}: outbox.spill` })];
}

function unspillable(order: SpillOrder, board: Board, bytes: number): Word | null {
  const asked = order.settings.outbox.spill?.bytes ?? 0;
  const { spill } = board;
  if (order.settings.lean) {
    return { word: "build.spillLean" };
  }
  if (spill === undefined) {
    return { word: "build.noSpill" };
  }
  if (asked < pagesLeast * spill.page) {
    return { word: "build.spillPages", parameters: { least: (pagesLeast * spill.page) / 1024 } };
  }
  const room = spill.area === "free" ? spill.length : board.storage - 2 * (bytes + slotReserve);
  const needed = spill.area === "free" ? asked : spillStorage(order, board);
  return needed <= room
    ? null
    : {
        word: "build.spillRoom",
        parameters: { needed: Math.ceil(needed / 1024), left: Math.max(0, Math.floor(room / 1024)) },
      };
}
