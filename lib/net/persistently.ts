import { setTimeout as delay } from "node:timers/promises";
import { LibbertError } from "../errors.js";
import { ConnectionLost, Unanswered } from "./request.js";

export interface Persistence {
  /** After how many tries in a row that bring nothing it gives up. Default: 5 */
  tries?: number;
  /** Whether it gives up at once where no answer comes at all. Default: false */
  needsAnswer?: boolean;
  /** How much is there: a try that brings more than ever was there has brought something. Default: none does */
  size?: () => number;
  signal?: AbortSignal | undefined;
}

const FIRST_PAUSE = 250; // milliseconds; doubled after each try that brings nothing
const LONGEST_PAUSE = 60_000; // however long a server asks to be left alone

/**
 * Tries again where a connection was lost or a server is busy; not before the time that such a server names.
 * @throws LibbertError `ERR_RUNTIME` when it gives up; what else `attempt` throws; the signal's reason
 */
export async function persistently<Result>(
  attempt: () => Promise<Result>,
  { tries = 5, needsAnswer = false, size = () => 0, signal }: Persistence = {},
): Promise<Result> {
  let most = size();
  for (let idle = 0; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      idle = size() > most ? 0 : idle + 1;
      most = Math.max(most, size());
      if (idle === tries || (needsAnswer && error instanceof Unanswered))
        throw new LibbertError("ERR_RUNTIME", error.message, { cause: error });
      const pause = pauseAfter(idle, error.pause);
      await delay(pause, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

/** Milliseconds until the next try. @param asked what the server asks for */
export function pauseAfter(idle: number, asked: number): number {
  return Math.max(FIRST_PAUSE * 2 ** idle, Math.min(asked, LONGEST_PAUSE));
}
