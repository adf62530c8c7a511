import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder with the sources that a board's bundle is made from: this file's repository, also when it runs from `dist`. */
export function sourceRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "firmware", "device.ts"))) {
    const above = dirname(folder);
    if (above === folder) {
      return folder;
    }
    folder = above;
  }
  return folder;
}
