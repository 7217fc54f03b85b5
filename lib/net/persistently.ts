import { setTimeout as delay } from "node:timers/promises";
import { LibbertError } from "../errors.js";
import { ConnectionLost } from "./request.js";

export interface Persistence {
  /** After how many tries in a row that bring nothing it gives up. Default: 5 */
  tries?: number;
  /** How much is there: a try that makes it grow has brought something. Default: none does */
  size?: () => number;
  signal?: AbortSignal | undefined;
}

const FIRST_PAUSE = 500; // milliseconds; doubled after each try that brings nothing

/**
 * Tries again where a connection was lost or a server is busy.
 * @throws LibbertError `ERR_RUNTIME` when it gives up; what else `attempt` throws; the signal's reason
 */
export async function persistently<Result>(
  attempt: () => Promise<Result>,
  { tries = 5, size = () => 0, signal }: Persistence = {},
): Promise<Result> {
  for (let idle = 0; ; idle++) {
    const before = size();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      if (size() > before) idle = 0;
      if (idle + 1 === tries) throw new LibbertError("ERR_RUNTIME", error.message, { cause: error });
    }
    await delay(FIRST_PAUSE * 2 ** idle, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}
