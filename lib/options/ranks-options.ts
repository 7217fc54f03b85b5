import { z } from "zod";
import { optionMeta } from "./option.js";

/** Options of a run of several processes; a single process ignores them. */
export const ranksOptions = {
  shardOptimizer: z
    .boolean()
    .default(false)
    .describe("several processes: divide the optimizer's memory and work among them (ZeRO, stage 1)")
    .register(optionMeta, { decidesResult: false, sameOnAllRanks: true }),
  reduceDtype: z
    .enum(["float32", "bfloat16"])
    .default("float32")
    .describe("several processes: what gradients are summed in on their way; bfloat16 halves the traffic")
    .register(optionMeta, { decidesResult: false, sameOnAllRanks: true }),
  rankTimeout: z
    .number()
    .positive()
    .default(300)
    .describe("several processes: how long to wait for one that does not come or does not answer")
    .register(optionMeta, { decidesResult: false, unit: "seconds" }),
};

/** Their names, for `.omit()`. */
export const OF_RANKS = { shardOptimizer: true, reduceDtype: true, rankTimeout: true } as const;

export type RanksSettings = z.output<z.ZodObject<typeof ranksOptions>>;
