import { join } from "node:path";
import type { OutputDirectory } from "../files/output-directory.js";
import { removeIfPossible } from "../files/remove.js";
import { writeWholeFile } from "../files/whole-file.js";
import { LIVE_RESULTS } from "../report/run-files.js";
import { jsonText } from "./stored-result.js";

/** What a search or a comparison has so far, of so many trainings. */
interface LiveResults {
  done: number;
  planned: number;
  [result: string]: unknown;
}

/** Tells `libbert report` how far it is. @throws LibbertError ERR_RUNTIME */
export function storeLiveResults({ path }: OutputDirectory, results: LiveResults): void {
  writeWholeFile(join(path, LIVE_RESULTS), jsonText(results), "outputDir");
}

/** When it has ended. */
export function removeLiveResults({ path }: OutputDirectory): void {
  removeIfPossible(join(path, LIVE_RESULTS));
}
