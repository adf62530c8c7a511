// `npm test`: types, lint, build, then every test; ends with one line that counts. `npm run check` is the same without the tests.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAll } from "./build.mjs";
import { installMissing, missingPackages } from "./debian.mjs";

export default async function (args, { root, task }) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const check = (name, good) => {
    count[good ? "passed" : "failed"]++;
    console.log(`${good ? "ok  " : "FAIL"}  ${name}`);
  };
  if (task === "test") {
    installMissing();
    if (process.env.CI) {
      const missing = missingPackages();
      check(
        `every Debian package that tests want is here${missing.length > 0 ? `; missing: ${missing.join(" ")}` : ""}`,
        missing.length === 0,
      );
    }
  }
  const run = (program, ...more) =>
    spawnSync(join(root, "node_modules", ".bin", program), more, { cwd: root, stdio: "inherit" }).status ===
    0;
  check("types (tsc)", run("tsc", "--noEmit"));
  check("lint and format (biome)", run("biome", "check", "--error-on-warnings", "."));
  check(
    "build (esbuild)",
    await buildAll().then(
      () => true,
      () => false,
    ),
  );
  if (task === "test") {
    const results = runTests(root, args);
    count.passed += results.passed;
    count.failed += results.failed;
    count.skipped += results.skipped;
  }
  console.log(`\nTests: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  process.exit(count.failed > 0 ? 1 : 0);
}

function runTests(root, args) {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-test-"));
  const report = join(folder, "report.json");
  const vitest = spawnSync(
    process.execPath,
    [
      join(root, "node_modules", "vitest", "vitest.mjs"),
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...args,
    ],
    { cwd: root, stdio: "inherit" },
  );
  try {
    const {
      numPassedTests,
      numFailedTests,
      numPendingTests,
      numTodoTests,
      numFailedTestSuites,
      testResults,
    } = JSON.parse(readFileSync(report, "utf8"));
    const skipped = testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === "pending" || status === "skipped"),
    );
    for (const { fullName } of skipped) {
      console.log(`skipped: ${fullName}`);
    }
    // A file that does not load has no tests to fail, and an error outside of tests still fails the run.
    const failed =
      numFailedTests > 0 ? numFailedTests : numFailedTestSuites > 0 || vitest.status !== 0 ? 1 : 0;
    return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
