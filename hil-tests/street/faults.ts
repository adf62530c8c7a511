/** The faults a visitor can cause, and their schedule: `uplink@5-10,kill@12,forge@14,replay@15` (seconds since the start). */
export type FaultName = "uplink" | "kill" | "forge" | "replay";

export interface ScheduledFault {
  /** Seconds since the start. */
  readonly at: number;
  readonly action: "uplink-off" | "uplink-on" | "kill" | "forge" | "replay";
}

/** What each fault takes: a moment, or a stretch of time. */
const forms: Record<FaultName, "moment" | "stretch"> = {
  uplink: "stretch",
  kill: "moment",
  forge: "moment",
  replay: "moment",
};

/** The schedule in order of time, or one sentence that says what is wrong with the text. */
export function parseFaults(text: string): readonly ScheduledFault[] | string {
  const schedule: ScheduledFault[] = [];
  for (const part of text.split(",").filter((one) => one.trim() !== "")) {
    const form = /^\s*([a-z]+)@(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?\s*$/.exec(part);
    const name = form?.[1] ?? "";
    if (form === null || !Object.hasOwn(forms, name)) {
      return `"${part.trim()}" is no fault; write uplink@5-10, kill@12, forge@14 or replay@15 (seconds since the start), separated by commas`;
    }
    const from = Number(form[2]);
    const to = form[3] === undefined ? null : Number(form[3]);
    if (name === "uplink") {
      if (to === null || to <= from) {
        return `"${part.trim()}" needs a beginning and a later end, as in uplink@5-10`;
      }
      schedule.push({ at: from, action: "uplink-off" }, { at: to, action: "uplink-on" });
    } else if (to !== null) {
      return `"${part.trim()}" happens at one moment, as in ${name}@${from}`;
    } else {
      schedule.push({ at: from, action: name as Exclude<FaultName, "uplink"> });
    }
  }
  return schedule.sort((a, b) => a.at - b.at);
}
