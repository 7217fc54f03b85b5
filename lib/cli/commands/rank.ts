import type { Command } from "commander";
import { z } from "zod";
import { dataError } from "../../data/data-error.js";
import { LibbertError } from "../../errors.js";
import { MODEL } from "../../options/hub-options.js";
import { optionMeta } from "../../options/option.js";
import { pathField } from "../../options/path-option.js";
import { type Files, pathsOf } from "../../options/row-options.js";
import { rankOptions } from "../../ranking/options.js";
import { foundRows } from "../../session/found-rows.js";
import { loadModel } from "../../session/load-model.js";
import { loadOptions } from "../../session/load-options.js";
import { TEXT_FILES, textsOfFiles } from "../../tasks/texts/command-line.js";
import { cutNotice } from "../../tasks/texts/count-truncated.js";
import type { TextInput } from "../../tasks/texts/text-input.js";
import { asCell } from "../../text-format.js";
import { checkInput } from "../check-input.js";
import { notice } from "../notice.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";
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
type RankCommandOptions = z.output<typeof commandOptions>;

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

async function run(options: RankCommandOptions, { json, signal }: CommandContext): Promise<void> {
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
  const documents = document ?? (await documentsOf(await foundRows(input!, finding), reading));
  await using model = await loadModel(folder, {
    ...{ task: "regression", revision, ...hub, device, dtype, threads },
    ...call,
  });
  const ranked = await model.rank(query, documents, { ...choices, returnDocuments: true, signal });
  const message = cutNotice(ranked.filter(({ truncated }) => truncated).length, ranked.length);
  if (message !== undefined) notice(message);
  if (json) return console.log(JSON.stringify({ query, documents: documents.length, ranked }));
  for (const { index, score, document: text } of ranked)
    console.log([score.toFixed(4), index, asCell(text!)].join("\t"));
}

/** All of them: what comes last may be the best. @throws LibbertError ERR_DATA for pairs of texts */
async function documentsOf(
  files: Files,
  reading: Pick<RankCommandOptions, "format" | "columns" | "columnNames">,
): Promise<string[]> {
  checkInput(files, TEXT_FILES, reading.format);
  const documents: TextInput[] = [];
  for await (const some of textsOfFiles(files, reading)) for (const text of some) documents.push(text);
  if (documents.every((text) => typeof text === "string")) return documents;
  throw dataError(pathsOf(files)[0]!, "one text a row to rank", "pairs of texts");
}
