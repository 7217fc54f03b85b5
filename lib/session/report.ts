import { join } from "node:path";
import { expected } from "../errors.js";
import { REPORT_PAGE } from "../files/model-files.js";
import { produceWholeFile } from "../files/whole-file.js";
import { parseOptions } from "../options/parse-options.js";
import { reportOptions } from "../report/options.js";
import { renderInThread } from "../report/render-in-thread.js";
import type { ReportOptions } from "./option-types.js";

/**
 * Writes the report of a run, as every run does that ends, from the files that it has left or has written so far: one page of HTML
 * that needs no other file and no connection. Of several trainings, it writes one page that compares them.
 *
 * ```ts
 * await report({ runs: "runs/films" }); // "runs/films/report.html"
 * await report({ runs: ["runs/films", "runs/films-2"], output: "comparison.html" });
 * ```
 *
 * @returns the path of the page
 * @throws LibbertError ERR_OPTION for a folder that holds no run, and for several runs without an output; ERR_DATA for files that
 *   are damaged; ERR_RUNTIME when the page cannot be written
 */
export async function report(options: ReportOptions): Promise<string> {
  const { runs, output } = parseOptions(reportOptions, options);
  const directories = typeof runs === "string" ? [runs] : runs;
  if (output === undefined && directories.length > 1)
    throw expected("a file for the page, as there are several runs,", "output", output);
  const path = output ?? join(directories[0]!, REPORT_PAGE);
  const page = await renderInThread({ directories });
  await produceWholeFile(path, "output", (write) => write(page));
  return path;
}
