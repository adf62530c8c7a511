/** A command line that cannot be understood, told as any other problem: in the person's language, with what to do next. */
import type { CommanderError } from "commander";
import { type ProblemError, problem } from "../gateway/problem.ts";

/** The problem behind what commander found; null where it only showed its help or the version. */
export function usageProblem({ code, exitCode, message }: CommanderError): ProblemError | null {
  if (exitCode === 0 || code === "commander.help") {
    return null;
  }
  const [given = "?", second = "?"] = [...message.matchAll(/'([^']*)'/g)].map((match) => match[1]);
  const suggestion = /\(Did you mean (?:one of )?([^?]+)\?\)/.exec(message)?.[1];
  const hints =
    suggestion === undefined ? [] : [{ word: "hint.didYouMean", parameters: { suggestion } } as const];
  switch (code) {
    case "commander.unknownCommand":
      return problem("USE-001", { given }, { hints });
    case "commander.unknownOption":
      return problem("USE-003", { given }, { hints });
    case "commander.missingArgument":
    case "commander.missingMandatoryOptionValue":
      return missing(given);
    case "commander.optionMissingArgument":
      return problem("USE-005", { option: given });
    case "commander.invalidArgument": {
      const allowed = /Allowed choices are (.*)\.$/.exec(message)?.[1] ?? "?";
      return problem("USE-002", { option: given, value: second, allowed });
    }
    default:
      return problem("USE-006", {});
  }
}

/** What a command cannot do without and was not given. */
export function missing(wanted: string): ProblemError {
  return problem("USE-004", { wanted });
}
