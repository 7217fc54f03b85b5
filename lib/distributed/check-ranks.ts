import { z } from "zod";
import { ranksOptions } from "../options/ranks-options.js";
import { type GroupSpeed, measureGroup } from "./measure.js";
import { chooseComputeOf, withRanks } from "./ranks.js";

/** What a launcher's processes can do together, and which of them this is. */
export type RanksReport = GroupSpeed & { rank: number };

/** Measures the processes of the launcher; null for a process on its own. */
export async function checkRanks(rankTimeout: number, signal?: AbortSignal): Promise<RanksReport | null> {
  const settings = z.object(ranksOptions).parse({ rankTimeout });
  return withRanks(settings, {}, signal, async (group) => {
    if (group === undefined) return null;
    const { device } = chooseComputeOf(group, { device: "auto", dtype: "float32" });
    return { rank: group.rank, ...measureGroup(group, device) };
  });
}
