import { z } from "zod";
import { LibbertError } from "../errors.js";
import { columnsOption, loadOptions } from "../tasks/fine-tuning/options.js";
import type { TaskName } from "../tasks/fine-tuning/task-names.js";
import { questionPredictOptions } from "../tasks/question-answering/prediction.js";

/** Options of `libbert predict`, of all tasks. */
export const predictOptions = z.strictObject({
  model: z.string().min(1).describe("directory of the fine-tuned model"),
  text: z.string().optional().describe("the text to read, or whose [MASK] to fill"),
  textPair: z.string().optional().describe("its second text, for a model of pairs"),
  question: z.string().optional().describe("the question to answer"),
  context: z.string().optional().describe("the text that may answer it"),
  input: z
    .string()
    .min(1)
    .optional()
    .describe(
      "file of inputs: .tsv, .csv or .jsonl rows; .conll, .bio or .iob: words; .txt, or - for standard input: one " +
        "text a line; .json: questions in SQuAD's form",
    ),
  output: z
    .string()
    .min(1)
    .optional()
    .describe(
      "file to write to, default: standard output; .jsonl: as --json; .json: answers in SQuAD's form, by id",
    ),
  columns: columnsOption.unwrap().omit({ label: true }).optional(),
  topK: z
    .int()
    .positive()
    .max(1000)
    .optional()
    .describe("masked-words: how many tokens to show for each mask; default: 5"),
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

/** The options that not every task has, by the tasks that have them. */
const OPTIONS_OF: Record<TaskName, readonly (keyof PredictOptions)[]> = {
  classification: ["text", "textPair", "input", "columns"],
  "multi-label": ["text", "textPair", "input", "columns"],
  regression: ["text", "textPair", "input", "columns"],
  "token-classification": ["text", "input", "columns"],
  "question-answering": [
    "question",
    "context",
    "input",
    ...(Object.keys(questionPredictOptions.shape) as (keyof PredictOptions)[]),
  ],
  "multiple-choice": ["input"],
  "masked-words": ["text", "input", "columns", "topK"],
};

/** @throws ERR_OPTION for an option that means nothing to the task, or when it is not told what to predict */
export function checkPredictOptions(options: PredictOptions, task: TaskName): void {
  const known = OPTIONS_OF[task];
  const others = Object.values(OPTIONS_OF).flat();
  const given = others.find((name) => options[name] !== undefined && !known.includes(name));
  if (given !== undefined)
    throw new LibbertError("ERR_OPTION", `Expected no ${flagOf(given)}: the model is for ${task}`);
  const sources = known.filter((name) => SOURCES.has(name));
  if (sources.filter((name) => options[name] !== undefined).length === 1) return;
  const flags = sources.map(flagOf).join(" or ");
  const which = sources.length > 1 ? `either ${flags}` : flags;
  throw new LibbertError("ERR_OPTION", `Expected ${which}: what to predict for`);
}

/** Options that say what to predict for. */
const SOURCES: ReadonlySet<keyof PredictOptions> = new Set(["text", "question", "input"] as const);

function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
