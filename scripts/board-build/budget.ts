import type { Board } from "../../boards/board.ts";

/** What a bundle may take of a board. */
export interface Budget {
  readonly bytes: number;
  readonly variables: number;
}

/**
 * Of the storage a half less a page, so that two slots and the files of epochs fit beside each other; of the variables what leaves a
 * seventh for the outbox, for packs and for the interpreter's own work.
 */
export function budgetOf(board: Board): Budget {
  return {
    bytes: Math.floor(board.storage / 2) - slotReserve,
    variables: Math.floor((board.variables * 6) / 7),
  };
}

/** Of each half: the files of epochs, the loader, heads of files. */
export const slotReserve = 1024;
