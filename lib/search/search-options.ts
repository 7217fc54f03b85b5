import { z } from "zod";
import { areDistinct } from "../arrays.js";
import { taskUnion } from "../fine-tuning/options.js";
import { budgetOption } from "../options/budget-option.js";
import { cardOptions } from "../options/card-options.js";
import { hubOptions } from "../options/hub-options.js";
import { optionMeta } from "../options/option.js";
import { pathField } from "../options/path-option.js";
import { OF_RANKS } from "../options/ranks-options.js";
import { rowsOption } from "../options/row-options.js";
import { OF_RESUMING, OF_SNAPSHOTS } from "../options/snapshot-options.js";
import { OF_TENSORBOARD } from "../options/tensorboard-options.js";

/** The settings among which the paper chose for each task (appendix A.3). */
export const PAPER_GRID = {
  batchSize: [16, 32],
  learningRate: [5e-5, 3e-5, 2e-5],
  epochs: [2, 3, 4],
};

/** Options that are the same for all trials: a grid cannot have them. */
export const SAME_FOR_ALL_TRIALS = [
  "task",
  "train",
  "validation",
  "outputDir",
  "overwrite",
  "budget",
  ...Object.keys(OF_SNAPSHOTS),
  "seeds",
  "metric",
  ...Object.keys(hubOptions),
  ...Object.keys(cardOptions),
  ...Object.keys(OF_TENSORBOARD),
  ...Object.keys(OF_RANKS),
];

/** What `search()` takes beside the options of `fineTune()`, or in their place. */
export const searchFields = {
  train: rowsOption("training rows, as for `fineTune()`"),
  validation: rowsOption("rows on which the settings are compared"),
  grid: z
    .record(z.string(), z.array(z.unknown()).min(1).refine(areDistinct, "distinct values"))
    .optional()
    .describe("values to try, by option; every combination is a trial")
    .register(optionMeta, {
      typeName: "SearchGrid<Task>",
      defaultText:
        "the paper's, of the options that are not given: batchSize 16, 32; learningRate 5e-5, 3e-5, 2e-5; epochs 2, 3, 4; with a budget what fits",
    }),
  budget: budgetOption("row", "`epochs`, the same for all trials, and a `grid`, where none is given"),
  rungs: z
    .array(z.int().positive())
    .min(1)
    .refine((rungs) => rungs.every((rows, rung) => rung === 0 || rows > rungs[rung - 1]!), "rising numbers")
    .optional()
    .describe(
      "successive halving: train on the first so many rows, and go on with the best third of the settings",
    )
    .register(optionMeta, { defaultText: "all settings train on all rows", unit: "rows" }),
  outputDir: pathField()
    .describe("where results, table and the best model go; a second call goes on where the first stopped")
    .register(optionMeta, { isPath: true }),
};

/** Options of `search()`: those of `fineTune()`, and the values to try. */
export const searchOptions = taskUnion((options) =>
  options
    .omit({ outputDir: true, overwrite: true, seeds: true, ...OF_RESUMING, ...OF_RANKS })
    .extend(searchFields),
);
