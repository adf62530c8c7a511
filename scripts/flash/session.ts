import type { Board } from "../../boards/board.ts";
import { boards } from "../../boards/index.ts";
import { type ProblemError, problem } from "../../gateway/problem.ts";
import { BoardConsole } from "./board-console.ts";
import { askStatus, type BoardStatus } from "./board-status.ts";
import { Locked, NoAnswer, Refused, type Repl } from "./repl.ts";
import { type Image, type UploadEvents, type Uploaded, upload } from "./upload.ts";

/** Tries of a whole upload within one command: a board that started anew meanwhile goes on where it stopped. */
const sessionsMax = 3;

/** The board that answers; rejects where it is another one than asked for. */
export async function identifyBoard(repl: Repl, board: Board, port: string): Promise<void> {
  const { board: build } = repl.identity;
  if (board.builds?.includes(build) !== true) {
    const found = boards.find(({ builds }) => builds?.includes(build) === true);
    throw problem("FLS-065", { port, found: found?.name ?? build, board: board.name }, { where: port });
  }
}

/** Brings the program onto the board, in as many sessions as it takes. */
export async function flashBoard(repl: Repl, image: Image, events: UploadEvents): Promise<Uploaded> {
  for (let sessions = 1; ; sessions++) {
    try {
      const board = new BoardConsole(repl);
      await board.prepare();
      return await upload(board, image, events);
    } catch (error) {
      if (!isInterruption(error) || sessions === sessionsMax) {
        throw consoleProblem(error, image.where);
      }
      await repl.wake().catch((silence: unknown) => {
        throw consoleProblem(silence, image.where);
      });
    }
  }
}

/** Waits until the board says that its program is confirmed; gives what it said last, null where it said nothing. */
export async function awaitConfirmation(
  repl: Repl,
  slot: number,
  seconds: number,
): Promise<BoardStatus | null> {
  let last: BoardStatus | null = null;
  for (let left = seconds * 1000; left > 0; left -= pollEvery) {
    try {
      await repl.wake(pollEvery);
      last = await askStatus(repl);
      if (last.slots[slot]?.confirmed === true) {
        break;
      }
    } catch (error) {
      if (error instanceof Locked || !isInterruption(error)) {
        break;
      }
    }
    await repl.rest(pollEvery);
  }
  repl.lock();
  return last;
}

const pollEvery = 2000; // ms

function isInterruption(error: unknown): boolean {
  return error instanceof NoAnswer || error instanceof Refused;
}

/** What went wrong at a console, for people. */
export function consoleProblem(error: unknown, port: string): ProblemError | unknown {
  if (error instanceof Locked) {
    return problem("FLS-077", { port }, { where: port });
  }
  return isInterruption(error) ? problem("FLS-069", { port }, { where: port }) : error;
}
