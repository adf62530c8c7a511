/** Help in the person's language: commands describe themselves in English, help-de.ts has the German for each sentence. */
import { type Command, Help, type HelpConfiguration } from "commander";
import type { Language } from "../gateway/words/words.ts";
import { german } from "./help-de.ts";

/** A command line as it is typed, and what it does. */
export type Example = readonly [line: string, what: string];

const examplesOf = new WeakMap<Command, readonly Example[]>();

/** Lets a command's help begin with examples; `lang` is asked when it is shown. */
export function withExamples(command: Command, lang: () => Language, lines: readonly Example[]): Command {
  examplesOf.set(command, lines);
  return command.addHelpText("before", () => {
    const shown = lines.map(([line, what]) => `  $ ${line}\n      ${inLanguage(what, lang())}`);
    return `${inLanguage("Examples:", lang())}\n${shown.join("\n")}\n`;
  });
}

/** For `configureHelp` of the program, before it has commands: they inherit it. */
export function helpIn(lang: () => Language): HelpConfiguration {
  const own = Help.prototype;
  return {
    commandDescription: (command) => inLanguage(command.description(), lang()),
    subcommandDescription: (command) => inLanguage(command.description(), lang()),
    styleTitle: (title) => inLanguage(title, lang()),
    optionDescription: (option) => {
      const text = own.optionDescription.call(own, option);
      const more = text.slice(option.description.length);
      const added =
        lang() === "de" ? more.replace("choices:", "Auswahl:").replace("default:", "Vorgabe:") : more;
      return `${inLanguage(option.description, lang())}${added}`;
    },
  };
}

/** Every English sentence in the help of a command and those below it, once each. */
export function helpSentences(command: Command): string[] {
  const own = [
    command.description(),
    ...new Help().visibleOptions(command).map(({ description }) => description),
    ...(examplesOf.get(command) ?? []).map(([, what]) => what),
  ];
  return [...new Set([...own, ...command.commands.flatMap(helpSentences)])];
}

function inLanguage(sentence: string, lang: Language): string {
  return lang === "de" ? (german[sentence] ?? sentence) : sentence;
}
