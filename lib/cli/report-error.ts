import { CommanderError } from "commander";
import { EXIT_TRY_AGAIN } from "../distributed/launch.js";
import { LibbertError } from "../errors.js";
import { Interrupted } from "./interrupt.js";
import { ownRank } from "./progress/rank-log.js";
import { systemErrorText } from "./system-error.js";

/** Tells the error on standard error and returns the exit code: 2 for a bad option, 1 for a run that failed. */
export function reportError(error: unknown): number {
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

export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}
