import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "../durable-file.ts";
import { problem } from "../problem.ts";
import { problemOfSystemError } from "../system-error.ts";

/** The highest key number there is (WIRE: 16 bits). */
export const kidMax = 65535;
/** Numbers of earlier keys that are kept with a device; older ones are refused as unknown instead of revoked. */
export const revokedMax = 256;

/**
 * Gives the next key number of a folder, on disk before it is used, so that a number is never given twice: not after a revoke, nor
 * after a power cut. `highest` is the highest number the entries name. Needs the folder's lock.
 */
export async function nextKid(folder: string, highest: number): Promise<number> {
  const file = join(folder, "last-kid");
  const kid = Math.max(await lastKid(file, highest), highest) + 1;
  if (kid > kidMax) {
    throw problem("DEV-069", {}, { where: folder });
  }
  await writeDurably(file, `${kid}\n`, 0o600);
  return kid;
}

async function lastKid(file: string, highest: number): Promise<number> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return 0;
    }
    throw problemOfSystemError(error, file);
  }
  const number = /^\s*(\d{1,5})\s*$/.exec(text);
  if (number === null || Number(number[1]) > kidMax) {
    throw problem("DEV-068", { file, kid: highest }, { where: file });
  }
  return Number(number[1]);
}
