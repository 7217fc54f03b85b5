import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, LibbertError } from "../errors.js";
import { packageRoot } from "../runtime/paths.js";
import { bold } from "./colours.js";
import { refuseRepeated } from "./flags/given-once.js";

/** What makes each command. Its modules are loaded when it is called: all of them take half a second. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  inspect: async () => (await import("./commands/inspect.js")).inspectCommand(),
  "fine-tune": async () => (await import("./commands/fine-tune.js")).fineTuneCommand(),
  search: async () => (await import("./commands/search.js")).searchCommand(),
  distill: async () => (await import("./commands/distill.js")).distillCommand(),
  "find-lr": async () => (await import("./commands/find-lr.js")).findLrCommand(),
  evaluate: async () => (await import("./commands/evaluate.js")).evaluateCommand(),
  "evaluate-retrieval": async () =>
    (await import("./commands/evaluate-retrieval.js")).evaluateRetrievalCommand(),
  calibrate: async () => (await import("./commands/calibrate.js")).calibrateCommand(),
  predict: async () => (await import("./commands/predict.js")).predictCommand(),
  explain: async () => (await import("./commands/explain.js")).explainCommand(),
  features: async () => (await import("./commands/features.js")).featuresCommand(),
  embed: async () => (await import("./commands/embed.js")).embedCommand(),
  rank: async () => (await import("./commands/rank.js")).rankCommand(),
  serve: async () => (await import("./commands/serve.js")).serveCommand(),
  mine: async () => (await import("./commands/mine.js")).mineCommand(),
  export: async () => (await import("./commands/export.js")).exportCommand(),
  glue: async () => (await import("./commands/glue.js")).glueCommand(),
  vocab: async () => (await import("./commands/vocab.js")).vocabCommand(),
  prepare: async () => (await import("./commands/prepare.js")).prepareCommand(),
  pretrain: async () => (await import("./commands/pretrain.js")).pretrainCommand(),
  "fill-mask": async () => (await import("./commands/fill-mask.js")).fillMaskCommand(),
  ablate: async () => (await import("./commands/ablate.js")).ablateCommand(),
  report: async () => (await import("./commands/report.js")).reportCommand(),
  convert: async () => (await import("./commands/convert.js")).convertCommand(),
  pull: async () => (await import("./commands/pull.js")).pullCommand(),
  push: async () => (await import("./commands/push.js")).pushCommand(),
  setup: async () => (await import("./commands/setup.js")).setupCommand(),
  doctor: async () => (await import("./commands/doctor.js")).doctorCommand(),
  completion: async () => (await import("./commands/completion.js")).completionCommand(createProgram),
  launch: async () => (await import("./commands/launch.js")).launchCommand(isCommand),
};

/**
 * `libbert` with the command that the first word calls, or with all where it calls none, for the help. What is wrong
 * with a command line is thrown.
 */
export async function createProgram(firstWord?: string): Promise<Command> {
  const { version, description } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const program = new Command("libbert")
    .version(version)
    .description(description)
    .enablePositionalOptions() // launch leaves the options behind the command to that command
    .exitOverride()
    .configureHelp({ minWidthToWrap: 20, styleTitle: bold }) // beside the longest flags, too
    .configureOutput({ outputError: (text, write) => write(inOneLine(text)) });
  const names = firstWord !== undefined && isCommand(firstWord) ? [firstWord] : Object.keys(COMMANDS);
  for (const command of await Promise.all(names.map((name) => COMMANDS[name]!())))
    program.addCommand(refuseRepeated(command.copyInheritedSettings(program)).allowExcessArguments());
  return program.hook("preAction", (_, command) => refuseWords(command));
}

function isCommand(word: string): boolean {
  return Object.hasOwn(COMMANDS, word);
}

/** @throws ERR_OPTION, naming the first of the words that the command does not take: of its own, commander says their number */
function refuseWords(command: Command): void {
  const [first] = command.registeredArguments.length > 0 ? [] : command.args;
  if (first === undefined) return;
  const message = `Expected options alone for ${command.name()} but received ${describe(first)}`;
  throw new LibbertError("ERR_OPTION", message);
}

/** An error of commander in the form of ours, with its "(Did you mean ...?)" on the same line. */
function inOneLine(text: string): string {
  return text.replace(/^error: /, "libbert: ").replace(/\n\((Did you mean .*\?)\)/, ". $1");
}
