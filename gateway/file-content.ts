/** Small files that a config names, read whole. */
import { readFile } from "node:fs/promises";
import { problemOfSystemError } from "./system-error.ts";

/** Its bytes; rejects with a ProblemError that names it. */
export async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw problemOfSystemError(error, path);
  }
}

/** The same for a certificate or key: bytes that are no PEM text are an Error that says so, as Node would pass them over. */
export async function pemOf(path: string): Promise<Buffer> {
  const bytes = await contentOf(path);
  if (!bytes.includes("-----BEGIN ")) {
    throw new Error(`${path} is not PEM text: it has no line that starts with -----BEGIN`);
  }
  return bytes;
}
