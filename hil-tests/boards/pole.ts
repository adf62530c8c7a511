import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The example of a pole in a folder, with a key of its own; gives the file's name. */
export function poleIn(folder: string): string {
  const file = join(folder, "pole-17.yaml");
  copyFileSync(new URL("../../firmware/pole.example.yaml", import.meta.url), file);
  const key = [
    "version: 1",
    "deployment: paderborn",
    "device: urn:dev:ops:pb-pole-17",
    "kid: 17",
    "alg: ccm",
    'key: "00070e151c232a31383f464d545b6269"',
    "",
  ].join("\n");
  writeFileSync(join(folder, "pb-pole-17.key.yaml"), key, { mode: 0o600 });
  return file;
}
