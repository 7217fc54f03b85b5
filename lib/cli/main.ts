#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { LibbertError } from "../errors.js";
import { packageRoot } from "../runtime/paths.js";
import { ablateCommand } from "./ablate.js";
import { doctorCommand } from "./doctor.js";
import { embedCommand } from "./embed.js";
import { evaluateCommand } from "./evaluate.js";
import { featuresCommand } from "./features.js";
import { fillMaskCommand } from "./fill-mask.js";
import { findLrCommand } from "./find-lr.js";
import { fineTuneCommand } from "./fine-tune.js";
import { glueCommand } from "./glue.js";
import { Interrupted } from "./interrupt.js";
import { predictCommand } from "./predict.js";
import { prepareCommand } from "./prepare.js";
import { pretrainCommand } from "./pretrain.js";
import { searchCommand } from "./search.js";
import { setupCommand } from "./setup.js";
import { vocabCommand } from "./vocab.js";

const { version, description } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
const program = new Command("libbert")
  .version(version)
  .description(description)
  .exitOverride()
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
for (const command of commands) program.addCommand(command.copyInheritedSettings(program));

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (!isBrokenPipe(error)) throw error;
  });
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Tells the error on standard error and returns the exit code: 2 for a bad option, 1 for a run that failed. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said it already
  if (isBrokenPipe(error)) return 0; // the reader of our output has seen enough, as `head` does
  if (error instanceof Interrupted) {
    console.error(`libbert: ${error.message}`);
    return error.exitCode;
  }
  if (!(error instanceof LibbertError)) {
    console.error(error);
    return 1;
  }
  console.error(`libbert: ${error.message}`);
  return error.code === "ERR_OPTION" ? 2 : 1;
}

/** An error of commander in the form of ours, with its "(Did you mean ...?)" on the same line. */
function inOneLine(text: string): string {
  return text.replace(/^error: /, "libbert: ").replace(/\n\((Did you mean .*\?)\)/, ". $1");
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}
