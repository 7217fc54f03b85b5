import { z } from "zod";

const pretrainSettings = z.record(z.string(), z.unknown());

/** Options of `ablate()`, and the content of the file that `libbert ablate` reads. */
export const ablationOptions = z.strictObject({
  base: pretrainSettings.describe("options of pretrain() that all variants share"),
  variants: z
    .record(z.string().regex(/^[^\s].{0,79}$/, "a short name"), pretrainSettings)
    .refine((variants) => Object.keys(variants).length > 0, "at least one variant")
    .describe("what each variant has of its own, by name"),
  seeds: z.array(z.int().min(0)).min(1).default([1]).describe("every variant is trained with each"),
  outputDir: z
    .string()
    .min(1)
    .describe("where runs, table and curves go; a second call goes on where the first stopped"),
});

export type AblationSettings = z.output<typeof ablationOptions>;
