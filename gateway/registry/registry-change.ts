import { equal } from "../../protocols/bytes.ts";
import type { ProblemError } from "../problem.ts";
import type { DeviceEntry } from "./registry-entry.ts";

export interface RegistryEvent {
  /** "changed": other keys or rights. "removed": its file is gone. "damaged": its file cannot be used, so the device is shut out. */
  readonly type: "added" | "changed" | "revoked" | "removed" | "damaged";
  readonly name: string;
  /** Null for a damaged one. */
  readonly entry: DeviceEntry | null;
  /** Only for a damaged one. */
  readonly problem: ProblemError | null;
}

/** What is different between two states of the list. */
export function changes(
  before: ReadonlyMap<string, DeviceEntry>,
  after: ReadonlyMap<string, DeviceEntry>,
  oldProblems: ReadonlyMap<string, ProblemError>,
  problems: ReadonlyMap<string, ProblemError>,
): RegistryEvent[] {
  const events: RegistryEvent[] = [];
  for (const [name, entry] of after) {
    const old = before.get(name);
    if (old === undefined) {
      events.push({ type: "added", name, entry, problem: null });
    } else if (!isSame(old, entry)) {
      const type = entry.state === "revoked" ? "revoked" : "changed";
      events.push({ type, name, entry, problem: null });
    }
  }
  for (const [name, error] of problems) {
    if (oldProblems.get(name)?.message !== error.message) {
      events.push({ type: "damaged", name, entry: null, problem: error });
    }
  }
  for (const [name, entry] of before) {
    if (!after.has(name) && !problems.has(name)) {
      events.push({ type: "removed", name, entry, problem: null });
    }
  }
  return events;
}

function isSame(a: DeviceEntry, b: DeviceEntry): boolean {
  return (
    a.kid === b.kid &&
    a.alg === b.alg &&
    a.state === b.state &&
    a.personal === b.personal &&
    (a.state === "revoked" || equal(a.root, b.root))
  );
}
