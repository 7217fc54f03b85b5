import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, LibbertError } from "../errors.js";
import { packageRoot } from "../runtime/paths.js";
import { ablateCommand } from "./commands/ablate.js";
import { doctorCommand } from "./commands/doctor.js";
import { embedCommand } from "./commands/embed.js";
import { evaluateCommand } from "./commands/evaluate.js";
import { featuresCommand } from "./commands/features.js";
import { fillMaskCommand } from "./commands/fill-mask.js";
import { findLrCommand } from "./commands/find-lr.js";
import { fineTuneCommand } from "./commands/fine-tune.js";
import { glueCommand } from "./commands/glue.js";
import { launchCommand } from "./commands/launch.js";
import { predictCommand } from "./commands/predict.js";
import { prepareCommand } from "./commands/prepare.js";
import { pretrainCommand } from "./commands/pretrain.js";
import { searchCommand } from "./commands/search.js";
import { setupCommand } from "./commands/setup.js";
import { vocabCommand } from "./commands/vocab.js";
import { refuseRepeated } from "./flags/given-once.js";

/** `libbert` with all its commands. What is wrong with a command line is thrown. */
export function createProgram(): Command {
  const { version, description } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const program = new Command("libbert")
    .version(version)
    .description(description)
    .enablePositionalOptions() // launch leaves the options behind the command to that command
    .exitOverride()
    .configureHelp({ minWidthToWrap: 20 }) // beside the longest flags, too
    .configureOutput({ outputError: (text, write) => write(inOneLine(text)) });
  const commands = [
    fineTuneCommand(),
    searchCommand(),
    findLrCommand(),
    evaluateCommand(),
    predictCommand(),
    featuresCommand(),
    embedCommand(),
    glueCommand(),
    vocabCommand(),
    prepareCommand(),
    pretrainCommand(),
    fillMaskCommand(),
    ablateCommand(),
    setupCommand(),
    doctorCommand(),
  ];
  commands.push(launchCommand((word) => commands.some((command) => command.name() === word)));
  for (const command of commands)
    program.addCommand(refuseRepeated(command.copyInheritedSettings(program)).allowExcessArguments());
  return program.hook("preAction", (_, command) => refuseWords(command));
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
