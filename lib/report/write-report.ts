import { join } from "node:path";
import { REPORT_PAGE } from "../files/model-files.js";
import type { OutputDirectory } from "../files/output-directory.js";
import { writeWholeFile } from "../files/whole-file.js";
import type { PageRequest } from "./page-of.js";

/**
 * Writes the report of a run that has just ended beside its files. What the run came to does not depend on it: where it fails,
 * that is said.
 */
export async function writeReportBeside(
  output: Pick<OutputDirectory, "path" | "check" | "option">,
  render: (request: PageRequest) => string | Promise<string>,
  notify: (message: string) => void,
): Promise<void> {
  const { path, option } = output;
  try {
    const page = await render({ directories: [path] });
    output.check();
    writeWholeFile(join(path, REPORT_PAGE), page, option);
  } catch (error) {
    notify(
      `${REPORT_PAGE} was not written: ${(error as Error).message}; "libbert report ${path}" does it again`,
    );
  }
}
