import type { Command } from "commander";
import { z } from "zod";
import { loadModel } from "../session/model.js";
import { columnsOption, loadOptions, rowSource } from "../tasks/fine-tuning/options.js";
import { evaluationReport } from "./evaluation-report.js";
import { figureTable } from "./figures.js";
import { type RunContext, schemaCommand } from "./schema-options.js";

const evaluateOptions = z.strictObject({
  model: z.string().min(1).describe("directory of the fine-tuned model"),
  data: rowSource.describe("rows to evaluate on: text and label (or labels, or score) columns"),
  columns: columnsOption,
  ...loadOptions.shape,
});

/** `libbert evaluate` */
export function evaluateCommand(): Command {
  return schemaCommand("evaluate", evaluateOptions, run)
    .description("measure a fine-tuned model on labelled rows of a .tsv, .csv or .jsonl file")
    .addHelpText("after", "\nExample:\n  libbert evaluate --model runs/first --data test.tsv");
}

async function run(options: z.output<typeof evaluateOptions>, { json, signal }: RunContext): Promise<void> {
  const { model: directory, data, columns, ...load } = options;
  await using model = await loadModel(directory, load);
  const metrics = await model.evaluate(data, { columns, signal });
  if (json) return console.log(JSON.stringify({ metrics }));
  console.log(figureTable(metrics));
  const { report } = metrics;
  if (report !== undefined) console.log(`\n${evaluationReport(model.task, report)}`);
}
