import type { Command, Option } from "commander";

/** A flag, and what may stand behind it: nothing, one of some words, or anything, such as a file. */
export interface FlagWords {
  names: readonly string[];
  description: string;
  values: "none" | "any" | readonly string[];
}

/** What can be typed after a command. */
export interface CommandWords {
  name: string;
  description: string;
  flags: readonly FlagWords[];
  /** Of its arguments, those that are words of a list. */
  values: readonly string[];
}

/** The words of every command of a program. */
export function commandWords(program: Command): CommandWords[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: [
      ...command.options.map(flagWords),
      { names: ["--help"], description: "show the help", values: "none" },
    ],
    values: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  }));
}

function flagWords({ flags, description, required, optional, argChoices }: Option): FlagWords {
  const names = flags.split(/[ ,]+/).filter((word) => word.startsWith("-"));
  return { names, description, values: required || optional ? (argChoices ?? "any") : "none" };
}

/** A text in single quotes, as shells read it. */
export function inQuotes(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
