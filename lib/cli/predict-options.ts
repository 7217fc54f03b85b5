import { z } from "zod";
import { columnsOption, loadOptions } from "../tasks/fine-tuning/options.js";

/** Options of `libbert predict`, of all tasks. */
export const predictOptions = z.strictObject({
  model: z.string().min(1).describe("directory of the fine-tuned model"),
  text: z.string().optional().describe("the text to classify"),
  textPair: z.string().optional().describe("its second text, for a model of pairs"),
  input: z
    .string()
    .min(1)
    .optional()
    .describe("file of inputs: .tsv, .csv or .jsonl rows; .txt, or - for standard input: one text a line"),
  output: z.string().min(1).optional().describe("file to write to; default: standard output"),
  columns: columnsOption.unwrap().omit({ label: true }).optional(),
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
}
