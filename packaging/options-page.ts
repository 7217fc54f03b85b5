/** `docs/options.md`: what the schemas of all options say, call by call. */
import { z } from "zod";
import { explainOptions } from "../lib/explanation/options.js";
import { embedOptions, featureOptions } from "../lib/features/options.js";
import { commonOptions } from "../lib/fine-tuning/options.js";
import { inspectionFields } from "../lib/inspection/options.js";
import { exportOptions } from "../lib/onnx/options.js";
import { datasetOptions } from "../lib/options/hub-options.js";
import { prepareOptions } from "../lib/options/prepare-options.js";
import { optionTable } from "../lib/options/render-markdown.js";
import { vocabularyOptions } from "../lib/options/vocabulary-options.js";
import { pretrainOptions } from "../lib/pre-training/options.js";
import { rankOptions, scoreOptions } from "../lib/ranking/options.js";
import { reportOptions } from "../lib/report/options.js";
import { indexOptions, searchVectorsOptions } from "../lib/retrieval/options.js";
import { ablationOptions } from "../lib/search/ablation-options.js";
import { rangeTestFields } from "../lib/search/find-learning-rate-options.js";
import { searchFields } from "../lib/search/search-options.js";
import { servingOptions } from "../lib/serving/options.js";
import { calibrateOptions } from "../lib/session/calibrate.js";
import { convertOptions } from "../lib/session/convert.js";
import { retrievalOptions } from "../lib/session/evaluate-retrieval.js";
import { fillMaskOptions } from "../lib/session/fill-mask.js";
import { loadOptions } from "../lib/session/load-options.js";
import { miningOptions } from "../lib/session/mine-negatives.js";
import { pullOptions } from "../lib/session/pull.js";
import { pushOptions } from "../lib/session/push.js";
import { saveOptions } from "../lib/session/save-options.js";
import { searchCall } from "../lib/session/search-call.js";
import { SPECS } from "../lib/tasks/find-spec.js";
import { omittedFrom, withPredictOptions } from "./options-of-tasks.js";

const HEAD = `# Options

Every call with all of its options, as its schema has them: \`npm run generate\` writes this page. The command line has the same in
kebab-case: \`--learning-rate 5e-5\`. What has no default may be left out, unless it is required.

Most calls also take \`signal\`, an \`AbortSignal\` that stops them. Those that may take minutes take \`onProgress\`, a function that is told of
[events](fine-tuning.md#progress), and \`logger\`, [a logger](watching.md#a-logger) that is told of the same.`;

/** The whole page. */
export function optionsPage(): string {
  return [
    HEAD,
    ...trainingSections(),
    ...corpusSections(),
    ...modelSections(),
    ...vectorSections(),
    ...fileSections(),
    section(
      "`libbertPlugin`",
      "Of `libbert/fastify`, and mostly of `libbert serve` ([serving](serving.md)):",
      servingOptions,
    ),
    "",
  ].join("\n\n");
}

function section(title: string, text: string, schema: z.ZodObject): string {
  return `## ${title}\n\n${text}\n\n${optionTable(schema)}`;
}

function trainingSections(): string[] {
  const perTask = SPECS.filter(({ options }) => Object.keys(options).length > 0).map(
    ({ name, options }) => `### \`task: "${name}"\`\n\n${optionTable(z.strictObject(options))}`,
  );
  return [
    section(
      "`fineTune()`",
      "[Fine-tuning](fine-tuning.md). Options of every task:",
      z.strictObject(commonOptions),
    ),
    ...perTask,
    section(
      "`search()`",
      `[A search](search.md#a-grid) among settings. Those of \`fineTune()\` but for ${namesIn(omittedFrom(searchCall))}, and:`,
      z.strictObject(searchFields),
    ),
    section(
      "`findLearningRate()`",
      "[A test of learning rates](search.md#a-learning-rate). Those of `fineTune()` that decide what an update is, and:",
      z.strictObject(rangeTestFields),
    ),
    section(
      "`inspectData()`",
      "[Looking at data](inspect.md). Those of `fineTune()` that say how rows are read, which model it is and from where, `maxSeqLength` " +
        "and `seed`; for `findLabelErrors` `epochs`, `batchSize`, `learningRate`, `device`, `dtype` and `threads`; and:",
      z.strictObject(inspectionFields),
    ),
  ];
}

