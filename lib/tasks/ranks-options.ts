import { z } from "zod";

/** What a run of several processes can be told; one on its own pays no heed. */
export const ranksOptions = {
  shardOptimizer: z
    .boolean()
    .default(false)
    .describe("several processes: divide the optimizer's memory and work among them (ZeRO, stage 1)"),
  reduceDtype: z
    .enum(["float32", "bfloat16"])
    .default("float32")
    .describe("several processes: what gradients are summed in on their way; bfloat16 halves the traffic"),
  rankTimeout: z
    .number()
    .positive()
    .default(300)
    .describe("several processes: seconds until one that does not come or does not answer ends the run"),
};

export type RanksSettings = z.output<z.ZodObject<typeof ranksOptions>>;
