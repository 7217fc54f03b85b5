import { z } from "zod";
import { LibbertError } from "../errors.js";
import { columnsOption, loadOptions } from "../tasks/fine-tuning/options.js";
import type { TaskName } from "../tasks/fine-tuning/task-names.js";

/** Options of `libbert predict`, of all tasks. */
export const predictOptions = z.strictObject({
  model: z.string().min(1).describe("directory of the fine-tuned model"),
  text: z.string().optional().describe("the text to read"),
  textPair: z.string().optional().describe("its second text, for a model of pairs"),
  input: z
    .string()
    .min(1)
    .optional()
    .describe(
      "file of inputs: .tsv, .csv or .jsonl rows; .conll, .bio or .iob: words; .txt, or - for standard input: one " +
        "text a line",
    ),
  output: z.string().min(1).optional().describe("file to write to; default: standard output"),
  columns: columnsOption.unwrap().omit({ label: true }).optional(),
  ...loadOptions.shape,
});
export type PredictOptions = z.output<typeof predictOptions>;

/** What the inputs of one run are, and how its predictions are written. */
export interface TaskPredictions {
  inputs: AsyncIterable<unknown[]> | Iterable<unknown[]>;
  /** What is written for one input. */
  write(input: never, prediction: never): string;
}

/** Refuses options that mean nothing to the task of the model. */
export function refuseOptions(
  options: PredictOptions,
  names: (keyof PredictOptions)[],
  task: TaskName,
): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given !== undefined) {
    const flag = `--${given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new LibbertError("ERR_OPTION", `Expected no ${flag}: the model is for ${task}`);
  }
}
