// `npm start`: builds the product and runs the street on it.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { buildAll } from "./build.mjs";

export default async function (args, { root }) {
  await buildAll();
  const street = spawn(process.execPath, [join(root, "dist", "street.mjs"), ...args], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => street.kill(signal));
  }
  street.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}
