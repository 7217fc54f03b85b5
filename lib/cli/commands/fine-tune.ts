import type { Command } from "commander";
import { z } from "zod";
import { LibbertError } from "../../errors.js";
import { GLUE_RECIPES, glueOptions, glueRecipe } from "../../fine-tuning/glue/options.js";
import { fineTuneOptions } from "../../fine-tuning/options.js";
import { withStoredSettings } from "../../fine-tuning/stored-settings.js";
import { pathField } from "../../options/path-option.js";
import { extendUnion } from "../../options/schema.js";
import type { Model } from "../../session/model.js";
import type { FineTuneOptions } from "../../session/option-types.js";
import { evaluateSets } from "../glue-sets.js";
import { notice } from "../notice.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";
import { trainAndReport } from "../train-and-report.js";

const recipeOptions = z.strictObject({
  recipe: z
    .enum(GLUE_RECIPES)
    .optional()
    .describe(
      "task of GLUE, which gives task, labels, rows, metric and the paper's settings; flags win over it",
    ),
  dataDir: pathField().optional().describe("directory of the recipe's files: train.tsv, dev.tsv"),
});

const commandOptions = extendUnion(fineTuneOptions, recipeOptions.shape);

type Options = FineTuneOptions & z.output<typeof recipeOptions>;

/** `libbert fine-tune` */
export function fineTuneCommand(): Command {
  return schemaCommand("fine-tune", commandOptions, run, complete)
    .description("fine-tune a pre-trained model on rows of a file")
    .addHelpText(
      "after",
      "\nExamples:\n  libbert fine-tune --task classification --model bert-base --train train.tsv \\\n" +
        "    --validation dev.tsv --output-dir runs/first --epochs 2\n" +
        "  libbert fine-tune --task token-classification --model bert-base-cased --train train.conll \\\n" +
        "    --validation dev.conll --output-dir runs/entities\n" +
        "  libbert fine-tune --recipe glue/rte --data-dir glue_data/RTE --model bert-base --output-dir runs/rte\n" +
        "  libbert fine-tune --task classification --model bert-base --train train.tsv --budget 20m \\\n" +
        "    --output-dir runs/first\n" +
        "  libbert fine-tune --resume --output-dir runs/first",
    );
}

function complete(given: Record<string, unknown>): Record<string, unknown> {
  return withStoredSettings(withGlueRecipe(given));
}

function withGlueRecipe(given: Record<string, unknown>): Record<string, unknown> {
  const { recipe, dataDir } = given;
  if (recipe === undefined && dataDir === undefined) return given;
  if (recipe !== undefined && dataDir !== undefined)
    return { ...recipeOptionsOf(String(recipe), String(dataDir), given), ...given };
  throw new LibbertError(
    "ERR_OPTION",
    "Expected --recipe and --data-dir together: a task of GLUE and its files",
    { option: recipe === undefined ? "recipe" : "dataDir" },
  );
}

/** With a budget, which chooses the length, without the recipe's. */
function recipeOptionsOf(recipe: string, dataDir: string, { budget }: Record<string, unknown>): object {
  const { epochs, ...others } = glueOptions(recipe, dataDir, notice);
  return budget === undefined ? { epochs, ...others } : others;
}

function run({ recipe, dataDir, ...options }: Options, context: CommandContext): Promise<void> {
  return trainAndReport(options, context, async (model) =>
    recipe === undefined ? {} : furtherSets(model, recipe, dataDir!, context.signal),
  );
}

/** What the recipe has to be evaluated on beside the validation rows: MNLI's mismatched set. */
function furtherSets(model: Model, name: string, dataDir: string, signal: AbortSignal) {
  const recipe = glueRecipe(name);
  return evaluateSets(model, recipe.validation.slice(1), { recipe, dataDir, signal });
}
