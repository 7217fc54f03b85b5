import type { Command } from "commander";
import { z } from "zod";
import { pathField } from "../../options/path-option.js";
import { extendUnion } from "../../options/schema.js";
import {
  findLearningRateOptions,
  type LearningRateRange,
  type RangePoint,
} from "../../search/find-learning-rate-options.js";
import { findLearningRate } from "../../session/find-learning-rate.js";
import type { FindLearningRateOptions } from "../../session/option-types.js";
import { writeOutput } from "../output.js";
import { trainingProgress } from "../progress/training-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const curveOptions = z.strictObject({
  output: pathField().optional().describe("file for the curve, as CSV: learning rate, loss, smoothed loss"),
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
    // A file that cannot be written to is to show before the tests, not after.
    const { suggestion, curve, diverged } = await withCurve(output, [options.train].flat(), () =>
      findLearningRate({ ...options, signal, onProgress }),
    );
    progress.stop(); // the bar would overwrite what is printed
    if (json) console.log(JSON.stringify({ suggestion, diverged, curve }));
    else if (suggestion === null) console.log(NOTHING);
    else console.log(`Suggested learning rate: ${suggestion.toExponential(1)}`);
  } finally {
    progress.stop();
  }
}

/** Finds first, with the file for the curve open if there is one. */
async function withCurve(
  output: string | undefined,
  inputs: readonly unknown[],
  find: () => Promise<LearningRateRange>,
): Promise<LearningRateRange> {
  if (output === undefined) return find();
  let found: LearningRateRange | undefined;
  await writeOutput(output, inputs, async (write) => {
    found = await find();
    await write(csvOf(found.curve));
  });
  return found!;
}

const NOTHING =
  "The loss falls at no rate by more than chance would have it: there is nothing to suggest. Try more --updates or --tests";

function csvOf(curve: readonly RangePoint[]): string {
  const rows = curve.map(({ learningRate, loss, smoothedLoss }) =>
    [learningRate, loss, smoothedLoss].join(","),
  );
  return ["learningRate,loss,smoothedLoss", ...rows, ""].join("\n");
}
