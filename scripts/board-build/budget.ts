import type { Board } from "../../boards/board.ts";

/** What a bundle may take of a board. */
export interface Budget {
  readonly bytes: number;
  readonly variables: number;
}

/**
 * Of the storage a half less a page, so that two slots and the files of epochs fit beside each other; of the variables all but a twelfth,
 * which is for the interpreter itself, its console and the loader.
 */
export function budgetOf(board: Board): Budget {
  return {
    bytes: Math.floor(board.storage / 2) - slotReserve,
    variables: Math.floor((board.variables * 11) / 12),
  };
}

/** What `lean: true` promises: more than this is not lean, whatever room the board has. */
export const leanMark: Budget = { bytes: 8192, variables: 900 };

/** Of each half: the files of epochs, the loader, heads of files. */
export const slotReserve = 1024;
