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
