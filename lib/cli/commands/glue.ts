import { join } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { quoted } from "../../data/data-error.js";
import { LibbertError } from "../../errors.js";
import { openOutputDirectory } from "../../files/output-directory.js";
import { GLUE_RECIPES, glueRecipe } from "../../fine-tuning/glue/options.js";
import type { GlueRecipe } from "../../fine-tuning/glue/recipes.js";
import { glueTexts } from "../../fine-tuning/glue/rows.js";
import { SUBMISSION_HEADER, submissionLine } from "../../fine-tuning/glue/submission.js";
import { MODEL } from "../../options/hub-options.js";
import { optionMeta } from "../../options/option.js";
import { pathField } from "../../options/path-option.js";
import { loadModel } from "../../session/load-model.js";
import { loadOptions } from "../../session/load-options.js";
import type { Model } from "../../session/model.js";
import { counted, figureTable } from "../../text-format.js";
import { evaluateSets } from "../glue-sets.js";
import { notice } from "../notice.js";
import { writeOutput } from "../output.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const commandOptions = z.strictObject({
  recipe: z.enum(GLUE_RECIPES).describe("task of GLUE"),
  model: pathField().describe(`${MODEL}, fine-tuned for it`),
  dataDir: pathField().describe("directory of the task's files: dev.tsv, test.tsv"),
  outputDir: pathField()
    .optional()
    .describe("where to write the predictions for the test set, in GLUE's form")
    .register(optionMeta, { defaultText: "none are made" }),
  ...loadOptions.omit({ task: true }).shape,
});
type GlueOptions = z.output<typeof commandOptions>;

/** `libbert glue` */
export function glueCommand(): Command {
  return schemaCommand("glue", commandOptions, run)
    .description(
      "measure a model on a task's development sets, and write the test set's file for a submission to GLUE",
    )
    .addHelpText(
      "after",
      "\nExample:\n  libbert glue --recipe glue/rte --model runs/rte --data-dir glue_data/RTE --output-dir submission",
    );
}

async function run(options: GlueOptions, { json, signal }: CommandContext): Promise<void> {
  const { recipe: name, model: directory, dataDir, outputDir, ...load } = options;
  const recipe = glueRecipe(name);
  using output =
    outputDir === undefined ? null : await openOutputDirectory(outputDir, { overwrite: true, signal });
  if (output?.notice) notice(output.notice);
  await using model = await loadModel(directory, {
    ...load,
    task: recipe.task,
    signal,
    onProgress: downloadProgress(),
  });
  checkLabels(model, recipe, name);
  const metrics = await evaluateSets(model, recipe.validation, { recipe, dataDir, signal });
  const files: Record<string, number> = {};
  for (const { file, submission } of outputDir === undefined ? [] : recipe.test) {
    const path = join(outputDir!, submission);
    files[path] = await writePredictions(model, recipe, { from: join(dataDir, file), to: path, signal });
  }
  if (json) return console.log(JSON.stringify({ metrics, files }));
  for (const [set, figures] of Object.entries(metrics)) console.log(`${set}\n${figureTable(figures)}\n`);
  for (const [path, rows] of Object.entries(files))
    console.log(`${counted(rows, "prediction")} written to ${path}`);
}

/** The names are what is submitted; in which order the model has them makes no difference. */
function checkLabels({ labels }: Model, recipe: GlueRecipe, name: string): void {
  const sorted = (names: readonly string[]) => JSON.stringify([...names].sort());
  if (sorted(labels) === sorted(recipe.labels)) return;
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `Expected a model with the labels of ${name}, ${quoted(recipe.labels)}, but it has ${quoted(labels)}`,
  );
}

/** @returns the number of predictions */
async function writePredictions(
  model: Model<GlueRecipe["task"]>,
  recipe: GlueRecipe,
  { from, to, signal }: { from: string; to: string; signal: AbortSignal },
): Promise<number> {
  let rows = 0;
  await writeOutput(to, [from], async (write) => {
    await write(SUBMISSION_HEADER);
    for await (const prediction of model.predictStream(glueTexts(recipe, from), { signal })) {
      const answer = "label" in prediction ? prediction.label : prediction.score;
      await write(submissionLine(rows++, answer));
    }
  });
  return rows;
}
