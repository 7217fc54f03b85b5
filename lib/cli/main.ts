#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { LibbertError } from "../errors.js";
import { packageRoot } from "../runtime/paths.js";
import { doctorCommand } from "./doctor.js";
import { setupCommand } from "./setup.js";

const { version, description } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
const program = new Command("libbert").version(version).description(description).exitOverride();
for (const command of [setupCommand(), doctorCommand()]) {
  program.addCommand(command.copyInheritedSettings(program));
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Tells the error on standard error and returns the exit code: 2 for a bad option, 1 for a run that failed. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said it already
  if (!(error instanceof LibbertError)) {
    console.error(error);
    return 1;
  }
  console.error(`libbert: ${error.message}`);
  return error.code === "ERR_OPTION" ? 2 : 1;
}
