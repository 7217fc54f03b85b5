import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { LibbertError } from "../errors.js";
import { REPORT } from "../files/model-files.js";
import { libbertVersion } from "../runtime/versions.js";
import { page } from "./page.js";
import { renderInThread } from "./render-in-thread.js";
import { LIVE_LOG, LIVE_RESULTS, LOG, RESULTS } from "./run-files.js";
import { type ServedPage, servePage } from "./serve-page.js";

/** What a page is made of. */
const FILES = [LIVE_LOG, LOG, REPORT, LIVE_RESULTS, RESULTS];

export interface Watching {
  /** 0 for any that is free. */
  port: number;
  /** Ends it. */
  signal: AbortSignal;
  /** Is told where the page is. */
  onListening(url: string): void;
}

/**
 * Serves the page about some runs while they go on, or before they begin, until the signal comes. Browsers of this machine alone can
 * see it; a page that is open follows the runs.
 *
 * @throws LibbertError ERR_OPTION for a port that is not free
 */
export async function watchRuns(directories: readonly string[], watching: Watching): Promise<void> {
  const { port, signal, onListening } = watching;
  const { server, url } = await servePage(pageWhileGoing(directories), port);
  onListening(url);
  await new Promise<void>((ended) => {
    signal.addEventListener("abort", () => ended(), { once: true });
    if (signal.aborted) ended();
  });
  server.close();
  server.closeAllConnections();
}

function pageWhileGoing(directories: readonly string[]): ServedPage {
  return {
    version: () => stateOf(directories),
    render: () => renderInThread({ directories, isWatching: true }).catch(pageOfNothing),
  };
}

/** Another text as soon as a file has changed. */
function stateOf(directories: readonly string[]): string {
  const hash = createHash("sha256");
  for (const directory of directories) {
    for (const name of FILES) {
      const { ino, size, mtimeMs } = statSync(join(directory, name), { throwIfNoEntry: false }) ?? {};
      hash.update(`${ino} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest("hex").slice(0, 32);
}

/** What is shown as long as there is no run, or a file of it is damaged. */
function pageOfNothing(error: unknown): string {
  if (!(error instanceof LibbertError)) throw error;
  const report = { title: "No run yet", subtitle: error.message, sections: [] };
  return page(report, { version: libbertVersion(), isWatching: true });
}
