#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { EXIT_TRY_AGAIN } from "../distributed/launch.js";
import { LibbertError } from "../errors.js";
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
import { Interrupted } from "./interrupt.js";
import { tellWarnings } from "./notice.js";
import { ownRank } from "./progress/rank-log.js";
import { systemErrorText } from "./system-error.js";

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
for (const command of commands) program.addCommand(refuseRepeated(command.copyInheritedSettings(program)));

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (!isBrokenPipe(error)) process.exit(report(unwritableOutput(error)));
  });
}

tellWarnings();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Tells the error on standard error and returns the exit code: 2 for a bad option, 1 for a run that failed. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said it already
  if (isBrokenPipe(error)) return 0; // the reader of our output has seen enough, as `head` does
  const speaker = rankOrNone() > 0 ? `libbert (rank ${rankOrNone()})` : "libbert";
  if (error instanceof Interrupted) {
    console.error(`${speaker}: ${error.message}`);
    return error.exitCode;
  }
  if (!(error instanceof LibbertError)) {
    const text = systemErrorText(error);
    console.error(text === undefined ? error : `${speaker}: ${text}`);
    return 1;
  }
  console.error(`${speaker}: ${error.message}`);
  if (error.code === "ERR_STOPPED") return EXIT_TRY_AGAIN;
  return error.code === "ERR_OPTION" ? 2 : 1;
}

/** A launcher's variables that are wrong are an error of the command that needs them, not of its report. */
function rankOrNone(): number {
  try {
    return ownRank();
  } catch {
    return 0;
  }
}

/** An error of commander in the form of ours, with its "(Did you mean ...?)" on the same line. */
function inOneLine(text: string): string {
  return text.replace(/^error: /, "libbert: ").replace(/\n\((Did you mean .*\?)\)/, ". $1");
}

function unwritableOutput(cause: Error): LibbertError {
  return new LibbertError("ERR_RUNTIME", `The output could not be written: ${cause.message}`, { cause });
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}
