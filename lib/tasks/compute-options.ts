import { z } from "zod";

export const deviceOption = z
  .string()
  .regex(/^(auto|cpu|cuda(:\d+)?)$/, '"auto", "cpu", "cuda" or "cuda:N"')
  .default("auto")
  .describe("where to compute");

export const dtypeOption = z
  .enum(["auto", "float32", "bfloat16"])
  .default("auto")
  .describe("what to compute with; auto takes bfloat16 where the hardware has units for it");
