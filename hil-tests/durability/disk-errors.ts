/** Lives of one gateway whose disk fails for a while: it has to stay up, say so, and go on when the disk does. */
import { seededRandom } from "../../gateway/spool/simulated-disk.ts";
import { until } from "../programs.ts";
import { patience } from "./crashes.ts";
import { Hall } from "./hall.ts";
import { type Injection, suffering } from "./strace.ts";

/** Calls before this one belong to the start, where an error may end it with a sentence. */
const afterStart = 12;

/** So many failures of some calls in a row, as the dice say. */
export function errorPoints(count: number, seed: number): Injection[] {
  const random = seededRandom(seed);
  const one = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
  return Array.from({ length: count }, () => ({
    call: one(["pwrite64", "fdatasync"]),
    when: afterStart + Math.floor(random() * 20),
    effect: one(["EIO", "ENOSPC", "EROFS"] as const),
    times: one([1, 1, 2, 3]),
  }));
}

/** Suffers each point in a life of its own; gives what was wrong after which. */
export async function sufferErrors(points: readonly Injection[]): Promise<string[]> {
  const hall = await Hall.open();
  const wrong: string[] = [];
  try {
    for (const point of points) {
      const { call, when, effect } = point;
      const tell = (what: string): number => wrong.push(`${effect} at ${call} ${when}: ${what}`);
      await hall.start({ under: suffering(point) });
      for (let rounds = 0; rounds < roundsMax && hall.running && !saysSo(hall); rounds++) {
        hall.send(5);
        await until("all is acknowledged", () => !hall.running || hall.done, patience);
      }
      if (!hall.running) {
        tell("the gateway ended");
      } else if (!saysSo(hall)) {
        tell("the gateway does not say so");
      }
      await hall.kill();
      (await hall.check()).forEach(tell);
    }
    await hall.start();
    await until("everything has arrived", () => hall.done && hall.arrived, patience);
    wrong.push(...hall.truth.violations());
    return wrong;
  } finally {
    await hall.close();
  }
}

/** Whether its log tells of the spool's disk, or of the file sink's. */
function saysSo({ log }: Hall): boolean {
  return log.some((line) =>
    /"level":"(error|warn)".*(spool: .* takes no more|spool: how far the sinks are|city\.ndjson)/.test(line),
  );
}

const roundsMax = 40;
