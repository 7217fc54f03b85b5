import type { Command } from "commander";
import { z } from "zod";
import { ROW_FILES } from "../../data/readers/rows.js";
import { MODEL } from "../../options/hub-options.js";
import { optionMeta } from "../../options/option.js";
import { pathField } from "../../options/path-option.js";
import { type Files, filesOption, pathsOf } from "../../options/row-options.js";
import { miningFields, pairColumnOptions } from "../../retrieval/mining-options.js";
import { foundRows } from "../../session/found-rows.js";
import { loadModel } from "../../session/load-model.js";
import { loadOptions } from "../../session/load-options.js";
import { counted } from "../../text-format.js";
import { checkInput } from "../check-input.js";
import { loadRanker } from "../load-ranker.js";
import { notice } from "../notice.js";
import { writeOutput } from "../output.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";
import { readSingleTexts } from "../single-texts.js";

const commandOptions = z.strictObject({
  model: pathField().describe(MODEL),
  pairs: filesOption("rows with an anchor and its positive: .tsv, .csv, .jsonl or .parquet files"),
  corpus: filesOption(
    "more texts that may be negatives: .txt files, a text a line, or rows with a column text",
  ).optional(),
  output: pathField()
    .optional()
    .describe(".jsonl file to write to")
    .register(optionMeta, { defaultText: "standard output" }),
  ranker: pathField()
    .optional()
    .describe(`a cross-encoder whose scores the margins and limits are about: ${MODEL}`)
    .register(optionMeta, { isPath: true }),
  ...miningFields,
  ...pairColumnOptions,
  ...loadOptions.omit({ task: true, labels: true }).shape,
});

const textsOf = (files: Files) => readSingleTexts(files, {}, "as a negative");

/** `libbert mine` */
export function mineCommand(): Command {
  return schemaCommand("mine", commandOptions, run)
    .description(
      "find texts that are alike to an anchor and not right for it; a line of JSON for each: anchor, positive, negative",
    )
    .addHelpText(
      "after",
      "\nExample:\n  libbert mine --model all-MiniLM-L6-v2 --pairs questions.jsonl --range-min 10 --relative-margin 0.05 \\\n" +
        "    --num-negatives 5 --output triplets.jsonl",
    );
}

async function run(
  options: z.output<typeof commandOptions>,
  { json, signal }: CommandContext,
): Promise<void> {
  const { model: folder, ranker: rankerFolder, pairs, corpus, output, ...others } = options;
  const { revision, token, cacheDir, localFilesOnly, device, dtype, threads, ...choices } = others;
  const hub = { token, cacheDir, localFilesOnly };
  const call = { signal, onProgress: downloadProgress() };
  const found = async (files: Files, option: string) => foundRows(files, { option, hub, call });
  const texts = corpus === undefined ? undefined : await textsOf(await found(corpus, "corpus"));
  const rowFiles = await found(pairs, "pairs");
  checkInput(rowFiles, ROW_FILES);
  await writeOutput(output, [...pathsOf(rowFiles), ...pathsOf(corpus ?? [])], async (write) => {
    const load = { ...hub, device, dtype, threads, ...call };
    await using model = await loadModel(folder, { revision, ...load });
    await using ranker = rankerFolder === undefined ? undefined : await loadRanker(rankerFolder, load);
    const mined = await model.mineNegatives(rowFiles, { ...choices, ranker, corpus: texts, signal });
    for (const row of mined.rows) await write(`${JSON.stringify(row)}\n`);
    const { missing, truncated } = mined;
    if (truncated > 0) notice(`texts cut to what the model reads: ${truncated}`);
    if (missing > 0) notice(`rows fewer than asked for, as too few texts were left: ${missing}`);
    if (output === undefined) return;
    console.error(`${counted(mined.rows.length, "row")} written to ${output}`);
    if (json) console.log(JSON.stringify({ rows: mined.rows.length, missing, truncated, output }));
  });
}
