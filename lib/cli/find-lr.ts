import type { Command } from "commander";
import { z } from "zod";
import { findLearningRate } from "../session/find-learning-rate.js";
import { findLearningRateOptions, type RangePoint } from "../tasks/fine-tuning/find-learning-rate-options.js";
import type { ProgressEvent } from "../tasks/fine-tuning/progress.js";
import { writeOutput } from "./output.js";
import { type RunContext, schemaCommand } from "./schema-options.js";
import { trainingProgress } from "./training-progress.js";

const commandOptions = findLearningRateOptions.extend({
  output: z
    .string()
    .min(1)
    .optional()
    .describe("file for the curve, as CSV: learning rate, loss, smoothed loss"),
});

/** `libbert find-lr` */
export function findLrCommand(): Command {
  return schemaCommand("find-lr", commandOptions, run)
    .description("suggest a learning rate: a short training with a rising rate, whose model is thrown away")
    .addHelpText(
      "after",
      "\nExample:\n  libbert find-lr --task classification --model bert-base --train train.tsv --output curve.csv",
    );
}

async function run(
  { output, ...options }: z.output<typeof commandOptions>,
  { json, signal }: RunContext,
): Promise<void> {
  const progress = trainingProgress();
  signal.addEventListener("abort", progress.stop);
  const onProgress = (event: ProgressEvent) => progress.onProgress(event);
  try {
    const { suggestion, curve, diverged } = await findLearningRate({ ...options, signal, onProgress });
    if (output !== undefined) await writeOutput(output, (write) => write(csvOf(curve)));
    if (json) console.log(JSON.stringify({ suggestion, diverged, curve }));
    else if (suggestion === null) console.log("The loss falls at no rate: there is nothing to suggest");
    else console.log(`Suggested learning rate: ${suggestion.toExponential(1)}`);
  } finally {
    progress.stop();
  }
}

function csvOf(curve: readonly RangePoint[]): string {
  const rows = curve.map(({ learningRate, loss, smoothedLoss }) =>
    [learningRate, loss, smoothedLoss].join(","),
  );
  return ["learningRate,loss,smoothedLoss", ...rows, ""].join("\n");
}
