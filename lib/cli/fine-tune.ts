import type { Command } from "commander";
import { fineTune } from "../session/fine-tune.js";
import { type FineTuneSettings, fineTuneOptions } from "../tasks/fine-tuning/options.js";
import type { SeedSummary } from "../tasks/fine-tuning/progress.js";
import { figure, figureTable } from "./figures.js";
import { type RunContext, schemaCommand } from "./schema-options.js";
import { trainingProgress } from "./training-progress.js";

/** `libbert fine-tune` */
export function fineTuneCommand(): Command {
  return schemaCommand("fine-tune", fineTuneOptions, run)
    .description("fine-tune a pre-trained model on rows of a .tsv, .csv or .jsonl file")
    .addHelpText(
      "after",
      "\nExample:\n  libbert fine-tune --task classification --model bert-base --train train.tsv \\\n" +
        "    --validation dev.tsv --output-dir runs/first --epochs 2",
    );
}

/** The spread of every figure over the seeds. */
function seedTable({ runs, spread }: SeedSummary): string {
  const lines = Object.entries(spread).map(
    ([name, { mean, deviation }]) => `${name}  ${figure(mean)} ± ${figure(deviation ?? 0)}`,
  );
  return [
    `Over seeds ${runs.map(({ seed }) => seed).join(", ")}, mean and standard deviation:`,
    ...lines,
  ].join("\n");
}

async function run(options: FineTuneSettings, { json, signal }: RunContext): Promise<void> {
  if (options.outputDir === undefined) console.error("Note: without --output-dir, nothing will be saved");
  const progress = trainingProgress();
  signal.addEventListener("abort", progress.stop);
  try {
    await using model = await fineTune({ ...options, signal, onProgress: progress.onProgress });
    const { history: _, metrics, ...course } = model.training!;
    const outputDir = options.outputDir ?? null;
    if (json) return console.log(JSON.stringify({ metrics, ...course, outputDir }));
    console.log(figureTable({ ...metrics, ...course, outputDir: outputDir ?? "none" }));
    if (course.seeds) console.log(seedTable(course.seeds));
  } finally {
    progress.stop();
  }
}
