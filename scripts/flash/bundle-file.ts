/** The file of a bundle: what `hasen build` writes and `hasen flash --bundle` reads. Its first line says for which board and device it is. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { problem } from "../../gateway/problem.ts";
import { problemOfSystemError } from "../../gateway/system-error.ts";

/** What the first line says; it does not travel to the board. */
export interface BundleHead {
  readonly board: string;
  readonly device: string;
  /** Of its keys. */
  readonly kid: number;
  readonly firmware: string;
  /** Of the program behind it. */
  readonly sha256: string;
}

const mark = "//dreihasen ";
/** Bytes of a program. */
const programMax = 256 * 1024;

export function bundleText(
  { board, device, kid, firmware }: Omit<BundleHead, "sha256">,
  program: string,
): string {
  const head: BundleHead = { board, device, kid, firmware, sha256: sha256Of(program) };
  return `${mark}${JSON.stringify(head)}\n${program}`;
}

/** The program and what it is for; rejects with the problem where the file is no bundle, or not as it was written. */
export async function readBundle(file: string): Promise<{ head: BundleHead; program: string }> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw problemOfSystemError(error, file);
  });
  if (bytes.length === 0 || bytes.length > programMax) {
    throw problem("FLS-067", { file, bytes: bytes.length, most: programMax }, { where: file });
  }
  const text = bytes.toString("latin1");
  const end = text.indexOf("\n");
  const head = text.startsWith(mark) ? headOf(text.slice(mark.length, end)) : null;
  const program = text.slice(end + 1);
  if (head === null || end < 0) {
    throw problem("FLS-080", { file, reason: { word: "flash.noHead" } }, { where: file });
  }
  if (head.sha256 !== sha256Of(program)) {
    throw problem("FLS-080", { file, reason: { word: "flash.changed" } }, { where: file });
  }
  return { head, program };
}

function headOf(text: string): BundleHead | null {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isHead(value) ? value : null;
}

function isHead(value: unknown): value is BundleHead {
  const texts = ["board", "device", "firmware", "sha256"];
  return (
    typeof value === "object" &&
    value !== null &&
    texts.every((key) => typeof Reflect.get(value, key) === "string") &&
    Number.isInteger(Reflect.get(value, "kid"))
  );
}

function sha256Of(program: string): string {
  return createHash("sha256").update(program, "latin1").digest("hex");
}
