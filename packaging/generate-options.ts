/**
 * What the schemas of all options say, as TypeScript, and the page of the documentation. `npm run generate` writes the files; a test
 * compares them with the schemas, so they cannot drift.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { prepareCall } from "../lib/data/corpus/prepare-corpus.js";
import { vocabularyCall } from "../lib/data/corpus/train-vocabulary.js";
import { explainOptions } from "../lib/explanation/options.js";
import { embedOptions, featureOptions } from "../lib/features/options.js";
import { commonOptions } from "../lib/fine-tuning/options.js";
import { inspectionFields } from "../lib/inspection/options.js";
import { exportOptions } from "../lib/onnx/options.js";
import { renderInterface } from "../lib/options/render-types.js";
import type { OptionsUnion } from "../lib/options/schema.js";
import { rankOptions, scoreOptions } from "../lib/ranking/options.js";
import { reportOptions } from "../lib/report/options.js";
import { rangeTestFields } from "../lib/search/find-learning-rate-options.js";
import { SAME_FOR_ALL_TRIALS, searchFields } from "../lib/search/search-options.js";
import { servingOptions } from "../lib/serving/options.js";
import { ablationCall } from "../lib/session/ablate.js";
import { calibrateOptions } from "../lib/session/calibrate.js";
import { convertCall } from "../lib/session/convert.js";
import { retrievalCall } from "../lib/session/evaluate-retrieval.js";
import { fillMaskCall } from "../lib/session/fill-mask.js";
import { findLearningRateCall } from "../lib/session/find-learning-rate.js";
import { fineTuneCall } from "../lib/session/fine-tune.js";
import { inspectionCall } from "../lib/session/inspect-data.js";
import { loadCall } from "../lib/session/load-model.js";
import { miningCall } from "../lib/session/mine-negatives.js";
import { pretrainCall } from "../lib/session/pretrain.js";
import { pullCall } from "../lib/session/pull.js";
import { pushCall } from "../lib/session/push.js";
import { saveOptions } from "../lib/session/save-options.js";
import { searchCall } from "../lib/session/search-call.js";
import { indexCall, searchVectorsCall } from "../lib/session/vector-index.js";
import { SPECS } from "../lib/tasks/find-spec.js";
import { omittedFrom, withPredictOptions } from "./options-of-tasks.js";
import { optionsPage } from "./options-page.js";

const HEADER = "// Generated from the options' schemas by `npm run generate`. Do not edit.";

/** Where the generated texts belong, and what they say. Not yet formatted. */
export function generatedFiles(): Record<string, string> {
  return {
    "lib/session/option-types.ts": sessionTypes(),
    "lib/data/corpus/option-types.ts": corpusTypes(),
    "lib/tasks/predict-option-types.ts": predictTypes(),
    "lib/serving/option-types.ts": servingTypes(),
    "docs/options.md": optionsPage(),
  };
}

