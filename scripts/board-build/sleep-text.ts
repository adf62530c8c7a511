/** The text of a board that sleeps deeply between its ticks, and why one may not. */
import type { Board } from "../../boards/board.ts";
import type { BoardSettings } from "../../firmware/board-installation.ts";
import { serialPorts } from "../../firmware/board-link.ts";
import { type ProblemError, problem } from "../../gateway/problem.ts";
import type { Word } from "../../gateway/words/words.ts";

export interface SleepText {
  readonly imports: string;
  /** A statement before the link. */
  readonly make: string;
  /** Expressions around the link and the tick. */
  link(made: string): string;
  tick(made: string): string;
}

const awake: SleepText = { imports: "", make: "", link: (made) => made, tick: (made) => made };

export function sleepText({ deepSleep }: Pick<BoardSettings, "deepSleep">): SleepText {
  return deepSleep
    ? {
        imports: 'import { deepSleep } from "./boards/platforms/espruino-sleep.ts";',
        make: "const sleep = deepSleep(clock);",
        link: (made) => `sleep.link(${made})`,
        tick: (made) => `sleep.tick(${made})`,
      }
    : awake;
}

interface SleepOrder {
  readonly board: Board;
  readonly settings: BoardSettings;
  readonly file: string;
}

export function sleepProblems({ board, settings, file }: SleepOrder): ProblemError[] {
  const reason = settings.deepSleep ? sleepless(board, settings) : null;
  return reason === null
    ? []
    : [problem("BLD-077", { board: board.title, reason: { word: reason } }, { where: `${file}: deepSleep` })];
}

function sleepless(board: Board, { link, sensors, lean }: BoardSettings): Word["word"] | null {
  if (board.deepSleep !== true) {
    return "build.sleepsAlone";
  }
  if (link.kind !== "serial" || sensors.some(({ port }) => serialPorts.includes(port))) {
    return "build.sleepDeaf";
  }
  return lean ? "build.sleepLean" : null;
}
