import type { RanksReport } from "../tasks/ranks-check.js";
import { ComputeSession } from "./compute-session.js";

/**
 * Measures the processes that a launcher started, and the network between them; null for a process on its own.
 *
 * @param rankTimeout seconds that each has to come
 * @throws ERR_DISTRIBUTED naming the ranks that do not
 */
export async function checkRanks(rankTimeout: number, signal?: AbortSignal): Promise<RanksReport | null> {
  const session = new ComputeSession();
  try {
    return await session.request("checkRanks", () => ({ rankTimeout }), { signal });
  } finally {
    await session.close();
  }
}
