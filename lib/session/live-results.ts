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

/** The file that tells `libbert report` how far a search or a comparison is. */
export class LiveResultsFile implements Disposable {
  readonly #path: string;
  #done = 0;

  constructor({ path }: OutputDirectory) {
    this.#path = join(path, LIVE_RESULTS);
  }

  /** @throws LibbertError ERR_RUNTIME */
  store(results: LiveResults): void {
    writeWholeFile(this.#path, jsonText(results), "outputDir");
    this.#done += results.done;
  }

  /** When all is done. */
  remove(): void {
    removeIfPossible(this.#path);
  }

  /** A call that ends before its first training is done leaves nothing: that may have refused its options. */
  [Symbol.dispose](): void {
    if (this.#done === 0) this.remove();
  }
}
