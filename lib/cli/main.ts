#!/usr/bin/env node
import { LibbertError } from "../errors.js";
import { tellWarnings } from "./notice.js";
import { createProgram } from "./program.js";
import { isBrokenPipe, reportError } from "./report-error.js";

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (!isBrokenPipe(error)) process.exit(reportError(unwritableOutput(error)));
  });
}

tellWarnings();
try {
  const program = await createProgram(process.argv[2]);
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}

function unwritableOutput(cause: Error): LibbertError {
  return new LibbertError("ERR_RUNTIME", `The output could not be written: ${cause.message}`, { cause });
}