function sessionTypes(): string {
  return [
    HEADER,
    'import type { ConvertEvent } from "../checkpoint/convert-model.js";',
    'import type { FineTuneEvent } from "../fine-tuning/events.js";',
    'import type { DownloadEvent } from "../hub/options.js";',
    'import type { UploadEvent } from "../hub/push/push.js";',
    'import type { InspectionEvent } from "../inspection/report.js";',
    'import type { Logger } from "../options/logger.js";',
    'import type { RowSource } from "../options/row-options.js";',
    'import type { PretrainEvent } from "../pre-training/events.js";',
    'import type { Ranker } from "../ranking/ranker.js";',
    'import type { AblationEvent, SearchEvent } from "../search/events.js";',
    'import type { RangeEvent } from "../search/find-learning-rate-options.js";',
    'import type { TaskName } from "../tasks/find-spec.js";',
    "",
    renderInterface("FineTuneCommonOptions", withCall(commonOptions, fineTuneCall), {
      about: "Options of `fineTune()` that every task has.",
    }),
    ...SPECS.map(({ name, options }) =>
      renderInterface(
        `${pascalCase(name)}Options`,
        z.strictObject({ task: z.literal(name).describe("what to learn"), ...options }),
        { about: `Options of \`fineTune()\` for ${name}.`, extends: "FineTuneCommonOptions" },
      ),
    ),
    "/** The options of `fineTune()` for each task. */",
    "export interface FineTuneOptionsByTask {",
    ...SPECS.flatMap(({ name, maxSeqLength }) => [
      `  /** Its \`maxSeqLength\` is ${maxSeqLength}, unless the model reads less or another one is given. */`,
      `  ${JSON.stringify(name)}: ${pascalCase(name)}Options;`,
    ]),
    "}",
    "",
    "/** Options of `fineTune()`: `task` says which there are. */",
    "export type FineTuneOptions = FineTuneOptionsByTask[TaskName];",
    "",
    "/** Values to try, by option. */",
    "export type SearchGrid<Task extends TaskName> = {",
    `  [Name in Exclude<keyof FineTuneOptionsByTask[Task], ${names(NOT_IN_GRID)}>]?: readonly FineTuneOptionsByTask[Task][Name][];`,
    "};",
    "",
    renderInterface("SearchOwnOptions<Task extends TaskName>", withCall(searchFields, searchCall), {
      about: "What `search()` takes beside the options of `fineTune()`, or in their place.",
    }),
    byTask("SearchOptions", "search()", "SearchOwnOptions<Task>", omittedFrom(searchCall)),
    renderInterface("RangeTestOwnOptions", withCall(rangeTestFields, findLearningRateCall), {
      about: "What `findLearningRate()` takes beside the options of `fineTune()`.",
    }),
    byTask(
      "FindLearningRateOptions",
      "findLearningRate()",
      "RangeTestOwnOptions",
      omittedFrom(findLearningRateCall),
    ),
    renderInterface("InspectionOwnOptions", withCall(inspectionFields, inspectionCall), {
      about: "What `inspectData()` takes beside options of `fineTune()`.",
    }),
    byTask("InspectionOptions", "inspectData()", "InspectionOwnOptions", omittedFrom(inspectionCall)),
    renderInterface("PretrainOptions", pretrainCall, { about: "Options of `pretrain()`." }),
    renderInterface("AblationOptions", ablationCall, { about: "Options of `ablate()`." }),
    renderInterface("LoadOptions", loadCall, { about: "Options of `loadModel()`.", omit: ["task"] }),
    renderInterface("FillMaskOptions", fillMaskCall, { about: "Options of `fillMask()`." }),
    renderInterface("ConvertOptions", convertCall, { about: "Options of `convert()`." }),
    renderInterface("ReportOptions", reportOptions, { about: "Options of `report()`." }),
    renderInterface("PullOptions", pullCall, { about: "Options of `pull()`." }),
    renderInterface("ExportOptions", exportOptions, { about: "Options of `model.exportOnnx()`." }),
    renderInterface("PushOptions", pushCall, { about: "Options of `push()`." }),
    renderInterface("CalibrateOptions", calibrateOptions, { about: "Options of `model.calibrate()`." }),
    renderInterface("ExplainOptions", explainOptions, { about: "Options of `model.explain()`." }),
    renderInterface("FeatureOptions", featureOptions, { about: "Options of `model.features()`." }),
    renderInterface("EmbedOptions", embedOptions, { about: "Options of `model.embed()`." }),
    renderInterface("ScoreOptions", scoreOptions, { about: "Options of `model.score()`." }),
    renderInterface("RankOptions", rankOptions, { about: "Options of `model.rank()`." }),
    renderInterface("IndexOptions", indexCall, { about: "Options of `indexVectors()`." }),
    renderInterface("SearchVectorsOptions", searchVectorsCall, { about: "Options of `index.search()`." }),
    renderInterface("RetrievalOptions", retrievalCall, { about: "Options of `model.evaluateRetrieval()`." }),
    renderInterface("MiningOptions", miningCall, { about: "Options of `model.mineNegatives()`." }),
    renderInterface("SaveOptions", saveOptions, { about: "Options of `model.save()`." }),
  ].join("\n");
}

/** The fields, and those of a call that every member of its union has: `signal`, `onProgress` and `logger`. */
function withCall(fields: z.ZodRawShape, { options: [member] }: OptionsUnion): z.ZodObject {
  const { signal, onProgress, logger } = member!.shape;
  return z.strictObject({ ...fields, signal: signal!, onProgress: onProgress!, logger: logger! });
}

/** Options that no grid has. */
const NOT_IN_GRID = [...SAME_FOR_ALL_TRIALS, "signal", "onProgress", "logger"];

function names(options: readonly string[]): string {
  return options.map((option) => JSON.stringify(option)).join(" | ");
}

/** @param own the interface whose fields take the place of `fineTune()`'s */
function byTask(name: string, call: string, own: string, omitted: readonly string[]): string {
  return [
    `/** The options of \`${call}\` for each task. */`,
    `export type ${name}ByTask = {`,
    `  [Task in TaskName]: Omit<FineTuneOptionsByTask[Task], ${names(omitted)} | keyof ${own}> & ${own};`,
    "};",
    "",
    `/** Options of \`${call}\`: \`task\` says which there are. */`,
    `export type ${name} = ${name}ByTask[TaskName];`,
    "",
  ].join("\n");
}

function corpusTypes(): string {
  return [
    HEADER,
    'import type { Logger } from "../../options/logger.js";',
    'import type { PrepareEvent, VocabularyEvent } from "./events.js";',
    "",
    renderInterface("VocabularyOptions", vocabularyCall, { about: "Options of `trainVocabulary()`." }),
    renderInterface("PrepareOptions", prepareCall, { about: "Options of `prepareCorpus()`." }),
  ].join("\n");
}

function predictTypes(): string {
  const interfaces = withPredictOptions().map(({ name, predictOptions }) =>
    renderInterface(`${pascalCase(name)}PredictOptions`, z.strictObject(predictOptions), {
      about: `Options of \`model.predict()\` for ${name}.`,
    }),
  );
  return [HEADER, "", ...interfaces].join("\n");
}

function servingTypes(): string {
  return [
    HEADER,
    "",
    renderInterface("ServingOptions", servingOptions, { about: "Options of `libbertPlugin`." }),
  ].join("\n");
}

/** `token-classification` → `TokenClassification` */
function pascalCase(name: string): string {
  return name.replace(/(^|-)(\w)/g, (_, _dash, letter: string) => letter.toUpperCase());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of Object.entries(generatedFiles())) writeFileSync(file, text);
}
