import { z } from "zod";
import { LibbertError } from "../errors.js";
import { MODEL } from "../options/hub-options.js";
import { optionMeta } from "../options/option.js";
import { pathField } from "../options/path-option.js";
import { filesOption, formatOption, pathsOf } from "../options/row-options.js";
import { foundRows } from "../session/found-rows.js";
import { type LoadedModel, loadModel } from "../session/load-model.js";
import { loadOptions } from "../session/load-options.js";
import { givenText, TEXT_FILES, textFields, textFlags, textsOfFiles } from "../tasks/texts/command-line.js";
import { cutNotice } from "../tasks/texts/count-truncated.js";
import type { Truncatable } from "../tasks/texts/truncated.js";
import { counted, digitsOfFloats } from "../text-format.js";
import type { TextInput } from "../tokenizer/text-input.js";
import { checkInput } from "./check-input.js";
import { notice } from "./notice.js";
import { writeOutput } from "./output.js";
import { downloadProgress } from "./progress/download-progress.js";
import type { CommandContext } from "./schema-command.js";

/** Options of the commands that turn texts into numbers. */
export const textVectorOptions = z.strictObject({
  model: pathField().describe(MODEL),
  text: z.string().optional().describe("a text"),
  textPair: z.string().optional().describe("its second text, where the two are read as a pair"),
  input: filesOption(
    "files of texts, or patterns of them: .tsv, .csv, .jsonl or .parquet rows; .txt, or - for standard input: one text a " +
      "line; all but .parquet also .gz",
  ).optional(),
  format: formatOption,
  output: pathField()
    .optional()
    .describe("file to write to")
    .register(optionMeta, { defaultText: "standard output" }),
  columns: textFlags.columns,
  columnNames: textFlags.columnNames,
  ...loadOptions.omit({ task: true, labels: true }).shape,
});

/**
 * Writes a JSON object for each text.
 *
 * @param toVectors what each of some texts gets beside itself
 */
export async function writeTextVectors(
  options: z.output<typeof textVectorOptions>,
  { json, signal }: CommandContext,
  toVectors: (model: LoadedModel, texts: TextInput[], signal: AbortSignal) => Promise<Truncatable[]>,
): Promise<void> {
  const { model: directory, text, output } = options;
  const { revision, token, cacheDir, localFilesOnly, device, dtype, threads } = options;
  const hub = { token, cacheDir, localFilesOnly };
  const call = { signal, onProgress: downloadProgress() };
  if ((text === undefined) === (options.input === undefined))
    throw new LibbertError("ERR_OPTION", "Expected either --text or --input: the texts to read", {
      option: "input",
    });
  const input = options.input && (await foundRows(options.input, { option: "input", hub, call }));
  checkInput(input, TEXT_FILES, options.format);
  const texts = input === undefined ? [[givenText(options)]] : textsOfFiles(input, options);
  let rows = 0;
  let cut = 0;
  await writeOutput(output, pathsOf(input ?? []), async (write) => {
    await using model = await loadModel(directory, {
      ...{ revision, ...hub, device, dtype, threads },
      ...call,
    });
    for await (const some of texts) {
      const vectors = await toVectors(model, some, signal);
      for (const [row, vector] of vectors.entries())
        await write(`${JSON.stringify({ ...textFields(some[row]!), ...vector })}\n`);
      rows += some.length;
      cut += vectors.filter(({ truncated }) => truncated).length;
    }
    const message = cutNotice(cut, rows);
    if (message !== undefined) notice(message);
  });
  if (output === undefined) return;
  console.error(`${counted(rows, "text")} written to ${output}`);
  if (json) console.log(JSON.stringify({ rows, output }));
}

/** Numbers in the shape of nested arrays, with as many digits as float32 has. */
export function nested(values: Float32Array, shape: readonly number[]): unknown[] {
  if (shape.length <= 1) return digitsOfFloats(values);
  const [length, ...inner] = shape as [number, ...number[]];
  const size = values.length / length;
  return Array.from({ length }, (_, index) =>
    nested(values.subarray(index * size, (index + 1) * size), inner),
  );
}
