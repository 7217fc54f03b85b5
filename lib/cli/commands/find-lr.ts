import type { Command } from "commander";
import { z } from "zod";
import { extendUnion } from "../../options/schema.js";
import { findLearningRateOptions, type RangePoint } from "../../search/find-learning-rate-options.js";
import { findLearningRate } from "../../session/find-learning-rate.js";
import type { FindLearningRateOptions } from "../../session/option-types.js";
import { writeOutput } from "../output.js";
import { trainingProgress } from "../progress/training-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const curveOptions = z.strictObject({
  output: z
    .string()
    .min(1)
    .optional()
    .describe("file for the curve, as CSV: learning rate, loss, smoothed loss"),
});

const commandOptions = extendUnion(findLearningRateOptions, curveOptions.shape);

type Options = FindLearningRateOptions & z.output<typeof curveOptions>;

/** `libbert find-lr` */
export function findLrCommand(): Command {
  return schemaCommand("find-lr", commandOptions, run)
    .description("suggest a learning rate: a short training with a rising rate, whose model is thrown away")
    .addHelpText(
      "after",
      "\nExample:\n  libbert find-lr --task classification --model bert-base --train train.tsv --output curve.csv",
    );
}

async function run({ output, ...options }: Options, { json, signal }: CommandContext): Promise<void> {
  const progress = trainingProgress();
  const { onProgress } = progress;
  signal.addEventListener("abort", progress.stop);
  try {
    const { suggestion, curve, diverged } = await findLearningRate({ ...options, signal, onProgress });
    progress.stop(); // the bar would overwrite what is printed
    if (json) console.log(JSON.stringify({ suggestion, diverged, curve }));
    else if (suggestion === null) console.log(NOTHING);
    else console.log(`Suggested learning rate: ${suggestion.toExponential(1)}`);
    if (output !== undefined) await writeOutput(output, (write) => write(csvOf(curve)));
  } finally {
    progress.stop();
  }
}

const NOTHING =
  "The loss falls at no rate by more than chance would have it: there is nothing to suggest. Try more --updates or --tests";

function csvOf(curve: readonly RangePoint[]): string {
  const rows = curve.map(({ learningRate, loss, smoothedLoss }) =>
    [learningRate, loss, smoothedLoss].join(","),
  );
  return ["learningRate,loss,smoothedLoss", ...rows, ""].join("\n");
}
