import { readFile, stat } from "node:fs/promises";
import { fromHex } from "../../protocols/bytes.ts";
import { problem } from "../problem.ts";
import { problemOfSystemError } from "../system-error.ts";

/** Bytes of a key file that are looked at. */
const keyFileMax = 1024;

/** A meter's key from the first line of its file; rejects with the problem where there is none, or where others may read it. */
export async function readMeterKey(path: string): Promise<Uint8Array> {
  let mode: number;
  let text: string;
  try {
    mode = (await stat(path)).mode & 0o777;
    text = (await readFile(path)).subarray(0, keyFileMax).toString("latin1");
  } catch (error) {
    throw problemOfSystemError(error, path);
  }
  if ((mode & 0o077) !== 0) {
    throw problem("MTR-078", { path, mode: mode.toString(8).padStart(4, "0") }, { where: path });
  }
  const line = text.split(/\r?\n/, 1)[0]!.trim();
  const key = /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/i.test(line) ? fromHex(line) : null;
  if (key === null) {
    throw problem("MTR-066", { path, digits: 32 }, { where: path });
  }
  return key;
}
