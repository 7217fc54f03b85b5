import type { Command } from "commander";
import { z } from "zod";
import { ROW_FILES } from "../../data/readers/rows.js";
import { expected, LibbertError } from "../../errors.js";
import type { RetrievalFigure } from "../../metrics/retrieval.js";
import { MODEL } from "../../options/hub-options.js";
import { optionMeta } from "../../options/option.js";
import { pathField } from "../../options/path-option.js";
import { type Files, filesOption } from "../../options/row-options.js";
import { readBeir } from "../../retrieval/beir-folder.js";
import { pairColumnOptions } from "../../retrieval/mining-options.js";
import { dataOfPairs } from "../../retrieval/numbered-pairs.js";
import { type RetrievalData, type RetrievalEvaluation, retrievalFields } from "../../retrieval/options.js";
import { foundRows } from "../../session/found-rows.js";
import { loadModel } from "../../session/load-model.js";
import { loadOptions } from "../../session/load-options.js";
import { readPairs } from "../../session/read-pairs.js";
import { alignedColumns, figure, figureTable } from "../../text-format.js";
import { checkInput } from "../check-input.js";
import { loadRanker } from "../load-ranker.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";
import { readSingleTexts } from "../single-texts.js";

const commandOptions = z.strictObject({
  model: pathField().describe(MODEL),
  data: pathField()
    .optional()
    .describe("folder in the layout of BEIR: corpus.jsonl, queries.jsonl, qrels/test.tsv")
    .register(optionMeta, { isPath: true }),
  qrels: z
    .string()
    .min(1)
    .default("test")
    .describe("with data: the name of its file in qrels/, without .tsv"),
  pairs: filesOption(
    "in the place of data: files of rows with a query and a document that answers it: .tsv, .csv, .jsonl or .parquet",
  ).optional(),
  corpus: filesOption("with pairs: files of more documents, one text a line or row").optional(),
  ...pairColumnOptions,
  ranker: pathField()
    .optional()
    .describe(`a cross-encoder that puts what the vectors find in its own order: ${MODEL}`)
    .register(optionMeta, { isPath: true }),
  ...retrievalFields,
  ...loadOptions.omit({ task: true, labels: true }).shape,
});
type Options = z.output<typeof commandOptions>;

/** `libbert evaluate-retrieval` */
export function evaluateRetrievalCommand(): Command {
  return schemaCommand("evaluate-retrieval", commandOptions, run)
    .description("measure how well a model's vectors find documents, and with a ranker on top")
    .addHelpText(
      "after",
      "\nExamples:\n  libbert evaluate-retrieval --model all-MiniLM-L6-v2 --data scifact --ndcg-at 10,100\n" +
        "  libbert evaluate-retrieval --model runs/searcher --ranker runs/ranker --pairs dev.jsonl --corpus documents.txt",
    );
}

async function run(options: Options, { json, signal }: CommandContext): Promise<void> {
  const { model: folder, ranker: rankerFolder, data: _data, qrels: _qrels, ...others } = options;
  const { pairs: _pairs, corpus: _corpus, columns: _columns, columnNames: _names, ...rest } = others;
  const { revision, token, cacheDir, localFilesOnly, device, dtype, threads, ...choices } = rest;
  const hub = { token, cacheDir, localFilesOnly };
  const load = { ...hub, device, dtype, threads, signal, onProgress: downloadProgress() };
  const data = await retrievalData(options, signal);
  await using model = await loadModel(folder, { revision, ...load });
  await using ranker = rankerFolder === undefined ? undefined : await loadRanker(rankerFolder, load);
  const metrics = await model.evaluateRetrieval(data, { ...choices, ranker, signal });
  console.log(json ? JSON.stringify({ metrics }) : tableOf(metrics));
}

/** @throws ERR_OPTION for data in no form, or in both */
async function retrievalData(options: Options, signal: AbortSignal): Promise<RetrievalData> {
  const { data, qrels, pairs, corpus, columns, columnNames } = options;
  if ((data === undefined) === (pairs === undefined))
    throw new LibbertError("ERR_OPTION", "Expected either --data or --pairs: the queries to evaluate", {
      option: "data",
    });
  const ofPairs = Object.entries({ corpus, columns, columnNames }).find(([, value]) => value !== undefined);
  if (data !== undefined && ofPairs) throw expected("no value beside --data", ...ofPairs);
  if (data !== undefined) return readBeir(data, qrels);
  const { token, cacheDir, localFilesOnly } = options;
  const hub = { token, cacheDir, localFilesOnly };
  const found = async (files: Files, option: string) =>
    foundRows(files, { option, hub, call: { signal, onProgress: downloadProgress() } });
  const files = await found(pairs!, "pairs");
  checkInput(files, ROW_FILES);
  const documents =
    corpus === undefined ? [] : await readSingleTexts(await found(corpus, "corpus"), {}, "as a document");
  return dataOfPairs(await readPairs(files, { columns, columnNames, ...hub }, signal), documents);
}

function tableOf(metrics: RetrievalEvaluation): string {
  const { byVectors, ...figures } = metrics;
  if (byVectors === undefined) return figureTable(figures);
  const { queries, documents, truncated, ...reranked } = figures;
  const rows = Object.entries(reranked).map(([name, value]) => [
    name,
    figure(byVectors[name as RetrievalFigure]!),
    figure(value),
  ]);
  const columns = alignedColumns([["", "by vectors", "reranked"], ...rows]);
  return `${figureTable({ queries, documents, truncated })}\n${columns}`;
}
