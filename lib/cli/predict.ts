import type { Command } from "commander";
import { z } from "zod";
import { LibbertError } from "../errors.js";
import { loadModel } from "../session/model.js";
import type { Prediction, TextInput } from "../tasks/classification/prediction.js";
import { columnsOption, loadOptions } from "../tasks/fine-tuning/options.js";
import { writeOutput } from "./output.js";
import { type RunContext, schemaCommand } from "./schema-options.js";
import { readTexts } from "./text-input.js";

const predictOptions = z.strictObject({
  model: z.string().min(1).describe("directory of the fine-tuned model"),
  text: z.string().optional().describe("the text to classify"),
  textPair: z.string().optional().describe("its second text, for a model of pairs"),
  input: z
    .string()
    .min(1)
    .optional()
    .describe("file of texts: .tsv, .csv or .jsonl rows; .txt, or - for standard input: one text a line"),
  output: z.string().min(1).optional().describe("file to write to; default: standard output"),
  columns: columnsOption.unwrap().omit({ label: true }).optional(),
  ...loadOptions.shape,
});
type PredictOptions = z.output<typeof predictOptions>;

/** `libbert predict` */
export function predictCommand(): Command {
  return schemaCommand("predict", predictOptions, run)
    .description(
      "classify texts; a line for each of them: label, score, text, or with --json an object with all scores",
    )
    .addHelpText(
      "after",
      '\nExamples:\n  libbert predict --model runs/first --text "a gripping film"\n' +
        "  libbert predict --model runs/first --input reviews.csv --text-column body --json --output scores.jsonl",
    );
}

async function run(options: PredictOptions, { json, signal }: RunContext): Promise<void> {
  const { model: directory, output, device, dtype } = options;
  const texts = textsOf(options);
  const format = json || output?.endsWith(".jsonl") ? jsonLine : textLine;
  let rows = 0;
  await writeOutput(output, async (write) => {
    await using model = await loadModel(directory, { device, dtype });
    for await (const chunk of texts) {
      const predictions = await model.predict(chunk, { signal });
      await write(predictions.map((prediction, row) => `${format(chunk[row]!, prediction)}\n`).join(""));
      rows += chunk.length;
    }
  });
  if (output === undefined) return;
  console.error(`${rows} predictions written to ${output}`);
  if (json) console.log(JSON.stringify({ rows, output }));
}

function textsOf({
  text,
  textPair,
  input,
  columns,
}: PredictOptions): AsyncIterable<TextInput[]> | TextInput[][] {
  if ((text === undefined) === (input === undefined)) {
    throw new LibbertError("ERR_OPTION", "Expected either --text or --input: the texts to classify");
  }
  if (input === undefined) return [[textPair === undefined ? text! : [text!, textPair]]];
  if (textPair === undefined) return readTexts(input, columns);
  throw new LibbertError("ERR_OPTION", "Expected --text-pair beside --text, not beside --input");
}

function jsonLine(input: TextInput, { label, score, scores }: Prediction): string {
  const [text, textPair] = typeof input === "string" ? [input] : input;
  return JSON.stringify({ text, textPair, label, score, scores });
}

function textLine(input: TextInput, { label, score }: Prediction): string {
  const texts = typeof input === "string" ? [input] : input;
  const cells = texts.map((text) => text.replace(/[\t\r\n]+/g, " "));
  return [label, score.toFixed(4), ...cells].join("\t");
}
