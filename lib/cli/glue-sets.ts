import { join } from "node:path";
import { labelledRows } from "../fine-tuning/glue/options.js";
import type { GlueRecipe } from "../fine-tuning/glue/recipes.js";
import type { Model } from "../session/model.js";
import type { Evaluation } from "../tasks/evaluation.js";
import { notice } from "./notice.js";

/** Evaluates on some of a recipe's development sets, which have names where there are several. */
export async function evaluateSets(
  model: Model,
  sets: GlueRecipe["validation"],
  { recipe, dataDir, signal }: { recipe: GlueRecipe; dataDir: string; signal: AbortSignal },
): Promise<Record<string, Evaluation>> {
  const evaluations: Record<string, Evaluation> = {};
  for (const { name = "dev", file } of sets) {
    const rows = labelledRows(recipe, join(dataDir, file), notice);
    evaluations[name] = await model.evaluate(rows, { signal });
  }
  return evaluations;
}
