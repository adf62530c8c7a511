// Builds what is shipped: dist/hasen.mjs (one file, with the native parts of serialport beside it) and dist/street.mjs, the
// street of `npm start`. The same function builds a task's TypeScript entry for one run.
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

/** Bundles one entry into dist/<name>.mjs. @param {{ entry: string, name: string, external?: string[] }} options */
export async function bundle({ entry, name, external = [] }) {
  const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(dist, `${name}.mjs`),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // esbuild is a program beside its package, which hasen build asks for when it runs; dbus-next asks for x11 only where it looks
    // for a desktop's session bus, which nobody here does.
    external: ["esbuild", "x11", ...external],
    define: { __DREIHASEN_VERSION__: JSON.stringify(version) },
    banner: { js: banner },
    plugins: [serialportPrebuilds],
    // No spaces and comments: a start then reads half as much, and text of ASCII alone takes half the memory. Names stay, for stack traces.
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  });
  return result.metafile.outputs;
}

// CommonJS packages inside an ES module still ask for these.
const banner = `#!/usr/bin/env node
import { createRequire as __createRequire } from "node:module";
import { fileURLToPath as __fileURLToPath } from "node:url";
import { dirname as __dirnameOf } from "node:path";
const require = __createRequire(import.meta.url), __filename = __fileURLToPath(import.meta.url), __dirname = __dirnameOf(__filename);`;

// serialport looks for its native parts one folder above its own file; in the bundle they lie beside it.
const serialportPrebuilds = {
  name: "serialport-prebuilds",
  setup(setup) {
    setup.onLoad({ filter: /@serialport[\\/]bindings-cpp[\\/]dist[\\/].*bindings?\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(
        /\(0, path_1\.join\)\(__dirname, ["']\.\.\/["']\)/,
        "__dirname",
      ),
      loader: "js",
    }));
  },
};

/** The native parts for Linux and the desktop systems of technicians, as they lie in the package. */
function copyPrebuilds() {
  const from = join(root, "node_modules", "@serialport", "bindings-cpp", "prebuilds");
  const to = join(dist, "prebuilds");
  rmSync(to, { recursive: true, force: true });
  for (const platform of readdirSync(from)) {
    if (!platform.startsWith("android")) {
      cpSync(join(from, platform), join(to, platform), { recursive: true });
    }
  }
}

export async function buildAll() {
  const start = performance.now();
  mkdirSync(dist, { recursive: true });
  const outputs = await Promise.all([
    bundle({ entry: "scripts/hasen.ts", name: "hasen" }),
    bundle({ entry: "hil-tests/street/main.ts", name: "street" }),
  ]);
  copyPrebuilds();
  chmodSync(join(dist, "hasen.mjs"), 0o755);
  const sizes = outputs.flatMap((output) =>
    Object.entries(output).map(([file, { bytes }]) => `${file} ${(bytes / 1024).toFixed(0)} kB`),
  );
  return { sizes, milliseconds: Math.round(performance.now() - start) };
}

export default async function () {
  const { sizes, milliseconds } = await buildAll();
  console.error(`built in ${milliseconds} ms: ${sizes.join(", ")}`);
}