function namesIn(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
}

function corpusSections(): string[] {
  return [
    section(
      "`trainVocabulary()`",
      "From text to [a vocabulary](pre-training.md#vocabulary):",
      vocabularyOptions,
    ),
    section("`prepareCorpus()`", "From text to [shards](pre-training.md#corpus):", prepareOptions),
    section("`pretrain()`", "From shards to [a model](pre-training.md#training):", pretrainOptions),
    section(
      "`ablate()`",
      "Several pre-trainings, [compared](pre-training.md#comparing-settings):",
      ablationOptions,
    ),
  ];
}

function modelSections(): string[] {
  const predicting = withPredictOptions().map(
    ({ name, predictOptions }) =>
      `### \`model.predict()\` for ${name}\n\n${optionTable(z.strictObject(predictOptions))}`,
  );
  return [
    section(
      "`loadModel()`",
      "`loadModel(model, options)`: [a model](models.md) by its folder or its name on the Hub.",
      loadOptions,
    ),
    "## `model.predict()`\n\nThe models of some tasks have options, those of `predictStream()`, too:",
    ...predicting,
    section(
      "`model.evaluate()`",
      "`columns` and `columnNames`, as `fineTune()` has them for the model's task; `labels`, what the rows call the model's labels: all in " +
        "class order, or some by the model's own names; and:",
      z.strictObject(datasetOptions),
    ),
    section(
      "`model.calibrate()`",
      "[When to believe a prediction](calibration.md). Those of `model.evaluate()`, and:",
      calibrateOptions,
    ),
    section("`model.explain()`", "[What each word adds](explaining.md) to a prediction.", explainOptions),
    section(
      "`model.save()`",
      "`model.save(outputDir, options)` writes [what transformers reads, too](models.md#what-is-saved).",
      saveOptions,
    ),
    section(
      "`model.exportOnnx()`",
      "`model.exportOnnx(directory, options)`: [an export](export.md) for onnxruntime.",
      exportOptions,
    ),
    section(
      "`fillMask()`",
      "[Filling masks](masked-words.md#filling-masks) with a model that is loaded for this alone.",
      fillMaskOptions,
    ),
  ];
}

function vectorSections(): string[] {
  return [
    section("`model.features()`", "[Hidden states](embeddings.md) of a model's layers.", featureOptions),
    section(
      "`model.embed()`",
      "[A vector for each text](embeddings.md). Those of `encodeQuery()` and `encodeDocument()`, too:",
      embedOptions,
    ),
    section(
      "`model.score()`",
      "Of [cross-encoders](embeddings.md#cross-encoders): a number for each pair.",
      scoreOptions,
    ),
    section("`model.rank()`", "Of cross-encoders: documents by how well they answer a query.", rankOptions),
    section("`indexVectors()`", "[Vectors to search](retrieval.md#exact-search):", indexOptions),
    section("`index.search()`", "Of what `indexVectors()` gives:", searchVectorsOptions),
    section(
      "`model.evaluateRetrieval()`",
      "[How well a model finds](retrieval.md#evaluation) what answers queries.",
      retrievalOptions,
    ),
    section(
      "`model.mineNegatives()`",
      "[Hard negatives](retrieval.md#hard-negatives) to train on.",
      miningOptions,
    ),
  ];
}

function fileSections(): string[] {
  return [
    section(
      "`convert()`",
      "Other formats of weights [as safetensors](models.md#converting).",
      convertOptions,
    ),
    section("`report()`", "[A page](report.md) about runs.", reportOptions),
    section("`pull()`", "Fetches [a model of the Hub](hub.md#models-by-name) into the cache.", pullOptions),
    section("`push()`", "Sends [a model to the Hub](hub.md#pushing-a-model).", pushOptions),
  ];
}
