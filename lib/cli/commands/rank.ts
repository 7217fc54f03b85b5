import type { Command } from "commander";
import { z } from "zod";
import { LibbertError } from "../../errors.js";
import { MODEL } from "../../options/hub-options.js";
import { optionMeta } from "../../options/option.js";
import { pathField } from "../../options/path-option.js";
import { rankOptions } from "../../ranking/options.js";
import { foundRows } from "../../session/found-rows.js";
import { loadModel } from "../../session/load-model.js";
import { loadOptions } from "../../session/load-options.js";
import { cutNotice } from "../../tasks/texts/count-truncated.js";
import { asCell } from "../../text-format.js";
import { notice } from "../notice.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";
import { readSingleTexts } from "../single-texts.js";
import { textVectorOptions } from "../text-vectors.js";

const texts = textVectorOptions.shape;
const commandOptions = z.strictObject({
  model: pathField().describe(`${MODEL}, a cross-encoder`),
  query: z.string().describe("what the documents are to answer"),
  document: z
    .array(z.string())
    .optional()
    .describe("a document; given once for each")
    .register(optionMeta, { keepsCommas: true }),
  ...{ input: texts.input, format: texts.format, columns: texts.columns, columnNames: texts.columnNames },
  ...rankOptions.omit({ returnDocuments: true }).shape,
  ...loadOptions.omit({ task: true, labels: true }).shape,
});

/** `libbert rank` */
export function rankCommand(): Command {
  return schemaCommand("rank", commandOptions, run)
    .description(
      "order documents by how well they answer a query; a line for each, the best first: score, number of the document, text",
    )
    .addHelpText(
      "after",
      '\nExamples:\n  libbert rank --model runs/ranker --query "who wrote it?" --input documents.txt --top-k 10\n' +
        '  libbert rank --model runs/ranker --query "who wrote it?" --document "Ada wrote it." --document "It rained."',
    );
}

async function run(
  options: z.output<typeof commandOptions>,
  { json, signal }: CommandContext,
): Promise<void> {
  const { model: folder, query, document, input, format, columns, columnNames, ...others } = options;
  const { revision, token, cacheDir, localFilesOnly, device, dtype, threads, ...choices } = others;
  if ((document === undefined) === (input === undefined))
    throw new LibbertError("ERR_OPTION", "Expected either --document or --input: the documents to rank", {
      option: "input",
    });
  const hub = { token, cacheDir, localFilesOnly };
  const call = { signal, onProgress: downloadProgress() };
  const finding = { option: "input", hub, call };
  const reading = { format, columns, columnNames };
  // All of them: what comes last may be the best.
  const documents = document ?? (await readSingleTexts(await foundRows(input!, finding), reading, "to rank"));
  await using model = await loadModel(folder, {
    ...{ task: "reranking", revision, ...hub, device, dtype, threads },
    ...call,
  });
  const ranked = await model.rank(query, documents, { ...choices, returnDocuments: true, signal });
  const message = cutNotice(ranked.filter(({ truncated }) => truncated).length, ranked.length);
  if (message !== undefined) notice(message);
  if (json) return console.log(JSON.stringify({ query, documents: documents.length, ranked }));
  for (const { index, score, document: text } of ranked)
    console.log([score.toFixed(4), index, asCell(text!)].join("\t"));
}
