import { type CommandWords, inQuotes } from "./shell-words.js";

/** `complete` of fish, a line for each command and each flag. */
export function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, description, flags, values }) => {
    const after = `complete -c libbert -n ${inQuotes(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      `complete -c libbert -f -n __fish_use_subcommand -a ${name} -d ${inQuotes(description)}`,
      ...values.map((value) => `${after} -f -a ${value}`),
      ...flags.map((flag) => `${after} ${fishFlag(flag)}`),
    ];
  });
  return `${lines.join("\n")}\n`;
}

function fishFlag({ names, description, values }: CommandWords["flags"][number]): string {
  const spelt = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const behind = { none: "", any: " -r" };
  const value = typeof values === "string" ? behind[values] : ` -x -a ${inQuotes(values.join(" "))}`;
  return `${spelt.join(" ")}${value} -d ${inQuotes(description)}`;
}
