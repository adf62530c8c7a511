import { resolve } from "node:path";
import type { Plugin } from "esbuild";
import { sourceRoot } from "../source-root.ts";

/** Files for which a board has another that does the same by the interpreter's own means, from the repository's folder on. */
const natives: readonly (readonly [RegExp, string])[] = [
  [/\/byte-text\.ts$/, "boards/platforms/espruino-byte-text.ts"],
];

/** Puts them in each other's place. */
export const nativeParts: Plugin = {
  name: "native parts",
  setup: ({ onResolve }) => {
    for (const [filter, file] of natives) {
      onResolve({ filter }, () => ({ path: resolve(sourceRoot(), file) }));
    }
  },
};
