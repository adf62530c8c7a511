import { stat } from "node:fs/promises";
import { problem } from "../gateway/problem.ts";
import { problemOfSystemError } from "../gateway/system-error.ts";

/** A key that others can read is not used. */
export async function checkSecret(path: string): Promise<void> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw problem("FIL-078", { path, mode: (mode & 0o777).toString(8) }, { where: path });
    }
  } catch (error) {
    throw problemOfSystemError(error, path);
  }
}
