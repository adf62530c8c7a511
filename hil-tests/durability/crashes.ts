/** Lives of one gateway, each ended by a kill at another of its system calls; after each, all it owes is looked for. */
import { seededRandom } from "../../gateway/spool/simulated-disk.ts";
import { until } from "../programs.ts";
import { Hall } from "./hall.ts";
import { type Injection, suffering } from "./strace.ts";

/** Calls by which a gateway changes what is on disk: their shares of the points, and up to which one of a life. */
const calls = [
  { call: "pwrite64", share: 7, most: 40 },
  { call: "fdatasync", share: 7, most: 40 },
  { call: "write", share: 2, most: 200 },
  { call: "fsync", share: 2, most: 4 },
  { call: "rename", share: 1, most: 1 },
  { call: "unlink", share: 1, most: 1 },
].flatMap((call) => Array<typeof call>(call.share).fill(call));

/** So many points to be killed at, as the dice say. */
export function killPoints(count: number, seed: number): Injection[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const { call, most } = calls[Math.floor(random() * calls.length)];
    return { call, when: 1 + Math.floor(random() * most), effect: "kill" };
  });
}

export interface Crashes {
  /** What was wrong after which point. */
  readonly wrong: readonly string[];
  /** Points at which the process really ended. */
  readonly reached: number;
  readonly acknowledged: number;
  readonly duplicates: number;
}

/**
 * One gateway, killed and started again at each point; at the end it lives, and everything must arrive. The devices send on until it
 * is gone, and again what was acknowledged already.
 */
export async function crash(points: readonly Injection[]): Promise<Crashes> {
  const hall = await Hall.open();
  const wrong: string[] = [];
  let reached = 0;
  try {
    for (const point of points) {
      if (await hall.start({ under: suffering(point) })) {
        hall.replaySome();
        for (const more = hall.acknowledged + messagesMax; hall.running && hall.acknowledged < more; ) {
          hall.send(5);
          await until("messages are acknowledged", () => !hall.running || hall.done, patience);
        }
      }
      reached += hall.running ? 0 : 1;
      await hall.kill();
      const found = await hall.check();
      wrong.push(...found.map((what) => `${point.call} ${point.when}: ${what}`));
    }
    await hall.start();
    hall.replaySome();
    await until("everything is acknowledged", () => hall.done, patience);
    await until("everything has arrived", () => hall.arrived, patience);
    await hall.stop();
    wrong.push(...(await hall.check()), ...hall.truth.violations());
    return { wrong, reached, acknowledged: hall.acknowledged, duplicates: hall.truth.duplicates };
  } finally {
    await hall.close();
  }
}

/** Where a point is not reached. */
const messagesMax = 400;
export const patience = 60_000;
