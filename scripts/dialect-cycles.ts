/** Files that import each other in a circle: one of them would run before what it needs. */
import type { Metafile } from "esbuild";

/** Each circle once, as the files in it, beginning with the one whose import closes it. */
export function importCycles(inputs: Metafile["inputs"]): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      cycles.push([...path.slice(at)].reverse());
      return;
    }
    if (!done.has(file)) {
      for (const { path: next } of inputs[file]?.imports ?? []) {
        visit(next, [...path, file]);
      }
      done.add(file);
    }
  };
  for (const file of Object.keys(inputs)) {
    visit(file, []);
  }
  return cycles;
}
