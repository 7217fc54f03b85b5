import { join } from "node:path";
import { expected } from "../../errors.js";
import { type GlueRecipe, gluePaperSettings, glueRecipes } from "./recipes.js";
import { type GlueRow, glueRows } from "./rows.js";

/** What `glueOptions()` gives: options of `fineTune()`, as the paper's section 4.1 has them. */
export interface GlueOptions {
  /** Regression for STS-B, classification for the others. */
  task: GlueRecipe["task"];
  /** In the order of transformers' example; absent for STS-B. */
  labels?: string[];
  /** Of `train.tsv`; the file is read anew whenever they are asked for. */
  train: AsyncIterable<GlueRow>;
  /** Of `dev.tsv`, for MNLI of `dev_matched.tsv`. */
  validation: AsyncIterable<GlueRow>;
  /** What GLUE scores the task by; of two figures the first. */
  metric: GlueRecipe["metrics"][number];
  /** 32 rows an update. */
  batchSize: number;
  /** 3 passes over the rows. */
  epochs: number;
  /** 2e-5, of the four rates that the paper chooses from that of its code's examples. */
  learningRate: number;
  /** 128 tokens, special tokens included. */
  maxSeqLength: number;
}

/** Names of the recipes, as `--recipe` takes them. */
export const GLUE_RECIPES = Object.keys(glueRecipes).map((name) => `glue/${name}`);

/** @throws ERR_OPTION, naming the recipes that there are */
export function glueRecipe(name: unknown): GlueRecipe {
  const known = Object.entries<GlueRecipe>(glueRecipes).find(([task]) => name === `glue/${task}`);
  if (known) return known[1];
  throw expected(`one of ${GLUE_RECIPES.join(", ")}`, "recipe", name);
}

/**
 * Options of `fineTune()` for a task of GLUE, to which `model` and whatever should be different are added:
 *
 * ```ts
 * await fineTune({ ...glueOptions("glue/rte", "glue_data/RTE"), model: "bert-base", outputDir: "runs/rte" });
 * ```
 *
 * @param directory the task's own, with `train.tsv`, `dev.tsv` (for MNLI `dev_matched.tsv`) as GLUE distributes them,
 *   or files with the columns `sentence` (or `sentence1`, `sentence2`) and `label` or `score`
 * @param onNotice is told how many rows of QQP's file had to be passed over because columns are missing
 * @throws LibbertError ERR_OPTION for a name that is no recipe's
 */
export function glueOptions(
  name: string,
  directory: string,
  onNotice: (message: string) => void = () => {},
): GlueOptions {
  const recipe = glueRecipe(name);
  return {
    task: recipe.task,
    ...(recipe.labels.length > 0 && { labels: [...recipe.labels] }),
    train: labelledRows(recipe, join(directory, "train.tsv"), onNotice),
    validation: labelledRows(recipe, join(directory, recipe.validation[0]!.file), onNotice),
    metric: recipe.metrics[0]!,
    ...gluePaperSettings,
  };
}

/** The rows of a file, as often as they are asked for. */
export function labelledRows(
  recipe: GlueRecipe,
  file: string,
  onNotice: (message: string) => void,
): AsyncIterable<GlueRow> {
  return {
    async *[Symbol.asyncIterator]() {
      let broken = 0;
      yield* glueRows(recipe, file, () => void broken++);
      if (broken > 0) onNotice(`${file}: rows with too few or too many columns, passed over: ${broken}`);
    },
  };
}
