import { join } from "node:path";
import { problem } from "./problem.ts";
import { takeLock } from "./spool/lock.ts";
import { problemOfSystemError } from "./system-error.ts";

/** How long a change waits for another program's, ms. */
const lockPatience = 10_000;

/** Takes the folder's lock, waiting a while for whoever has it; gives what releases it. */
export async function lockFolder(folder: string): Promise<() => void> {
  const start = performance.now();
  for (;;) {
    let lock: ReturnType<typeof takeLock>;
    try {
      lock = takeLock(join(folder, ".lock"));
    } catch (error) {
      throw problemOfSystemError(error, folder);
    }
    if ("release" in lock) {
      const held = lock;
      return () => held.release();
    }
    if (performance.now() - start > lockPatience) {
      throw problem("DEV-076", { folder, pid: lock.pid, seconds: lockPatience / 1000 }, { where: folder });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
