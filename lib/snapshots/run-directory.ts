import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expected, LibbertError } from "../errors.js";
import { type OutputDirectory, openOutputDirectory } from "../files/output-directory.js";

/** How a run comes to its output directory. */
export interface RunDirectoryOptions {
  resume: boolean;
  overwrite: boolean;
  signal?: AbortSignal;
  notify(message: string): void;
}

/**
 * Reserves a run's output directory: an empty one, that of a run to resume, or one that may be overwritten.
 *
 * @param files those that tell that it holds a run to resume
 * @throws ERR_OPTION for a directory that holds other files; what `openOutputDirectory` throws
 */
export async function openRunDirectory(
  path: string,
  files: readonly string[],
  { resume, overwrite, signal, notify }: RunDirectoryOptions,
): Promise<OutputDirectory> {
  const holdsRun = files.some((name) => existsSync(join(path, name)));
  if (holdsRun && !resume && !overwrite) throw holdsRunAlready(path);
  const output = await openOutputDirectory(path, { overwrite: overwrite || (resume && holdsRun), signal });
  if (output.notice) notify(output.notice);
  return output;
}

/** A run that may go on must not be lost to the advice that is right for other files. */
function holdsRunAlready(outputDir: string): LibbertError {
  return new LibbertError(
    "ERR_OPTION",
    `Expected an empty or new directory for outputDir but received ${describe(outputDir)}, which holds a run; ` +
      "resume: true goes on with it, overwrite: true begins anew",
    { option: "outputDir" },
  );
}

/** @throws ERR_OPTION for options about a run to resume that do not go together */
export function checkResumeOptions({
  resume,
  changeSchedule,
  overwrite,
}: Record<"resume" | "changeSchedule" | "overwrite", boolean>): void {
  if (changeSchedule && !resume) throw expected("resume: true beside it", "changeSchedule", true);
  if (overwrite && resume)
    throw expected("no value beside resume: true, which goes on with the run,", "overwrite", true);
}
