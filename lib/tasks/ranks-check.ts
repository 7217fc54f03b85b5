import { z } from "zod";
import { type GroupSpeed, measureGroup } from "../distributed/measure.js";
import { chooseCompute } from "./compute.js";
import { withRanks } from "./ranks.js";
import { ranksOptions } from "./ranks-options.js";

/** What a launcher's processes can do together; null for a process on its own. */
export async function checkRanks(rankTimeout: number): Promise<(GroupSpeed & { rank: number }) | null> {
  const settings = z.object(ranksOptions).parse({ rankTimeout });
  return withRanks(settings, {}, undefined, async (group) => {
    if (group === null) return null;
    const { device } = chooseCompute("auto", "float32", group.place.membership);
    if (device !== "cpu") group.useGpu();
    return { rank: group.rank, ...(await measureGroup(group, device)) };
  });
}
