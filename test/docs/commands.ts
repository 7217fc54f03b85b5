import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Block } from "./pages.js";

/** What our pages tell people to start beside libbert itself. */
const OTHER_PROGRAMS = [
  "apt-get",
  "cat",
  "cd",
  "curl",
  "git",
  "kubectl",
  "sbatch",
  "scancel",
  "squeue",
  "torchrun",
  "unset",
];

/** The commands of a block, each as its words; comments are gone. */
export function commandsOf({ lines }: Pick<Block, "lines">): string[][] {
  const text = lines.join("\n").replace(/\s*\\\n\s*/g, " ");
  return text
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, ""))
    .flatMap((line) => line.split(/ && | \| /))
    .map((command) => (command.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', "")))
    .filter((words) => words.length > 0);
}

/** What is wrong with a command of ours, or of a launcher that starts one. */
export function problemsOf(words: readonly string[]): string[] {
  const [program, ...rest] = words as [string, ...string[]];
  const missing = words.filter((word) => /^(examples|bench)\/.*\.\w+$/.test(word) && !existsSync(word));
  const problems = missing.filter((word) => !isWritten(word, words)).map((word) => `there is no ${word}`);
  if (program === "libbert") return [...problems, ...problemsOfLibbert(rest)];
  if (program === "npx") return [...problems, ...problemsOf(rest)];
  if (program === "npm") return [...problems, ...problemsOfNpm(rest)];
  if (program === "node") return [...problems, ...problemsOfNode(rest)];
  if (!OTHER_PROGRAMS.includes(program)) return [...problems, `${program} is not known here`];
  const launched = words.indexOf("npx");
  return launched < 0 ? problems : [...problems, ...problemsOf(words.slice(launched))];
}

/** Whether the command makes the file. */
function isWritten(word: string, words: readonly string[]): boolean {
  return words[words.indexOf(word) - 1] === ">";
}

function problemsOfNpm(words: readonly string[]): string[] {
  const [command, name] = words.filter((word) => !word.startsWith("-"));
  if (["ci", "install", "test", "pack"].includes(command!)) return [];
  if (command !== "run") return [`npm ${command} is not known here`];
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  return name! in scripts ? [] : [`package.json has no script ${name}`];
}

/** A program of ours, by where it will be when it is compiled. */
function problemsOfNode([path, ...words]: readonly string[]): string[] {
  if (path === "dist/lib/cli/main.js") return problemsOfLibbert(words);
  const [, name] = /^dist\/(.*)\.js$/.exec(path!) ?? [];
  if (name === undefined) return [`${path} is no program of ours`];
  if (!existsSync(`${name}.ts`)) return [`there is no ${name}.ts`];
  const source = readFileSync(`${name}.ts`, "utf8");
  const flags = words.filter((word) => word.startsWith("--")).map((word) => word.slice(2));
  const isKnown = (flag: string) => new RegExp(`\\b${flag}"?: \\{\\s*type: "`).test(source); // of parseArgs()
  return flags.filter((flag) => !isKnown(flag)).map((flag) => `${name}.ts has no --${flag}`);
}

/** Every command of libbert, by name. */
const COMMANDS = new Map<string, Command>();
const FOLDER = new URL("../../lib/cli/commands/", import.meta.url);
for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".js"))) {
  const exported: Record<string, unknown> = await import(new URL(file, FOLDER).href);
  for (const [name, create] of Object.entries(exported)) {
    if (!name.endsWith("Command")) continue;
    const command = (create as (isCommand: () => boolean) => Command)(() => true);
    COMMANDS.set(command.name(), command);
  }
}

function problemsOfLibbert([name, ...words]: readonly string[]): string[] {
  const command = COMMANDS.get(name!);
  if (command === undefined) return [`libbert has no command ${name}`];
  const problems: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const [flag, value] = words[index]!.split("=") as [string, string?];
    if (flag === "--help") continue;
    if (!flag.startsWith("--")) {
      if (name === "launch") return [...problems, ...problemsOfLaunched(words.slice(index))];
      if (command.registeredArguments.length === 0)
        problems.push(`libbert ${name} takes no argument ${flag}`);
      continue;
    }
    const option = command.options.find(({ long }) => long === flag);
    if (option === undefined) return [...problems, `libbert ${name} has no ${flag}`];
    if (!option.required || value !== undefined) continue; // of a value
    if (!isValue(words[index + 1])) problems.push(`libbert ${name} ${flag} needs a value`);
    else index++;
    while (option.variadic && isValue(words[index + 1])) index++;
  }
  return problems;
}

function isValue(word: string | undefined): boolean {
  return word !== undefined && !word.startsWith("--");
}

/** A command of libbert, or any program. */
function problemsOfLaunched(words: readonly string[]): string[] {
  return COMMANDS.has(words[0]!) ? problemsOfLibbert(words) : problemsOf(words);
}
