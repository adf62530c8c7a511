// `npm run nightly`: the durability tests at full length, on the built gateway. As root, or power cuts are left out.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildAll, bundle } from "./build.mjs";

export default async function (args, { root }) {
  await buildAll();
  await bundle({ entry: "hil-tests/durability/nightly.ts", name: "nightly" });
  const run = spawnSync(process.execPath, [join(root, "dist", "nightly.mjs"), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  process.exit(run.status ?? 1);
}
