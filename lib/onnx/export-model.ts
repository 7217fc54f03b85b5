import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import { type ModelToSave, savedConfig, writeSentenceFiles } from "../checkpoint/save-model.js";
import { describe, LibbertError } from "../errors.js";
import { lowersItself } from "../features/sentence-texts.js";
import { GRAPHS, goesWithModel, isWeightFile } from "../files/model-files.js";
import { filesOfOthers, type OutputDirectory } from "../files/output-directory.js";
import { writeModelFile } from "./model-file.js";
import { modelGraph } from "./model-graph.js";
import type { ExportDType, OnnxExport } from "./options.js";

/** Where transformers.js looks for each type. */
const FILE: Readonly<Record<ExportDType, string>> = {
  fp32: "model.onnx",
  fp16: "model_fp16.onnx",
  q8: "model_quantized.onnx",
};

/**
 * Writes a directory that transformers.js reads: the graph in each of some types, configuration and tokenizer. The files of a model
 * that was exported there before go, all others stay.
 *
 * @param dtypes in the order of their files; the first is the one that transformers.js takes where it is not told
 * @throws ERR_OPTION where the directory holds a model's weights; ERR_CHECKPOINT for what no graph can say; ERR_RUNTIME when the
 *   disk is full or fails
 */
export async function exportOnnx(
  output: OutputDirectory,
  model: ModelToSave,
  dtypes: readonly ExportDType[],
): Promise<OnnxExport> {
  checkHoldsNoWeights(output);
  if (model.head === null) checkTexts(model);
  let written: OnnxExport | undefined;
  await output.change("the ONNX model", {
    async write(staging) {
      await writeFilesBeside(staging, model, dtypes[0]!);
      written = writeGraphs(staging, model, new Set(dtypes));
    },
    replaces: goesWithModel,
  });
  return written!;
}

async function writeFilesBeside(directory: string, model: ModelToSave, dtype: ExportDType): Promise<void> {
  const config = { ...savedConfig(model), "transformers.js_config": { dtype } };
  writeFileSync(join(directory, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
  await model.checkpoint.tokenizer.write(directory, { modelMaxLength: model.maxSeqLength });
  if (model.head === null) writeSentenceFiles(directory, model);
}

function writeGraphs(directory: string, model: ModelToSave, dtypes: ReadonlySet<ExportDType>): OnnxExport {
  const written: OnnxExport = { files: [], inputs: [], outputs: [], notices: leftOut(model) };
  mkdirSync(join(directory, GRAPHS));
  model.weights.store((tensors) => {
    for (const dtype of dtypes) {
      const graph = modelGraph(model, tensors, dtype);
      const file = join(GRAPHS, FILE[dtype]);
      writeModelFile(join(directory, file), graph);
      written.files.push(file);
      written.inputs = graph.inputs.map(({ name }) => name);
      written.outputs = graph.outputs.map(({ name }) => name);
    }
  });
  return written;
}

/** What becomes of logits behind the graph is not in it; the temperature is. */
function leftOut({ calibration, fields }: ModelToSave): string[] {
  const { abstention, predictionSets, interval } = calibration?.calibration ?? {};
  const parts = Object.entries({
    "the score below which it abstains": abstention,
    "its sets of predictions": predictionSets,
    "its intervals": interval,
    "the windows of long texts": fields.long_texts,
  });
  const names = parts.filter(([, part]) => part).map(([name]) => name);
  if (names.length === 0) return [];
  return [`not in the graph: ${names.join(" and ")}, which predict() makes of the model's outputs`];
}

/** What stands there under the names of a model's files is replaced: no weights are to be lost. */
function checkHoldsNoWeights({ path, option }: OutputDirectory): void {
  const weights = filesOfOthers(path).find(isWeightFile);
  if (weights === undefined) return;
  throw new LibbertError(
    "ERR_OPTION",
    `Expected a directory without a model's weights for ${option} but received ${describe(path)}, which holds ${weights}`,
    { option },
  );
}

/** A graph begins with numbers: what is done to texts before, unless a caller asks for it, is not in it. */
function checkTexts({ checkpoint }: ModelToSave): void {
  const [field, file] = changeOfTexts(checkpoint) ?? [];
  if (field === undefined) return;
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `Expected a model whose texts go to the tokenizer as they are, as a graph of ONNX takes numbers alone, but ${checkpoint.directory} has ${field} in ${file}: ` +
      "remove it in a copy of the model, and change the texts yourself before you tokenize them",
  );
}

/** The field that changes texts, or what is pooled of them, and its file. */
function changeOfTexts({ sentences, tokenizer }: Checkpoint): [field: string, file: string] | undefined {
  const { model, lowercase, vectors } = sentences;
  const { texts, defaultName = "" } = vectors.prompts;
  if (texts.get(defaultName)) return ["default_prompt_name", "config_sentence_transformers.json"];
  if (lowercase && !lowersItself(tokenizer)) return ["do_lower_case", "sentence_bert_config.json"];
  if (model === null || model instanceof LibbertError || model.includePrompt) return undefined;
  const hasPrompts = [...texts.values()].some((prompt) => prompt !== "");
  return hasPrompts ? ["include_prompt", "1_Pooling/config.json"] : undefined;
}
