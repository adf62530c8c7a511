import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { problemOfSystemError } from "./system-error.ts";

/** What temporary files are called: hidden, and with a mark that `clearUnfinished` knows. */
const mark = ".unfinished-";

/**
 * Puts a file in place so that after a power cut at any moment it is the old one or the new one, whole: written beside it, fsynced, renamed,
 * folder fsynced. Rejects with a problem; the old file is untouched then.
 */
export async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}${mark}${randomBytes(6).toString("hex")}`);
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw problemOfSystemError(error, path);
  }
  await syncFolder(folder);
}

/** Makes a folder, and those above it, that only its owner may enter. One that is there is left alone. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) {
      await syncFolder(dirname(folder));
    }
  } catch (error) {
    throw problemOfSystemError(error, folder);
  }
}

/** Removes what a process that was killed left behind. To be called by whoever has the folder to itself. */
export async function clearUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(".") && name.includes(mark)) {
      await unlink(join(folder, name)).catch(() => undefined);
    }
  }
}

/** What the folder names is on disk then: a new file, or one renamed, is found after a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
