import type { Command } from "commander";
import { fineTune } from "../session/model.js";
import { type FineTuneSettings, fineTuneOptions } from "../tasks/fine-tune-options.js";
import { figureTable } from "./figures.js";
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

async function run(options: FineTuneSettings, { json, signal }: RunContext): Promise<void> {
  if (options.outputDir === undefined) console.error("Note: without --output-dir, nothing will be saved");
  const progress = trainingProgress();
  signal.addEventListener("abort", progress.stop);
  try {
    await using model = await fineTune({ ...options, signal, onProgress: progress.onProgress });
    const { history: _, metrics, ...course } = model.training!;
    const outputDir = options.outputDir ?? null;
    if (json) console.log(JSON.stringify({ metrics, ...course, outputDir }));
    else console.log(figureTable({ ...metrics, ...course, outputDir: outputDir ?? "none" }));
  } finally {
    progress.stop();
  }
}
