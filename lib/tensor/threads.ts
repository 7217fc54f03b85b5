import { expected } from "../errors.js";
import { MOST_THREADS, threadsFrom } from "../options/compute-options.js";
import { usableProcessors } from "../runtime/processors.js";
import { setNumThreads } from "./process.js";

/**
 * Lets operations that this thread starts use so many threads.
 *
 * @param threads default: `LIBBERT_THREADS`, else what OpenMP reads from `OMP_NUM_THREADS`, else the processors that the process
 *   may keep busy
 * @throws ERR_OPTION when `LIBBERT_THREADS` is no such number
 */
export function useThreads(threads: number | undefined): void {
  const count = threads ?? ownThreads() ?? (process.env.OMP_NUM_THREADS ? undefined : usableProcessors());
  if (count !== undefined) setNumThreads(count);
}

function ownThreads(): number | undefined {
  const text = process.env.LIBBERT_THREADS;
  if (!text) return undefined;
  const count = threadsFrom(text);
  if (count === undefined)
    throw expected(`a number of threads from 1 to ${MOST_THREADS}`, "LIBBERT_THREADS", text);
  return count;
}
