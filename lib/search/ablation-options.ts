import { z } from "zod";
import { areDistinct } from "../arrays.js";
import { optionMeta } from "../options/option.js";
import { pathField } from "../options/path-option.js";

const pretrainSettings = z.record(z.string(), z.unknown());
const PRETRAIN_SETTINGS = "Partial<PretrainOptions>";

/** Options of `ablate()`, and the content of the file that `libbert ablate` reads. */
export const ablationOptions = z.strictObject({
  base: pretrainSettings
    .describe("options of `pretrain()` that all variants share")
    .register(optionMeta, { typeName: PRETRAIN_SETTINGS }),
  variants: z
    .record(z.string().regex(/^[^\s].{0,79}$/, "a short name"), pretrainSettings)
    .refine((variants) => Object.keys(variants).length > 0, "at least one variant")
    .describe("what each variant has of its own, by name")
    .register(optionMeta, { typeName: `Readonly<Record<string, ${PRETRAIN_SETTINGS}>>` }),
  seeds: z
    .array(z.int().min(0))
    .min(1)
    .refine(areDistinct, "distinct seeds")
    .default([1])
    .describe("every variant is trained with each"),
  outputDir: pathField().describe(
    "where runs, table and curves go; a second call goes on where the first stopped",
  ),
});
