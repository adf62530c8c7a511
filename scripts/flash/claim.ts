/**
 * Which board has whose keys. Two boards under one key would send the same message numbers, and under AES-CCM that gives both messages away;
 * so a note beside the key file, or beside the bundle, says on which board they are, and no other gets them.
 */
import { readFile, writeFile } from "node:fs/promises";
import { shortName } from "../../gateway/config/forms.ts";
import { problem } from "../../gateway/problem.ts";
import { problemOfSystemError } from "../../gateway/system-error.ts";

export interface Keys {
  readonly device: string;
  readonly kid: number;
  /** The note lies beside this file. */
  readonly file: string;
}

/** What a note says: `serial` is the chip's own number. */
interface Note {
  readonly device: string;
  readonly kid: number;
  readonly serial: string;
}

/** The chip that has these keys; null where none has them yet. */
export async function boardOfKeys(keys: Keys): Promise<string | null> {
  const path = pathOf(keys);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const { code } = error as { readonly code?: unknown };
    if (code === "ENOENT") {
      return null;
    }
    throw problemOfSystemError(error, path);
  });
  if (text === null) {
    return null;
  }
  const note = noteIn(text);
  if (note === null) {
    return "?";
  }
  // New keys of the same device (`hasen device replace`) are nobody's yet.
  return note.device === keys.device && note.kid === keys.kid ? note.serial : null;
}

/** Notes that this chip has the keys, or rejects because another one has them. */
export async function claim(keys: Keys, serial: string, onlyLook: boolean): Promise<void> {
  const holder = await boardOfKeys(keys);
  if (holder !== null && holder !== serial) {
    const words = { device: shortName(keys.device), holder, note: pathOf(keys) };
    throw problem("FLS-081", words, { where: keys.file });
  }
  if (holder === null && !onlyLook) {
    const note: Note = { device: keys.device, kid: keys.kid, serial };
    await writeFile(pathOf(keys), `${JSON.stringify(note)}\n`).catch((error: unknown) => {
      throw problemOfSystemError(error, pathOf(keys));
    });
  }
}

function pathOf({ file }: Keys): string {
  return `${file}.board`;
}

/** Null where it cannot be read any more: then it stands for a board that nobody knows. */
function noteIn(text: string): Note | null {
  try {
    const { device, kid, serial } = JSON.parse(text);
    return { device: String(device), kid: Number(kid), serial: String(serial) };
  } catch {
    return null;
  }
}
