// `npm run nightly`: the durability tests at full length, on the built gateway (as root, or power cuts are left out), then `fuzz`: a
// million inputs for every decoder. `npm run nightly -- durability ...` or `-- fuzz ...` runs one of them, with its options.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildAll, bundle } from "./build.mjs";

const proofs = ["durability", "fuzz"];

export default async function (args, { root }) {
  const [first, ...rest] = args;
  const named = proofs.includes(first);
  const chosen = named ? [first] : args.length > 0 ? ["durability"] : proofs;
  await buildAll();
  let status = 0;
  for (const proof of chosen) {
    await bundle({ entry: `hil-tests/${proof}/nightly.ts`, name: "nightly" });
    const run = spawnSync(process.execPath, [join(root, "dist", "nightly.mjs"), ...(named ? rest : args)], {
      cwd: root,
      stdio: "inherit",
    });
    status = run.status === 0 ? status : (run.status ?? 1);
  }
  process.exit(status);
}
