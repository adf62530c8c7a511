import { readFile } from "node:fs/promises";
import { problemOfSystemError } from "../../gateway/system-error.ts";

/** The first line of a file that nobody else needs to see on a command line. */
export async function passwordIn(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw problemOfSystemError(error, file);
  });
  return text.split(/\r?\n/, 1)[0] ?? "";
}
