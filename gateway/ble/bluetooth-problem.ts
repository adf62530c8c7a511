import { ProblemError, problem } from "../problem.ts";
import { userName } from "../system-error.ts";

/** Nothing came within the patience, ms. */
export class NoAnswer extends Error {
  constructor(patience: number) {
    super(`no answer within ${Math.round(patience / 1000)} s`);
  }
}

/** D-Bus error names that say that nobody is there who would answer for org.bluez. */
const absent = /\.(ServiceUnknown|NameHasNoOwner|NoReply|TimedOut|NoSuchUnit)$|\.Spawn\./;

/** What node-ble or its bus threw, told apart: no bus, no service, no right, adapter off, or what BlueZ says itself. */
export function bluetoothProblem(error: unknown, adapter: string): ProblemError {
  if (error instanceof ProblemError) {
    return error;
  }
  const { code, type } = error as { readonly code?: unknown; readonly type?: unknown };
  const name = typeof type === "string" ? type : "";
  if (code === "ENOENT" || code === "ECONNREFUSED") {
    return problem("BLE-068", {});
  }
  if (code === "EACCES" || name.endsWith(".AccessDenied")) {
    return problem("BLE-077", { user: userName() });
  }
  if (absent.test(name)) {
    return problem("BLE-069", {});
  }
  if (name === "org.bluez.Error.NotReady") {
    return problem("BLE-070", { adapter }, { where: adapter });
  }
  return problem("BLE-074", { adapter, reason: reasonOf(error, name) }, { where: adapter });
}

/** The service's own words are plain English; without any, the last part of the error's name is. */
function reasonOf(error: unknown, name: string): string {
  const words = error instanceof Error ? error.message : "";
  return words !== "" ? words : (name.split(".").at(-1) ?? "");
}
