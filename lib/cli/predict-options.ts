import { z } from "zod";
import { LibbertError } from "../errors.js";
import { columnsOption, loadOptions } from "../tasks/fine-tuning/options.js";
import type { TaskName } from "../tasks/fine-tuning/task-names.js";
import { questionPredictOptions } from "../tasks/question-answering/prediction.js";

/** Options of `libbert predict`, of all tasks. */
export const predictOptions = z.strictObject({
  model: z.string().min(1).describe("directory of the fine-tuned model"),
  text: z.string().optional().describe("the text to classify"),
  textPair: z.string().optional().describe("its second text, for a model of pairs"),
  question: z.string().optional().describe("the question to answer"),
  context: z.string().optional().describe("the text that may answer it"),
  input: z
    .string()
    .min(1)
    .optional()
    .describe(
      "file of inputs: .tsv, .csv or .jsonl rows; .txt, or - for standard input: one text a line; .json: questions " +
        "in SQuAD's form",
    ),
  output: z
    .string()
    .min(1)
    .optional()
    .describe(
      "file to write to, default: standard output; .jsonl: as --json; .json: answers in SQuAD's form, by id",
    ),
  columns: columnsOption.unwrap().omit({ label: true }).optional(),
  ...questionPredictOptions.shape,
  ...loadOptions.shape,
});
export type PredictOptions = z.output<typeof predictOptions>;

/** What the inputs of one run are, and how its predictions are written. */
export interface TaskPredictions {
  inputs: AsyncIterable<unknown[]> | Iterable<unknown[]>;
  /** What `predict` takes beside them. */
  settings: object;
  /** What is written for one input. */
  write(input: never, prediction: never): string;
  /** What is written first, and at the end. Default: nothing. */
  frame?: [start: string, end: string];
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
