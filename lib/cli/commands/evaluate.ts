import type { Command } from "commander";
import { z } from "zod";
import { MODEL } from "../../options/hub-options.js";
import { pathField } from "../../options/path-option.js";
import { rowsOption } from "../../options/row-options.js";
import { foundRows } from "../../session/found-rows.js";
import { taskModelOptions } from "../../session/load-options.js";
import { columnOptionsOf, SPECS, specOf } from "../../tasks/find-spec.js";
import { figureTable } from "../../text-format.js";
import { requireOwn } from "../flags/errors.js";
import { mergedShape } from "../flags/merged-options.js";
import { printLabelReport } from "../label-report.js";
import { loadFineTuned } from "../load-fine-tuned.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const commandFlags = z.strictObject({
  model: pathField().describe(`${MODEL}, fine-tuned`),
  data: rowsOption("rows to evaluate on: text and label (or labels, or score) columns"),
  ...taskModelOptions.shape,
});

const columnOptions = mergedShape(SPECS.map((spec) => ({ task: spec.name, shape: columnOptionsOf(spec) })));
const { model: modelOption, data: dataOption, ...others } = commandFlags.shape;
const commandOptions = z.strictObject({
  model: modelOption,
  data: dataOption,
  ...columnOptions,
  ...others,
});

/** `libbert evaluate` */
export function evaluateCommand(): Command {
  return schemaCommand("evaluate", commandOptions, run)
    .description("measure a fine-tuned model on labelled rows of .tsv, .csv, .jsonl or .parquet files")
    .addHelpText("after", "\nExample:\n  libbert evaluate --model runs/first --data test.tsv");
}

async function run(
  options: z.output<typeof commandOptions>,
  { json, signal }: CommandContext,
): Promise<void> {
  const { model: directory, data, columns, columnNames, ...load } = options as Options;
  const rows = await foundRows(data, {
    option: "data",
    hub: load,
    call: { signal, onProgress: downloadProgress() },
  });
  await using model = await loadFineTuned(directory, { ...load, signal });
  const spec = specOf(model.task);
  requireOwn({ columns, columnNames }, columnOptionsOf(spec), spec.name);
  const metrics = await model.evaluate(rows, {
    ...(columns && { columns }),
    ...(columnNames && { columnNames }),
    signal,
  });
  if (json) return console.log(JSON.stringify({ metrics }));
  console.log(figureTable(metrics));
  printLabelReport(model.task, metrics);
}

/** For the compiler, which does not know what the tasks' columns are. */
type Options = z.output<typeof commandFlags> & { columns?: Record<string, string>; columnNames?: string[] };
