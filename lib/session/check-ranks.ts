import type { RanksReport } from "../distributed/check-ranks.js";
import { requestOnce } from "./compute-session.js";

/**
 * Measures the processes that a launcher started, and the network between them; null for a process on its own.
 *
 * @param rankTimeout seconds that each has to come
 * @throws ERR_DISTRIBUTED naming the ranks that do not
 */
export function checkRanks(rankTimeout: number, signal?: AbortSignal): Promise<RanksReport | null> {
  return requestOnce("checkRanks", () => ({ rankTimeout }), { signal });
}
