import type { Command } from "commander";

/** Lets a command's `--input` take as many paths as a shell makes of a pattern; a comma may be part of one. */
export function takePaths(command: Command): Command {
  const input = command.options.find((option) => option.long === "--input")!;
  input.flags = "--input <path...>";
  input.variadic = true;
  input.argParser((path: string, paths: string[] = []) => [...paths, path]);
  return command;
}
