import { z } from "zod";
import { optionMeta } from "./option.js";

export const deviceOption = z
  .string()
  .regex(/^(auto|cpu|cuda(:\d+)?)$/, '"auto", "cpu", "cuda" or "cuda:N"')
  .default("auto")
  .describe('where to compute: "auto", "cpu", "cuda" or "cuda:N"')
  .register(optionMeta, { decidesResult: false });

export const dtypeOption = z
  .enum(["auto", "float32", "bfloat16"])
  .default("auto")
  .describe("what to compute with; `auto` takes bfloat16 where the hardware has units for it")
  .register(optionMeta, { sameOnAllRanks: false }); // what "auto" comes to must be the same, and is compared later

/** Of models that only predict. */
export const predictionDtypeOption = z
  .enum([...dtypeOption.def.innerType.options, "int8"])
  .default("auto")
  .describe(
    "what to compute with; `auto` takes bfloat16 where the hardware has units for it, `int8` is for the CPU",
  );

/** OpenMP asks the system for all of them at once, and ends the process when it is refused. */
export const MOST_THREADS = 1024;

export const threadsOption = z
  .int()
  .min(1)
  .max(MOST_THREADS)
  .optional()
  .describe("threads that compute on the CPU")
  .register(optionMeta, {
    defaultText: "`LIBBERT_THREADS` or `OMP_NUM_THREADS`, else the processors that the process may use",
    decidesResult: false,
  });

/** The number of threads that a text asks for; undefined for one that is none. */
export function threadsFrom(text: string): number | undefined {
  return text.trim() === "" ? undefined : threadsOption.safeParse(Number(text)).data;
}

export const deterministicOption = z
  .boolean()
  .default(false)
  .describe("make runs on a GPU repeat bit for bit, which is slower; runs on the CPU always do")
  .register(optionMeta, { decidesResult: false, sameOnAllRanks: true });

/** What a model computes with. */
export const computeOptions = { device: deviceOption, dtype: dtypeOption, threads: threadsOption };

/** The same for a model that is trained. */
export const trainingComputeOptions = { ...computeOptions, deterministic: deterministicOption };

/** The same for a model that only predicts. */
export const predictionComputeOptions = { ...computeOptions, dtype: predictionDtypeOption };

export type ComputeSettings = z.output<z.ZodObject<typeof predictionComputeOptions>> & {
  deterministic?: boolean;
};
