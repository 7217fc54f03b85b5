import { z } from "zod";
import { LibbertError } from "../errors.js";
import { loadModel, type Model } from "../session/model.js";
import type { TextInput } from "../tasks/classification/prediction.js";
import { columnsOption, loadOptions } from "../tasks/fine-tuning/options.js";
import { writeOutput } from "./output.js";
import type { RunContext } from "./schema-options.js";
import { givenTexts } from "./text-input.js";

/** Options of the commands that turn texts into numbers. */
export const textVectorOptions = z.strictObject({
  model: z.string().min(1).describe("directory of any model"),
  text: z.string().optional().describe("a text"),
  textPair: z.string().optional().describe("its second text, where the two are read as a pair"),
  input: z
    .string()
    .min(1)
    .optional()
    .describe("file of texts: .tsv, .csv or .jsonl rows; .txt, or - for standard input: one text a line"),
  output: z.string().min(1).optional().describe("file to write to; default: standard output"),
  columns: columnsOption.unwrap().omit({ label: true }).optional(),
  ...loadOptions.omit({ task: true }).shape,
});

/**
 * Writes a JSON object for each text.
 *
 * @param toVectors what each text of a chunk gets beside itself
 */
export async function writeTextVectors(
  options: z.output<typeof textVectorOptions>,
  { json, signal }: RunContext,
  toVectors: (model: Model, texts: TextInput[], signal: AbortSignal) => Promise<object[]>,
): Promise<void> {
  const { model: directory, output, device, dtype } = options;
  if ((options.text === undefined) === (options.input === undefined))
    throw new LibbertError("ERR_OPTION", "Expected either --text or --input: the texts to read");
  const texts = givenTexts(options);
  let rows = 0;
  await writeOutput(output, async (write) => {
    await using model = await loadModel(directory, { device, dtype });
    for await (const chunk of texts) {
      const vectors = await toVectors(model, chunk, signal);
      for (const [row, vector] of vectors.entries()) {
        const input = chunk[row]!;
        const [text, textPair] = typeof input === "string" ? [input] : input;
        await write(`${JSON.stringify({ text, textPair, ...vector })}\n`);
      }
      rows += chunk.length;
    }
  });
  if (output === undefined) return;
  console.error(`${rows} texts written to ${output}`);
  if (json) console.log(JSON.stringify({ rows, output }));
}

/** Numbers in the shape of nested arrays, with as many digits as float32 has. */
export function nested(values: Float32Array, shape: readonly number[]): unknown[] {
  if (shape.length <= 1) return Array.from(values, (value) => Number(value.toPrecision(9)));
  const [length, ...inner] = shape as [number, ...number[]];
  const size = values.length / length;
  return Array.from({ length }, (_, index) =>
    nested(values.subarray(index * size, (index + 1) * size), inner),
  );
}
