import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { until } from "../../hil-tests/programs.ts";
import { FolderWatch } from "./folder-watch.ts";

const endings: (() => void)[] = [];

afterEach(() => {
  for (const end of endings.splice(0).reverse()) {
    end();
  }
});

function watched() {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-watch-"));
  endings.push(() => rmSync(folder, { recursive: true, force: true }));
  const state = { changes: 0 };
  const watch = new FolderWatch(folder, () => state.changes++);
  endings.push(() => watch.close());
  return { folder, state };
}

/** Nothing was told for more than two looks. */
function quietFor(milliseconds: number, state: { readonly changes: number }): () => boolean {
  let since = performance.now();
  let before = state.changes;
  return () => {
    if (state.changes !== before) {
      before = state.changes;
      since = performance.now();
    }
    return performance.now() - since > milliseconds;
  };
}

it("a folder in which nothing happens is looked at, and nothing is told", async () => {
  const { state } = watched();
  await until("it is quiet", quietFor(2500, state));
  const before = state.changes;
  await until("it stays quiet", quietFor(2500, state));
  expect(state.changes).toBe(before);
});

it.each<[string, (folder: string) => void]>([
  ["a new file", (folder) => writeFileSync(join(folder, "b"), "2")],
  ["a file put in another's place", (folder) => renameSync(join(folder, "c"), join(folder, "a"))],
  ["other content", (folder) => writeFileSync(join(folder, "a"), "3")],
  ["other rights", (folder) => chmodSync(join(folder, "a"), 0o600)],
])("%s is told", async (_name, change) => {
  const { folder, state } = watched();
  writeFileSync(join(folder, "a"), "1");
  writeFileSync(join(folder, "c"), "1");
  await until("what was before is told", quietFor(1500, state));
  const before = state.changes;
  change(folder);
  await until("it is told", () => state.changes > before, 3000);
});
