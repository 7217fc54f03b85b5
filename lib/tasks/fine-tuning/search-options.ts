import { z } from "zod";
import { fineTuneOptions, rowSource } from "./options.js";

/** The settings among which the paper chose for each task (appendix A.3). */
export const PAPER_GRID = {
  batchSize: [16, 32],
  learningRate: [5e-5, 3e-5, 2e-5],
  epochs: [2, 3, 4],
};

/** Options of `search()`: those of `fineTune()`, and the values to try. */
export const searchOptions = fineTuneOptions.omit({ outputDir: true, overwrite: true, seeds: true }).extend({
  train: rowSource.describe("training rows, as for fine-tune"),
  validation: rowSource.describe("rows that tell which settings are best"),
  grid: z
    .record(z.string(), z.array(z.unknown()).min(1))
    .default(PAPER_GRID)
    .describe("values to try, by option; every combination is a trial"),
  rungs: z
    .array(z.int().positive())
    .min(1)
    .optional()
    .describe(
      "successive halving: train on the first so many rows, and go on with the best third of the settings",
    ),
  outputDir: z
    .string()
    .min(1)
    .describe("where results, table and the best model go; a second call goes on where the first stopped"),
});
